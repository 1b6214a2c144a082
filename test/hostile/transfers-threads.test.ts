import assert from 'node:assert/strict';
import { bearerAuth, cutAfter, flipByte, hangUp, ignoreRange, status } from 'dray/testing';
import { once, transferCases } from './transfer-cases.ts';
import { blobs, layers, MiB, much } from './transfers-threads.ts';

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
  much('cut at once, always', {
    faults: [cutAfter(0, blobs)],
    flags: ['--retry', '2'],
    ends: /closed the connection|broke off/,
  }),
  much('each with a wrong byte once', {
    faults: layers.map(({ digest }) => flipByte(7 * MiB, { kind: 'blob', reference: digest, ...once })),
  }),
  much('with 503 for each once', {
    faults: layers.map(({ digest }) => status(503, { kind: 'blob', reference: digest, ...once })),
  }),
  much('with 429 always', { faults: [status(429, blobs)], flags: ['--retry', '2'], ends: /toomanyrequests/ }),
  much('and a registry that hangs up on each', { faults: [hangUp({ ...blobs, times: 3 })] }),
  much('with tokens that run out', { auth: bearerAuth({ uses: 2 }), faults: [cutAfter(8 * MiB, blobs)] }),
  much('with a token that everything takes', { auth: bearerAuth() }),
  much('under a limit of bytes', { flags: ['--limit-rate', '60M'] }),
]);
