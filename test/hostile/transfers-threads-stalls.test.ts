import { stallAfter, type TestLayer } from 'dray/testing';
import { once, transferCases } from './transfer-cases.ts';
import { layers, MiB, much } from './transfers-threads.ts';

const hasty = ['--stall-timeout', '1500ms', '--retry', '2'];
const [first, second] = layers as [TestLayer, TestLayer];

transferCases(
  'layers that several threads bring, of which one stalls',
  [first, second].flatMap(({ digest }, at) => [
    much(`number ${at} that stalls once`, {
      faults: [stallAfter(4 * MiB, { kind: 'blob', reference: digest, ...once })],
      flags: hasty,
    }),
    much(`number ${at} that stalls always`, {
      faults: [stallAfter(0, { kind: 'blob', reference: digest })],
      flags: hasty,
      ends: /stalled/,
    }),
  ]),
  // One after the other, and nothing else in this process: a look at so large a file keeps a registry from answering for as long.
  1,
);
