import assert from 'node:assert/strict';
import {
  bearerAuth,
  buildImage,
  buildLayer,
  cutAfter,
  digestOf,
  flipByte,
  hangUp,
  ignoreRange,
  noContentLength,
  stallAfter,
  status,
  type TestLayer,
  truncate,
} from 'dray/testing';
import { type TransferCase, transferCases } from './transfer-cases.ts';

const MiB = 1 << 20;
const layers = [22, 18, 14].map((size, at) => buildLayer({ fill: size * MiB, seed: `threads-${at}` }));
const [first, second] = layers as [TestLayer, TestLayer];
/** So much that several threads bring it. */
const image = buildImage({ layers });
const blobs = {
  kind: 'blob',
  when: ({ reference }: { reference: string }) => layers.some(({ digest }) => digest === reference),
} as const;
const once = { times: 1 };
const hasty = ['--stall-timeout', '500ms', '--retry', '2'];

const much = (name: string, more: Partial<TransferCase>): TransferCase => ({
  name,
  image,
  ends: 'right',
  seconds: 25,
  ...more,
});

transferCases('layers that several threads bring', [
  much('in order', {
    check: (registry) => layers.forEach(({ digest, bytes }) => assert.equal(registry.served.of(digest), bytes.length)),
  }),
  much('in order, straight into the file', { flags: ['--no-store'] }),
  much('each cut once', {
    faults: layers.map(({ digest }) => cutAfter(5 * MiB, { kind: 'blob', reference: digest, ...once })),
  }),
  much('cut again and again', { faults: [cutAfter(6 * MiB, blobs)] }),
  much('cut, without ranges', { faults: [ignoreRange(blobs), cutAfter(9 * MiB, { ...blobs, times: 2 })] }),
  much('cut at once, always', { faults: [cutAfter(0, blobs)], flags: hasty, ends: /closed the connection|broke off/ }),
  much('each with a wrong byte once', {
    faults: layers.map(({ digest }) => flipByte(7 * MiB, { kind: 'blob', reference: digest, ...once })),
  }),
  ...[first, second].flatMap(({ digest }, at) => [
    much(`number ${at} with a wrong byte always`, {
      faults: [flipByte(7 * MiB, { kind: 'blob', reference: digest })],
      ends: /digest/,
    }),
    much(`number ${at} with a wrong byte always, straight into the file`, {
      faults: [flipByte(7 * MiB, { kind: 'blob', reference: digest })],
      flags: ['--no-store'],
      ends: /digest/,
    }),
    much(`number ${at} that is not there`, {
      faults: [status(404, { kind: 'blob', reference: digest })],
      ends: /not found/,
    }),
    much(`number ${at} that stalls once`, {
      faults: [stallAfter(4 * MiB, { kind: 'blob', reference: digest, ...once })],
      flags: hasty,
    }),
    much(`number ${at} that stalls always`, {
      faults: [stallAfter(0, { kind: 'blob', reference: digest })],
      flags: hasty,
      ends: /stalled/,
    }),
    much(`number ${at} that is too short`, {
      faults: [
        noContentLength({ kind: 'blob', reference: digest }),
        truncate(MiB, { kind: 'blob', reference: digest, after: 1 }),
        truncate(0, { kind: 'blob', reference: digest, times: 1 }),
      ],
      flags: hasty,
    }),
    much(`number ${at} that is another when unpacked`, {
      image: buildImage({
        layers: layers.map((layer) =>
          layer.digest === digest ? { ...layer, diffId: digestOf(Buffer.from('x')) } : layer,
        ),
      }),
      ends: /config says/,
    }),
  ]),
  much('with 503 for each once', {
    faults: layers.map(({ digest }) => status(503, { kind: 'blob', reference: digest, ...once })),
  }),
  much('with 429 always', { faults: [status(429, blobs)], flags: hasty, ends: /toomanyrequests/ }),
  much('and a registry that hangs up on each', { faults: [hangUp({ ...blobs, times: 3 })] }),
  much('with tokens that run out', { auth: bearerAuth({ uses: 2 }), faults: [cutAfter(8 * MiB, blobs)] }),
  much('with a token that everything takes', { auth: bearerAuth() }),
  much('under a limit of bytes', { flags: ['--limit-rate', '60M'] }),
]);
