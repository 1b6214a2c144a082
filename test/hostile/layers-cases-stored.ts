/** How layers are stored: compression that lies, bombs, holes, and images that say other things than what is there. */
import { gzipSync } from 'node:zlib';
import { digestOf, gzipped, type HostileLayer, plain } from './layers-image.ts';
import type { LayerCase } from './layers-stage.ts';
import { base256, file, headerOf, padding, type TarEntry, tar } from './layers-tar.ts';
import { INSIDE, type Tree } from './layers-tree.ts';

function refused(name: string, why: string, layer: () => HostileLayer, more: Partial<LayerCase> = {}): LayerCase {
  return { name, why, expect: 'refused', layers: () => [layer()], ...more };
}

function either(
  name: string,
  why: string,
  layer: () => HostileLayer | Buffer,
  more: Partial<LayerCase> = {},
): LayerCase {
  return { name, why, expect: 'contained', layers: () => [layer()], ...more };
}

function right(name: string, why: string, layer: () => HostileLayer | Buffer, tree: Tree = { a: INSIDE }): LayerCase {
  return { name, why, expect: tree, layers: () => [layer()] };
}

const good = tar(file('a'));
const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
const ZSTD = 'application/vnd.oci.image.layer.v1.tar+zstd';
const DAMAGED = 'what is damaged is not unpacked';

function stored(content: Buffer, mediaType: string, unpacked: Buffer = good): HostileLayer {
  return { stored: content, mediaType, diffId: digestOf(unpacked) };
}

/** A frame of zstd with its content as it is. The window's size is 2^(10 + exponent). */
export function zstd(content: Buffer, { exponent = 10, dictionary = false } = {}): Buffer {
  const parts: Buffer[] = [
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, dictionary ? 1 : 0, exponent << 3, ...(dictionary ? [7] : [])]),
  ];
  for (let at = 0; at < content.length || at === 0; at += 0x10000) {
    const part = content.subarray(at, at + 0x10000);
    parts.push(blockHeader(part.length, 0, at + 0x10000 >= content.length), part);
  }
  return Buffer.concat(parts);
}

/** A frame that is `count` times 128 KiB of zeros in four bytes each. */
export function zstdZeros(count: number): Buffer {
  const block = Buffer.concat([blockHeader(0x20000, 1, false), Buffer.alloc(1)]);
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3]),
    Buffer.alloc(block.length * count, block),
    blockHeader(0, 0, true),
  ]);
}

function blockHeader(size: number, type: 0 | 1, last: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
  return header;
}

function skippable(content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a5a, 0);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content]);
}

/** A gzip member with a name in its header. */
function named(content: Buffer, name: Buffer): Buffer {
  const zipped = Buffer.from(gzipSync(content));
  zipped[3] = 8;
  return Buffer.concat([zipped.subarray(0, 10), name, zipped.subarray(10)]);
}

export const compression: readonly LayerCase[] = [
  right('gzip in two members, cut anywhere', 'pigz and estargz make such', () =>
    stored(Buffer.concat([gzipSync(good.subarray(0, 700)), gzipSync(good.subarray(700))]), GZIP),
  ),
  right('gzip with ten thousand empty members', 'they hold nothing', () =>
    stored(Buffer.concat([...Array.from({ length: 10_000 }, () => gzipSync('')), gzipSync(good)]), GZIP),
  ),
  either('gzip with garbage behind it', 'Go refuses it, gzip warns', () =>
    stored(Buffer.concat([gzipSync(good), Buffer.from('garbage')]), GZIP),
  ),
  either('gzip with zeros behind it', 'padding of tapes', () =>
    stored(Buffer.concat([gzipSync(good), Buffer.alloc(1024)]), GZIP),
  ),
  refused('gzip cut short', DAMAGED, () => stored(gzipSync(good).subarray(0, -12), GZIP)),
  refused('gzip with a wrong checksum', DAMAGED, () =>
    stored(Buffer.concat([gzipSync(good).subarray(0, -8), Buffer.alloc(4), gzipSync(good).subarray(-4)]), GZIP),
  ),
  refused('gzip in gzip', 'the diff_id names a tar', () => stored(gzipSync(gzipSync(good)), GZIP)),
  refused('gzip in gzip, whose diff_id is that of the inner one', 'a gzip file is no tar', () =>
    stored(gzipSync(gzipSync(good)), GZIP, gzipSync(good)),
  ),
  either('gzip with a name of 40 MiB', 'it is skipped, or too long', () =>
    stored(named(good, Buffer.concat([Buffer.alloc(40 << 20, 120), Buffer.alloc(1)])), GZIP),
  ),
  refused('gzip with a name without end', DAMAGED, () =>
    stored(named(good, Buffer.alloc(1 << 20, 120)).subarray(0, 1 << 20), GZIP),
  ),
  either('a tar that is called gzip', 'docker looks at the bytes', () => plain(good, { mediaType: GZIP })),
  either('gzip that is called a tar', 'docker looks at the bytes', () =>
    gzipped(good, { mediaType: 'application/vnd.oci.image.layer.v1.tar' }),
  ),
  either('zstd that is called gzip', 'docker looks at the bytes', () => stored(zstd(good), GZIP)),
  either('a type that nobody knows', 'refused, or its bytes are looked at', () =>
    gzipped(good, { mediaType: 'application/x-\x1b[31m' }),
  ),
  refused('a layer that is encrypted', 'there is no key', () => stored(Buffer.alloc(1000, 7), `${GZIP}+encrypted`)),
  either('bzip2', 'docker knows it; it is called a gzip', () =>
    stored(Buffer.from('QlpoOTFBWSZTWQ==', 'base64'), GZIP),
  ),
  right('zstd', 'OCI has it', () => stored(zstd(good), ZSTD)),
  right('zstd in many frames and such to skip', 'zstd:chunked is made of them', () =>
    stored(
      Buffer.concat([
        skippable(Buffer.alloc(10)),
        zstd(good.subarray(0, 100)),
        skippable(Buffer.from('TOC')),
        zstd(good.subarray(100)),
        skippable(Buffer.alloc(64)),
      ]),
      ZSTD,
    ),
  ),
  refused('zstd, a frame to skip that is longer than the layer', DAMAGED, () =>
    stored(Buffer.concat([zstd(good.subarray(0, 600)), skippable(Buffer.alloc(100)).subarray(0, 50)]), ZSTD),
  ),
  either('zstd with a window of 2 GiB', 'more memory than one layer may take, or it is not taken', () =>
    stored(zstd(good, { exponent: 21 }), ZSTD),
  ),
  either('zstd with a dictionary', 'there is none; refused, or its blocks do without and the diff_id is right', () =>
    stored(zstd(good, { dictionary: true }), ZSTD),
  ),
  refused('zstd cut short', DAMAGED, () => stored(zstd(good).subarray(0, -300), ZSTD)),
  refused('zstd with garbage behind it', DAMAGED, () =>
    stored(Buffer.concat([zstd(good), Buffer.from('garbage')]), ZSTD),
  ),
];

const zeros = (size: number): Buffer =>
  Buffer.concat([headerOf(file('zeros', '', { size })), Buffer.alloc(size), padding(size), Buffer.alloc(1024)]);

export const bombs: readonly LayerCase[] = [
  {
    ...right(
      'a file of 300 MiB of zeros in 300 KiB of gzip',
      'memory does not grow with it',
      () => gzipped(zeros(300 << 20)),
      { zeros: { kind: 'file', size: 300 << 20 } },
    ),
    limit: 30,
  },
  either(
    '512 MiB of zeros behind the end, in gzip',
    'they are counted, not kept',
    () => gzipped(Buffer.concat([good, Buffer.alloc(512 << 20)])),
    { limit: 30 },
  ),
  refused(
    'zstd that is 8 GiB of zeros and says another diff_id',
    'refused, soon or after counting; nothing is kept',
    () => stored(Buffer.concat([zstd(good), zstdZeros(1 << 16)]), ZSTD),
    { limit: 30 },
  ),
  refused(
    'a header of a file of 8 EiB and 300 MiB of it',
    'the archive ends before',
    () => gzipped(Buffer.concat([headerOf(file('huge', '', { size: base256(2n ** 62n) })), Buffer.alloc(300 << 20)])),
    { limit: 30 },
  ),
];

/** A sparse file as GNU tar has written them for long: up to four parts in the header. */
function oldSparse(
  name: string,
  parts: readonly (readonly [number | Buffer, number | Buffer])[],
  real: number | Buffer,
  body: Buffer,
): TarEntry {
  const put = (header: Buffer, value: number | Buffer, at: number): void => {
    if (Buffer.isBuffer(value)) value.copy(header, at);
    else header.write(value.toString(8).padStart(11, '0'), at);
  };
  const change = (header: Buffer): void => {
    for (const [at, [offset, size]] of parts.entries()) {
      put(header, offset, 386 + 24 * at);
      put(header, size, 398 + 24 * at);
    }
    put(header, real, 483);
  };
  return { name, type: 'S', magic: 'ustar  \0', body, change };
}

/** A sparse file as pax 1.0 has it: the map is before the data. */
function newSparse(map: string, real: string, data = 'hello'): TarEntry {
  const body = Buffer.concat([Buffer.from(map), padding(map.length), Buffer.from(data)]);
  return file('GNUSparseFile.0/s', body, {
    pax: [
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.name', 's'],
      ['GNU.sparse.realsize', real],
    ],
  });
}

function hole(name: string, why: string, entry: TarEntry): LayerCase {
  return either(name, why, () => tar(entry, file('after')));
}

const WRONG = 'Go refuses such maps';

export const sparseFiles: readonly LayerCase[] = [
  right(
    'sparse, old GNU',
    'what GNU tar -S writes',
    () =>
      tar(
        oldSparse(
          's',
          [
            [0, 5],
            [4096, 5],
            [8192, 0],
          ],
          8192,
          Buffer.from('helloworld'),
        ),
        file('a'),
      ),
    { a: INSIDE, s: { content: `hello${'\0'.repeat(4091)}world${'\0'.repeat(4091)}`, size: 8192 } },
  ),
  right(
    'sparse, pax 1.0',
    'what GNU tar --format=posix -S writes',
    () => tar(newSparse('2\n1000\n5\n2000\n0\n', '2000'), file('a')),
    { a: INSIDE, s: { content: `${'\0'.repeat(1000)}hello${'\0'.repeat(995)}`, size: 2000 } },
  ),
  right(
    'sparse, pax 0.1',
    'older GNU tar',
    () =>
      tar(
        file('GNUSparseFile.0/s', 'hello', {
          pax: [
            ['GNU.sparse.name', 's'],
            ['GNU.sparse.size', '20'],
            ['GNU.sparse.numblocks', '1'],
            ['GNU.sparse.map', '10,5'],
          ],
        }),
        file('a'),
      ),
    { a: INSIDE, s: { content: `${'\0'.repeat(10)}hello${'\0'.repeat(5)}`, size: 20 } },
  ),
  hole('sparse, parts that overlap', WRONG, newSparse('2\n0\n5\n2\n5\n', '20', 'helloworld')),
  hole('sparse, parts out of order', WRONG, newSparse('2\n10\n5\n0\n5\n', '20', 'helloworld')),
  hole('sparse, a part beyond the end', WRONG, newSparse('1\n100\n5\n', '20')),
  hole('sparse, a part below zero', WRONG, newSparse('1\n-5\n5\n', '20')),
  hole('sparse, a part of negative length', WRONG, newSparse('1\n5\n-5\n', '20')),
  hole('sparse, parts that need more than is there', WRONG, newSparse('1\n0\n1000000\n', '1000000')),
  hole('sparse, fewer parts than were said', WRONG, newSparse('5\n0\n5\n', '20')),
  hole('sparse, a number of parts without end', WRONG, newSparse('99999999999\n0\n5\n', '20')),
  hole('sparse, numbers without end', WRONG, newSparse(`1\n${'1'.repeat(100_000)}`, '20')),
  hole('sparse, no numbers', WRONG, newSparse('one\ntwo\nthree\n', '20')),
  hole(
    'sparse, a size of 2^62',
    'no disk has it; nothing is written for the hole',
    newSparse('1\n0\n5\n', '4611686018427387904'),
  ),
  hole('sparse, 8 TiB of nothing', 'a hole takes no time and no room', newSparse('1\n0\n5\n', String(2 ** 43))),
  hole('sparse, a part at 2^62', WRONG, newSparse('1\n4611686018427387904\n5\n', '4611686018427387999')),
  hole('sparse, old GNU, below zero', WRONG, oldSparse('s', [[base256(-5n), 5]], 20, Buffer.from('hello'))),
  hole('sparse, old GNU, 2^70', WRONG, oldSparse('s', [[0, 5]], base256(2n ** 70n), Buffer.from('hello'))),
  hole('sparse, a folder', 'nothing to make holes in', { ...newSparse('1\n0\n5\n', '20'), type: '5' }),
  either('sparse, half a million parts', 'time and memory stay small', () =>
    tar(
      newSparse(`500000\n${Array.from({ length: 500_000 }, (_, at) => `${at}\n0\n`).join('')}`, '500000', ''),
      file('after'),
    ),
  ),
];

const liar =
  (more: Partial<HostileLayer>): (() => HostileLayer) =>
  () =>
    gzipped(good, more);

export const promises: readonly LayerCase[] = [
  refused(
    'a layer that is not what its diff_id says',
    'the image is another than it says',
    liar({ diffId: digestOf('another') }),
  ),
  refused(
    'a layer that is not what its digest says',
    'the content is another than was promised',
    liar({ digest: digestOf('another') }),
  ),
  refused('a layer that is longer than it says', 'the content is another than was promised', liar({ size: 10 }), {
    wrapping: 'oci-archive',
  }),
  refused('a layer that is shorter than it says', 'the content is another than was promised', liar({ size: 1 << 30 }), {
    wrapping: 'oci-archive',
  }),
  refused('a layer of negative size', 'not a size', liar({ size: -1 }), { wrapping: 'oci-archive' }),
  refused('a layer that is missing', 'there is nothing to unpack', liar({ absent: true })),
  refused(
    'a layer that lies elsewhere',
    'nothing is fetched for an archive that does not name a registry',
    liar({
      absent: true,
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      urls: ['http://127.0.0.1:1/layer'],
    }),
  ),
  refused(
    'a digest that is a path',
    'a digest is hexadecimal',
    liar({ digest: 'sha256:../../../world/outside/canary.txt', absent: true }),
  ),
  refused('a digest of no algorithm', 'a digest has one', liar({ digest: `../../..:${'a'.repeat(64)}`, absent: true })),
  refused('a diff_id that is a path', 'a digest is hexadecimal', liar({ diffId: '../../../outside' })),
  {
    ...refused('more diff_ids than layers', 'one for each', liar({})),
    options: {
      config: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [digestOf(good), digestOf('x')] } }),
    },
  },
  {
    ...refused('fewer diff_ids than layers', 'one for each', liar({})),
    options: { config: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [] } }) },
  },
  {
    ...refused('layers that are no list', 'not an image', liar({})),
    wrapping: 'layout',
    options: { manifest: (manifest) => ({ ...manifest, layers: { 0: 'x' } }) },
  },
  { ...refused('a config that is null', 'not an image', liar({})), options: { config: () => null } },
  {
    name: 'one layer fifty times',
    why: 'it is one blob, and each time it is the same',
    expect: { a: INSIDE },
    layers: () => Array.from({ length: 50 }, () => gzipped(good)),
  },
  {
    name: 'a bad layer on a good one',
    why: 'it fails in the end, whatever was written',
    expect: 'refused',
    layers: () => [good, tar(file('x')).subarray(0, 515)],
  },
];
