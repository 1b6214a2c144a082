import { buildImage, digestOf, flipByte, noContentLength, status, type TestLayer, truncate } from 'dray/testing';
import { transferCases } from './transfer-cases.ts';
import { layers, MiB, much } from './transfers-threads.ts';

const [first, second] = layers as [TestLayer, TestLayer];

transferCases('layers that several threads bring, of which one is wrong', [
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
    much(`number ${at} that is too short`, {
      faults: [
        noContentLength({ kind: 'blob', reference: digest }),
        truncate(MiB, { kind: 'blob', reference: digest, after: 1 }),
        truncate(0, { kind: 'blob', reference: digest, times: 1 }),
      ],
      flags: ['--retry', '2'],
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
]);
