import { createHash } from 'node:crypto';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import {
  buildImage,
  buildLayer,
  type Compression,
  changeReply,
  digestOf,
  editManifest,
  type Fault,
  fillerBytes,
  flipByte,
  type ImageOptions,
  replaceBody,
  type TestImage,
  type TestLayer,
  tarOf,
} from 'dray/testing';
import { ofConfig, ofLarge, size, small, type TransferCase, transferCases, usual } from './transfer-cases.ts';

const once = { times: 1 };
/** Two layers of the same size, and each given for the other. */
const [one, two] = ['one', 'two'].map((seed) => buildLayer({ fill: 200_000, seed, compression: 'none' })) as [
  TestLayer,
  TestLayer,
];
const twins = buildImage({ layers: [one, two] });
const swapped = (): Fault =>
  changeReply({ kind: 'blob' }, (answer, { reference }) => {
    if (reference !== one.digest && reference !== two.digest) return undefined;
    return { ...answer, body: (reference === one.digest ? two : one).bytes };
  });
const misfit = /digest|other content/;

transferCases('bytes that are wrong', [
  { name: 'one of a layer, once', faults: [flipByte(123_456, { ...ofLarge, ...once })], ends: 'right' },
  { name: 'one of a layer, always', faults: [flipByte(123_456, ofLarge)], ends: misfit },
  { name: 'the first of a layer', faults: [flipByte(0, ofLarge)], ends: misfit },
  { name: 'the last of a layer', faults: [flipByte(size - 1, ofLarge)], ends: misfit },
  {
    name: 'one of a layer, straight into the file, once',
    faults: [flipByte(123_456, { ...ofLarge, ...once })],
    flags: ['--no-store'],
    ends: 'right',
  },
  {
    name: 'one of a layer, straight into the file, always',
    faults: [flipByte(123_456, ofLarge)],
    flags: ['--no-store'],
    ends: misfit,
  },
  { name: 'one of the config, once', faults: [flipByte(50, { ...ofConfig, ...once })], ends: 'right' },
  { name: 'one of the config, always', faults: [flipByte(50, ofConfig)], ends: misfit },
  { name: 'all of a layer', faults: [replaceBody(Buffer.alloc(size, 'x'), ofLarge)], ends: misfit },
  {
    name: 'another layer of the same size',
    faults: [replaceBody(Buffer.concat([one.bytes, two.bytes]).subarray(0, size), ofLarge)],
    ends: misfit,
  },
  { name: 'two layers, each for the other', image: twins, faults: [swapped()], ends: misfit },
  {
    name: 'a layer for one of another size',
    faults: [replaceBody(small.bytes, ofLarge)],
    ends: /should have 400291 bytes/,
  },
  {
    name: 'unchecked layers are checked by digest',
    faults: [flipByte(123_456, ofLarge)],
    flags: ['--no-verify-layers'],
    ends: misfit,
  },
]);

/** A layer of any bytes; the config says `diffId` of it. */
function layerOf(
  bytes: Uint8Array,
  diffId: TestLayer['diffId'] = digestOf(bytes),
  compression: Compression = 'gzip',
): TestLayer {
  return { bytes, digest: digestOf(bytes), diffId, compression, foreign: undefined };
}
const imageOf = (layer: TestLayer, more: ImageOptions = {}): TestImage =>
  buildImage({ layers: [small, layer], ...more });
const tar = tarOf([{ name: 'file', content: 'content '.repeat(20_000) }]);
const zipped = gzipSync(tar);
const isTar = digestOf(tar);
const zstd = buildLayer({ files: [{ name: 'file', content: 'content '.repeat(20_000) }], compression: 'zstd' });
const broken = (bytes: Uint8Array, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
};
const odd = (
  name: string,
  layer: TestLayer,
  ends: TransferCase['ends'],
  flags: readonly string[] = [],
): TransferCase => ({ name, image: imageOf(layer), flags, ends });
const corrupt = /cannot decompress|uncompressed/;

transferCases('layers that are not what they say', [
  odd('plain, though the type says gzip', layerOf(tar, isTar), 'right'),
  odd('gzip, though the type says plain', layerOf(zipped, isTar, 'none'), 'right'),
  odd('zstd, though the type says gzip', layerOf(zstd.bytes, zstd.diffId), 'right'),
  odd('no tar at all', layerOf(Buffer.from('just some text that is no tar')), 'right'),
  odd('empty', layerOf(new Uint8Array(0)), 'right'),
  odd('another diff_id', layerOf(zipped, digestOf(small.bytes)), /config says/),
  {
    ...odd('another diff_id, unchecked', layerOf(zipped, digestOf(small.bytes)), 'right', ['--no-verify-layers']),
    image: { ...imageOf(layerOf(zipped, digestOf(small.bytes))), unpacked: false },
  },
  odd('another diff_id, straight into the file', layerOf(zipped, digestOf(small.bytes)), /config says/, ['--no-store']),
  odd('the diff_id of the compressed bytes', layerOf(zipped), /config says/),
  odd('gzip that is cut off', layerOf(zipped.subarray(0, -20), isTar), corrupt),
  odd('gzip that is cut off in its head', layerOf(zipped.subarray(0, 9), isTar), corrupt),
  odd('gzip without its last byte', layerOf(zipped.subarray(0, -1), isTar), corrupt),
  odd('gzip that is broken in the middle', layerOf(broken(zipped, zipped.length >> 1), isTar), corrupt),
  odd('gzip with a wrong checksum', layerOf(broken(zipped, zipped.length - 6), isTar), corrupt),
  odd('gzip with a wrong length', layerOf(broken(zipped, zipped.length - 2), isTar), corrupt),
  odd('gzip with garbage behind it', layerOf(Buffer.concat([zipped, Buffer.from('garbage')]), isTar), corrupt),
  odd('gzip with zeros behind it', layerOf(Buffer.concat([zipped, Buffer.alloc(1000)]), isTar), 'right'),
  odd(
    'gzip of two members',
    layerOf(Buffer.concat([gzipSync(tar.subarray(0, 5000)), gzipSync(tar.subarray(5000))]), isTar),
    'right',
  ),
  odd(
    'gzip of 5,000 empty members',
    layerOf(Buffer.concat([...Array.from({ length: 5000 }, () => gzipSync('')), zipped]), isTar),
    'right',
  ),
  odd('zstd', zstd, 'right'),
  odd('zstd of two frames', buildLayer({ fill: 300_000, compression: 'zstd', frames: 2 }), 'right'),
  odd('zstd that is cut off', layerOf(zstd.bytes.subarray(0, -20), zstd.diffId, 'zstd'), corrupt),
  odd(
    'zstd with garbage behind it',
    layerOf(Buffer.concat([zstd.bytes, Buffer.from('garbage')]), zstd.diffId, 'zstd'),
    corrupt,
  ),
  odd('zstd with a broken block', layerOf(broken(zstd.bytes, 13), zstd.diffId, 'zstd'), corrupt),
  odd('zstd with a window of 1 GiB', layerOf(zstdOf(1, 0xa0), zstd.diffId, 'zstd'), corrupt),
]);

/** A zstd frame of `blocks` blocks of 128 KiB of zeros: four bytes each. */
function zstdOf(blocks: number, window = 0x70): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window]);
  const block = Buffer.alloc(4);
  block.writeUIntLE((131_072 << 3) | 2, 0, 3);
  const last = Buffer.from(block);
  last[0] = (last[0] ?? 0) | 1;
  return Buffer.concat([head, Buffer.alloc(4 * (blocks - 1), block), last]);
}

const ZEROS = 126;
/** A zstd layer of `mebibytes` that do not compress and zeros enough to fill the window of 128 MiB that its decoder has to hold. */
function wideLayer(mebibytes: number, seed: string): TestLayer {
  const filler = fillerBytes(mebibytes << 20, seed);
  const zeros = zstdOf(ZEROS * 8, 0x88);
  const head = Buffer.alloc(3);
  head.writeUIntLE(131_072 << 3, 0, 3);
  const parts: Uint8Array[] = [zeros.subarray(0, 6)];
  for (let at = 0; at < filler.length; at += 131_072) parts.push(head, filler.subarray(at, at + 131_072));
  const hash = createHash('sha256').update(filler);
  for (let at = 0; at < ZEROS; at += 1) hash.update(Buffer.alloc(1 << 20));
  return layerOf(Buffer.concat([...parts, zeros.subarray(6)]), `sha256:${hash.digest('hex')}`, 'zstd');
}

/** Gzip of `mebibytes` of zeros in one member, with whatever checksum. */
function gzipBomb(mebibytes: number): Buffer {
  const part = deflateRawSync(Buffer.alloc(1 << 20), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  return Buffer.concat([head, ...Array.from({ length: mebibytes }, () => part), Buffer.from([3, 0]), Buffer.alloc(8)]);
}

function diffIdOfZeros(mebibytes: number): TestLayer['diffId'] {
  const hash = createHash('sha256');
  const zeros = Buffer.alloc(1 << 20);
  for (let i = 0; i < mebibytes; i += 1) hash.update(zeros);
  return `sha256:${hash.digest('hex')}`;
}

const member = gzipSync(Buffer.alloc(16 << 20), { level: 9 });
const bomb = (mebibytes: number): Buffer => Buffer.concat(Array.from({ length: mebibytes / 16 }, () => member));
/** More than the command may have of memory. */
const MUCH = 320;
const right = imageOf(layerOf(bomb(MUCH), diffIdOfZeros(MUCH)));
const twenty = layerOf(gzipBomb(20 << 10), isTar);
/** So large that another thread brings it beside the one of 20 GiB. */
const other = buildLayer({ fill: 14 << 20, seed: 'beside' });

// One at a time: each keeps every processor busy.
transferCases(
  'layers that unpack to much',
  [
    { name: 'more than memory, and right', image: { ...right, unpacked: false }, ends: 'right' },
    odd('more than memory, and another', layerOf(bomb(MUCH), isTar), /config says/),
    odd('more than memory, straight into the file', layerOf(bomb(MUCH), isTar), /config says/, ['--no-store']),
    odd('more than memory, by zstd', layerOf(zstdOf(MUCH << 3), isTar, 'zstd'), /config says/),
    { ...odd('20 GiB', twenty, /unpacks to more than/), seconds: 80 },
    { ...odd('500 GiB, by zstd', layerOf(zstdOf(500 << 13), isTar, 'zstd'), /unpacks to more than/), seconds: 80 },
    {
      name: 'windows of 128 MiB, by several threads',
      image: { ...buildImage({ layers: [0, 1].map((at) => wideLayer(14, `wide-${at}`)) }), unpacked: false },
      ends: 'right',
    },
    {
      name: '20 GiB that nobody waits for, beside a wrong layer',
      image: buildImage({ layers: [twenty, { ...other, diffId: isTar }] }),
      ends: /config says/,
    },
  ],
  1,
);

/** The image, whose manifest says other things of its large layer. */
function saying(change: (layer: { size: number; digest: string }) => void): TestImage {
  const graph = editManifest(usual, (manifest) => {
    const layers = structuredClone(manifest['layers']) as { size: number; digest: string }[];
    const layer = layers[1];
    if (layer !== undefined) change(layer);
    return { ...manifest, layers };
  });
  return { ...usual, ...graph };
}

const sized = (name: string, claimed: number, ends: RegExp, flags: readonly string[] = []): TransferCase => ({
  name,
  image: saying((layer) => {
    layer.size = claimed;
  }),
  flags,
  ends,
});

transferCases('sizes that are not true', [
  sized('a byte less', size - 1, /should have|bytes/),
  sized('a byte more', size + 1, /should have/),
  sized('nothing', 0, /./),
  sized('10 TB', 1e13, /more bytes are needed|should have/),
  sized('10 TB, straight into the file', 1e13, /more bytes are needed|should have/, ['--no-store']),
  sized('9 PB', 9e15, /./),
  sized('9 PB, straight into the file', 9e15, /./, ['--no-store']),
  sized('a byte less, straight into the file', size - 1, /should have|bytes/, ['--no-store']),
  {
    name: 'none is given: chunks that are longer',
    image: saying((layer) => {
      layer.size = size - 5;
    }),
    faults: [changeReply(ofLarge, (answer) => ({ ...answer, delivery: { framing: 'chunked' } }))],
    ends: /sends more/,
  },
]);
