import {
  answerWith,
  bearerAuth,
  changeReply,
  contentRange,
  cutAfter,
  extraBytes,
  type Fault,
  hangUp,
  header,
  ignoreRange,
  type Match,
  noContentLength,
  reply,
  status,
  takeOver,
} from 'dray/testing';
import { large, nothingTwice, ofConfig, ofLarge, ofManifest, once, size, transferCases } from './transfer-cases.ts';

const ranged = {
  ...ofLarge,
  when: (request: { headers: { range?: string | undefined } }) => request.headers.range !== undefined,
};
const token = { kind: 'token' } as const;

transferCases(
  'connections that are cut',
  [
    { name: 'once', faults: [cutAfter(100_000, { ...ofLarge, ...once })], ends: 'right', check: nothingTwice() },
    { name: 'three times', faults: [cutAfter(90_000, { ...ofLarge, times: 3 })], ends: 'right', check: nothingTwice() },
    {
      name: 'always, with progress',
      faults: [cutAfter(50_000, ofLarge)],
      ends: 'right',
      check: nothingTwice(),
    },
    { name: 'behind the head, once', faults: [cutAfter(0, { ...ofLarge, ...once })], ends: 'right' },
    {
      name: 'behind the head, always',
      faults: [cutAfter(0, ofLarge)],
      flags: ['--retry', '2'],
      ends: /closed the connection|broke off/,
    },
    {
      name: 'before the last byte',
      faults: [cutAfter(size - 1, { ...ofLarge, ...once })],
      ends: 'right',
      check: nothingTwice(),
    },
    {
      name: 'by a reset, once',
      faults: [cutAfter(100_000, { ...ofLarge, ...once, reset: true })],
      ends: 'right',
      check: nothingTwice(150_000),
    },
    {
      name: 'by a reset, always',
      faults: [cutAfter(0, { ...ofLarge, reset: true })],
      flags: ['--retry', '2'],
      ends: /reset the connection|closed the connection/,
    },
    {
      name: 'in a chunked body',
      faults: [cutAfter(100_000, { ...ofLarge, ...once }), noContentLength(ofLarge)],
      ends: 'right',
      check: nothingTwice(),
    },
    {
      name: 'in a body that only the end of the connection ends',
      faults: [cutAfter(100_000, { ...ofLarge, ...once }), noContentLength({ ...ofLarge, framing: 'close' })],
      ends: 'right',
      check: nothingTwice(),
    },
    { name: 'every blob once', faults: [cutAfter(20, { kind: 'blob', after: 0, times: 4 })], ends: 'right' },
    { name: 'in the config, once', faults: [cutAfter(20, { ...ofConfig, ...once })], ends: 'right' },
    {
      name: 'in the config, always',
      faults: [cutAfter(20, ofConfig)],
      flags: ['--retry', '2'],
      ends: /closed the connection|broke off/,
    },
    { name: 'in the manifest, once', faults: [cutAfter(20, { ...ofManifest, ...once })], ends: 'right' },
    {
      name: 'in the manifest, always',
      faults: [cutAfter(20, ofManifest)],
      flags: ['--retry', '2'],
      ends: /closed the connection/,
    },
    {
      name: 'in the token answer, once',
      auth: bearerAuth(),
      faults: [cutAfter(5, { ...token, ...once })],
      ends: 'right',
    },
    {
      name: 'in the token answer, always',
      auth: bearerAuth(),
      faults: [cutAfter(5, token)],
      flags: ['--retry', '2'],
      ends: /token.*closed the connection/,
    },
    {
      name: 'before any answer, once each',
      faults: [hangUp({ ...ofManifest, ...once }), hangUp({ kind: 'blob', times: 2 })],
      ends: 'right',
    },
    {
      name: 'before any answer, always',
      faults: [hangUp({ kind: 'blob' })],
      flags: ['--retry', '2'],
      ends: /closed the connection before it answered/,
    },
    {
      name: 'by a reset before any answer, always',
      faults: [hangUp({ reset: true })],
      flags: ['--retry', '2'],
      ends: /reset the connection|closed the connection/,
    },
    {
      name: 'and nobody listens any more',
      inject: (registry) =>
        takeOver((socket) => {
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
          socket.write(large.bytes.subarray(0, 1000), () => void registry.close());
        }, ofLarge),
      flags: ['--retry', '2'],
      ends: /refused the connection/,
    },
  ],
  6,
);

/** The first answer for the large layer breaks off: what comes then is asked for as a range. */
const broken = (): Fault => cutAfter(150_000, { ...ofLarge, ...once });
const partly = (
  change: (first: number) => { status?: number; headers?: Record<string, string>; body?: Uint8Array },
  match: Match = {},
): Fault =>
  changeReply({ ...ranged, ...match }, (answer, request) => {
    if (answer.status !== 206) return undefined;
    const first = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1]);
    const { status: code = 206, headers = {}, body = answer.body } = change(first);
    return { ...answer, status: code, headers: { ...answer.headers, ...headers }, body };
  });
const rest = (from: number, to: number = size): Uint8Array => large.bytes.subarray(from, to);

transferCases('ranges that lie', [
  { name: '200 with the whole', faults: [broken(), ignoreRange(ofLarge)], ends: 'right' },
  {
    name: '200 with the whole, and cut every time',
    faults: [ignoreRange(ofLarge), cutAfter(150_000, ofLarge)],
    flags: ['--retry', '2'],
    ends: /closed the connection after 150000/,
  },
  { name: '200 with the rest alone', faults: [broken(), partly(() => ({ status: 200 }))], ends: 'right' },
  {
    name: '200 with the rest alone, without a length',
    faults: [broken(), noContentLength(ranged), partly(() => ({ status: 200 }))],
    ends: 'right',
  },
  {
    name: '206 from the start',
    faults: [
      broken(),
      partly(() => ({ headers: { 'content-range': `bytes 0-${size - 1}/${size}` }, body: large.bytes })),
    ],
    ends: 'right',
  },
  {
    name: '206 from a little earlier',
    faults: [
      broken(),
      partly((first) => ({
        headers: { 'content-range': `bytes ${first - 10}-${size - 1}/${size}` },
        body: rest(first - 10),
      })),
    ],
    ends: 'right',
  },
  {
    name: '206 from a little later',
    faults: [
      broken(),
      partly((first) => ({
        headers: { 'content-range': `bytes ${first + 10}-${size - 1}/${size}` },
        body: rest(first + 10),
      })),
    ],
    ends: 'right',
  },
  {
    name: '206 that ends early',
    faults: [
      broken(),
      partly(
        (first) => ({
          headers: { 'content-range': `bytes ${first}-${first + 999}/${size}` },
          body: rest(first, first + 1000),
        }),
        once,
      ),
    ],
    ends: 'right',
    check: nothingTwice(),
  },
  {
    name: '206 with other bytes than it says, once',
    faults: [broken(), partly((first) => ({ body: rest(0, size - first) }), once)],
    ends: 'right',
  },
  {
    name: '206 with other bytes than it says, always',
    faults: [
      cutAfter(150_000, { ...ofLarge, when: ({ headers }) => headers.range === undefined }),
      partly((first) => ({ body: rest(0, size - first) })),
    ],
    ends: /digest/,
  },
  ...[
    ['of another total', `bytes 150000-${size - 1}/${size + 1}`],
    ['of an unknown total', `bytes 150000-${size - 1}/*`],
    ['in other units', `items 150000-${size - 1}/${size}`],
    ['that is garbage', 'bytes garbage'],
    ['that ends before it begins', `bytes 150000-149999/${size}`],
    ['beyond the end', `bytes 150000-${size + 99}/${size + 100}`],
    ['with huge numbers', `bytes 150000-99999999999999999999/${size}`],
    ['that is empty', ''],
  ].map(([what = '', value = '']) => ({
    name: `Content-Range ${what}`,
    faults: [broken(), contentRange(value, ofLarge)],
    ends: 'right' as const,
  })),
  {
    name: '206 as multipart',
    faults: [
      broken(),
      partly((first) => ({
        headers: { 'content-type': 'multipart/byteranges; boundary=x', 'content-range': '' },
        body: Buffer.concat([Buffer.from('--x\r\n\r\n'), rest(first), Buffer.from('\r\n--x--')]),
      })),
    ],
    ends: 'right',
  },
  {
    name: '206 with more bytes than it says',
    faults: [broken(), extraBytes(100, { ...ranged, announced: true })],
    ends: 'right',
  },
  {
    name: '206 without a length, with more bytes than it says',
    faults: [broken(), noContentLength(ranged), extraBytes(100, { ...ranged, announced: true })],
    ends: 'right',
  },
  {
    name: '206 without being asked',
    faults: [
      changeReply({ ...ofLarge }, (answer, { headers }) =>
        headers.range === undefined
          ? { ...answer, status: 206, headers: { ...answer.headers, 'content-range': `bytes 0-${size - 1}/${size}` } }
          : undefined,
      ),
    ],
    ends: /answered 206/,
  },
  {
    name: '206 of a part without being asked',
    faults: [
      changeReply({ ...ofLarge }, (answer) => ({
        ...answer,
        status: 206,
        body: answer.body.subarray(0, 100),
        headers: { ...answer.headers, 'content-range': `bytes 0-99/${size}` },
      })),
    ],
    ends: /answered 206/,
  },
  { name: '416', faults: [broken(), status(416, ranged)], ends: 'right' },
  { name: '400', faults: [broken(), status(400, ranged)], ends: 'right' },
  { name: '501', faults: [broken(), status(501, ranged)], ends: 'right' },
  { name: '503, always', faults: [broken(), status(503, ranged)], flags: ['--retry', '1'], ends: 'right' },
  {
    name: 'another ETag than before',
    faults: [broken(), header('etag', '"changed"', ranged)],
    ends: 'right',
    check: nothingTwice(),
  },
  {
    name: 'a body of nothing',
    faults: [broken(), cutAfter(0, { ...ranged, times: 2 })],
    ends: 'right',
    check: nothingTwice(),
  },
]);

transferCases('connections that are used again', [
  {
    name: 'but are closed behind each answer, without a word',
    faults: [
      changeReply({}, (answer) => ({
        ...answer,
        delivery: {
          takeOver: (socket) => {
            const head = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
            socket.write(
              `HTTP/1.1 ${answer.status} OK\r\n${head.join('')}content-length: ${answer.body.length}\r\n\r\n`,
            );
            socket.end(answer.body);
          },
        },
      })),
    ],
    ends: 'right',
  },
  { name: 'but say that they are closed', faults: [header('connection', 'close')], ends: 'right' },
  {
    name: 'with bytes behind an answer that nobody asked for',
    faults: [extraBytes(500, { kind: ['blob', 'manifest'] })],
    ends: 'right',
  },
  {
    name: 'with another answer behind the first',
    faults: [answerWith({ ...ofConfig, ...once }, () => reply(200, {}, 'x')), extraBytes(30, ofManifest)],
    ends: 'right',
  },
]);
