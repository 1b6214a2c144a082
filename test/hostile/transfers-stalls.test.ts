import {
  bearerAuth,
  delay,
  extraBytes,
  type Fault,
  type Match,
  neverAnswer,
  noContentLength,
  slow,
  stallAfter,
  status,
  takeOver,
} from 'dray/testing';
import { large, nothingTwice, ofConfig, ofLarge, ofManifest, once, size, transferCases } from './transfer-cases.ts';

/** A second and a half without a byte is a stall, so that no pause of the registry's process is one; two retries are borne. */
const hasty = ['--stall-timeout', '1500ms', '--retry', '2'];
const token = { kind: 'token' } as const;

transferCases(
  'stalls',
  [
    { name: 'behind the head, once', faults: [stallAfter(0, { ...ofLarge, ...once })], flags: hasty, ends: 'right' },
    { name: 'behind the head, always', faults: [stallAfter(0, ofLarge)], flags: hasty, ends: /stalled/ },
    {
      name: 'in the body, once',
      faults: [stallAfter(100_000, { ...ofLarge, ...once })],
      flags: hasty,
      ends: 'right',
      check: nothingTwice(),
    },
    {
      name: 'in the body, always, with progress',
      faults: [stallAfter(150_000, ofLarge)],
      flags: hasty,
      ends: 'right',
      check: nothingTwice(),
    },
    {
      name: 'before the last byte',
      faults: [stallAfter(size - 1, { ...ofLarge, ...once })],
      flags: hasty,
      ends: 'right',
      check: nothingTwice(),
    },
    {
      name: 'in a chunked body',
      faults: [stallAfter(100_000, { ...ofLarge, ...once }), noContentLength(ofLarge)],
      flags: hasty,
      ends: 'right',
    },
    {
      name: 'behind the last byte of a body without a length',
      faults: [
        stallAfter(size, { ...ofLarge, ...once }),
        noContentLength({ ...ofLarge, framing: 'close' }),
        extraBytes(1, { ...ofLarge, ...once, announced: true }),
      ],
      flags: hasty,
      ends: 'right',
    },
    { name: 'in the config, once', faults: [stallAfter(20, { ...ofConfig, ...once })], flags: hasty, ends: 'right' },
    { name: 'in the config, always', faults: [stallAfter(20, ofConfig)], flags: hasty, ends: /stalled/ },
    {
      name: 'in the manifest, once',
      faults: [stallAfter(20, { ...ofManifest, ...once })],
      flags: hasty,
      ends: 'right',
    },
    { name: 'in the manifest, always', faults: [stallAfter(20, ofManifest)], flags: hasty, ends: /stalled/ },
    {
      name: 'in the token answer, once',
      auth: bearerAuth(),
      faults: [stallAfter(5, { ...token, ...once })],
      flags: hasty,
      ends: 'right',
    },
    {
      name: 'in the token answer, always',
      auth: bearerAuth(),
      faults: [stallAfter(5, token)],
      flags: hasty,
      ends: /token.*stalled/,
    },
    {
      name: 'before the answer, for each kind once',
      auth: bearerAuth(),
      faults: [
        neverAnswer({ ...ofManifest, ...once, after: 1 }),
        neverAnswer({ kind: 'blob', times: 2 }),
        neverAnswer({ ...token, ...once }),
      ],
      flags: hasty,
      ends: 'right',
    },
    {
      name: 'before the answer for the manifest, always',
      faults: [neverAnswer(ofManifest)],
      flags: hasty,
      ends: /no complete answer/,
    },
    {
      name: 'before the answer for a layer, always',
      faults: [neverAnswer(ofLarge)],
      flags: hasty,
      ends: /no complete answer/,
    },
    {
      name: 'before the answer for a token, always',
      auth: bearerAuth(),
      faults: [neverAnswer(token)],
      flags: hasty,
      ends: /token.*no complete answer/,
    },
    { name: 'before every answer', faults: [neverAnswer()], flags: hasty, ends: /no complete answer/ },
    {
      name: 'of an error page',
      faults: [stallAfter(3, { kind: 'manifest' }), status(404, ofManifest)],
      flags: hasty,
      ends: /not found/,
    },
    { name: 'a late answer is none', faults: [delay(250)], flags: hasty, ends: 'right' },
    {
      name: 'a slow layer is none',
      faults: [slow(150_000, ofLarge)],
      flags: hasty,
      ends: 'right',
      check: nothingTwice(),
    },
  ],
  8,
);

/** Sends a text byte by byte. */
const drip = (text: (path: string) => Uint8Array | string, match: Match, every = 50): Fault =>
  takeOver((socket, { path }) => {
    const bytes = Buffer.from(text(path));
    let at = 0;
    const timer = setInterval(() => {
      if (at >= bytes.length || socket.destroyed) clearInterval(timer);
      else socket.write(bytes.subarray(at, ++at));
    }, every);
  }, match);
const OK = (length: number): string => `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`;

transferCases(
  'drips',
  [
    { name: 'a head', faults: [drip(() => OK(10), ofManifest, 200)], flags: hasty, ends: /no complete answer/ },
    {
      name: 'a head that never ends',
      faults: [drip(() => `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(1000)}`, ofLarge)],
      flags: hasty,
      ends: /no complete answer/,
    },
    {
      name: 'a manifest',
      faults: [drip(() => `${OK(1000)}${' '.repeat(1000)}`, ofManifest, 5)],
      flags: hasty,
      ends: /stalled|no complete answer/,
    },
    {
      name: 'a layer',
      faults: [
        takeOver((socket, { headers }) => {
          const first = Number(/\d+/.exec(headers.range ?? '0')?.[0]);
          socket.write(
            first === 0
              ? OK(size)
              : `HTTP/1.1 206 Partial Content\r\ncontent-length: ${size - first}\r\ncontent-range: bytes ${first}-${size - 1}/${size}\r\n\r\n`,
          );
          let at = first;
          const timer = setInterval(() => {
            if (socket.destroyed) clearInterval(timer);
            else socket.write(large.bytes.subarray(at, ++at));
          }, 20);
        }, ofLarge),
      ],
      flags: hasty,
      ends: /stalled|no byte/,
    },
    {
      name: 'a layer, once',
      faults: [drip(() => OK(size) + 'x', { ...ofLarge, ...once }, 5)],
      flags: [...hasty],
      ends: 'right',
    },
    {
      name: 'a config',
      faults: [drip(() => `${OK(1000)}${' '.repeat(1000)}`, ofConfig, 5)],
      flags: hasty,
      ends: /stalled|should have|no complete answer/,
    },
    {
      name: 'an error page',
      faults: [
        drip(() => `HTTP/1.1 404 Not Found\r\ncontent-length: 100000\r\n\r\n${'x'.repeat(100_000)}`, ofManifest, 5),
      ],
      flags: hasty,
      ends: /not found/,
    },
    {
      name: 'interim answers',
      faults: [drip(() => 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000), ofLarge, 5)],
      flags: hasty,
      ends: /no complete answer|interim/,
    },
    {
      name: 'the answer for a token',
      auth: bearerAuth(),
      faults: [drip(() => `${OK(1000)}{"token":"${'x'.repeat(990)}`, token, 5)],
      flags: hasty,
      ends: /token/,
    },
  ],
  8,
);
