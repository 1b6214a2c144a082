/** Files that are no archives, and tars that are damaged or without measure. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { blob, blobsOf, dockerArchive, imageOf, row, table } from './archives-image.ts';
import type { ArchiveCase } from './archives-stage.ts';
import type { World } from './layers-canary.ts';
import { zstdZeros } from './layers-cases-stored.ts';
import { digestOf, pathOf } from './layers-image.ts';
import { base256, file, folder, headerOf, longName, open, pax, record, tar } from './layers-tar.ts';

const NAME = 'localhost:5000/app:1';
const one = imageOf('one');
const two = imageOf('two', 'one');
const layerDigest = digestOf(one.layers[0] ?? '');

function refused(
  name: string,
  why: string,
  archive: (world: World) => Buffer | string,
  more: Partial<ArchiveCase> = {},
): ArchiveCase {
  return { name, why, expect: 'refused', archive, ...more };
}

function either(
  name: string,
  why: string,
  archive: (world: World) => Buffer,
  more: Partial<ArchiveCase> = {},
): ArchiveCase {
  return { name, why, expect: 'contained', archive, ...more };
}

export const files: readonly ArchiveCase[] = [
  refused('an empty file', 'not an archive', () => Buffer.alloc(0)),
  refused('zeros', 'an archive of nothing', () => Buffer.alloc(10_240)),
  refused('text', 'not an archive', () => Buffer.from('#!/bin/sh\necho \x1b[31m\n'.repeat(100))),
  refused('a gzip file of text', 'not an archive', () => gzipSync('hello')),
  refused('an archive cut short', 'not whole', () => dockerArchive(two, NAME).subarray(0, 3000)),
  refused('a gzipped archive cut short', 'not whole', () => gzipSync(dockerArchive(one, NAME)).subarray(0, 400)),
  refused('a gzipped archive whose checksum is wrong', 'not whole', () =>
    Buffer.concat([gzipSync(dockerArchive(one, NAME)).subarray(0, -8), Buffer.alloc(8)]),
  ),
  refused('gzip in gzip', 'docker unpacks once', () => gzipSync(gzipSync(Buffer.from('no archive')))),
  refused('an archive in an archive', 'docker does not look into it', () =>
    tar(file('image.tar', dockerArchive(one, NAME))),
  ),
  refused('a tar of a file system', 'no image in it', () => tar(folder('etc/'), file('etc/hostname'))),
  refused('a folder', 'not an archive', ({ outside }) => outside),
  refused('an empty folder', 'not an archive', ({ folder: all }) => {
    mkdirSync(join(all, '../empty'));
    return join(all, '../empty');
  }),
  refused('a file that is missing', 'it is not there', ({ outside }) => join(outside, 'nothing\x1b[31m.tar')),
  refused('/dev/null', 'an empty file', () => '/dev/null'),
  refused('an entry of 2^62 bytes', 'it is not there', () =>
    tar(...blobsOf(one), { ...table(row(one, [NAME])), size: base256(2n ** 62n) }),
  ),
  refused('an entry of negative length', 'not a size', () =>
    tar(file('a', 'x', { size: base256(-512n) }), ...blobsOf(one), table(row(one, [NAME]))),
  ),
  refused('a wrong checksum', 'a tar that is damaged', () =>
    tar(file('a', 'x', { spoil: (header) => header.write('0000000', 148) }), ...blobsOf(one), table(row(one, [NAME]))),
  ),
  either('a layer that is a sparse entry', 'docker unpacks it; what does not fit its digest is not kept', () =>
    tar(
      blob(one.config),
      file('GNUSparseFile.0/x', Buffer.concat([Buffer.from('1\n0\n100\n'.padEnd(512, '\0')), Buffer.alloc(100)]), {
        pax: [
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.name', pathOf(layerDigest)],
          ['GNU.sparse.realsize', String(2 ** 50)],
        ],
      }),
      table(row(one, [NAME])),
    ),
  ),
  either('names by pax and GNU', 'tar has many ways to say a name', () =>
    tar(
      file('x', one.config, { pax: [['path', pathOf(digestOf(one.config))]] }),
      longName(pathOf(layerDigest)),
      file('y', one.layers[0]),
      table(row(one, [NAME])),
    ),
  ),
  either('a header of pax of 24 MiB', 'far more than any name', () =>
    tar(pax(record('comment', Buffer.alloc(24 << 20, 120))), ...blobsOf(one), table(row(one, [NAME]))),
  ),
  either(
    'a hundred thousand entries',
    'time and memory stay small',
    () =>
      Buffer.concat([
        Buffer.alloc(512 * 100_000, headerOf(file('x', ''))),
        tar(...blobsOf(one), table(row(one, [NAME]))),
      ]),
    { limit: 30 },
  ),
  either(
    'a hundred thousand headers',
    'time and memory stay small',
    () =>
      Buffer.concat([Buffer.alloc(1024 * 50_000, open(longName('x'))), tar(...blobsOf(one), table(row(one, [NAME])))]),
    { limit: 30 },
  ),
  refused(
    'a gzip bomb in the place of manifest.json',
    'far more than any table',
    () =>
      gzipSync(Buffer.concat([headerOf({ name: 'manifest.json', size: 300 << 20 }), Buffer.alloc(300 << 20)]), {
        level: 1,
      }),
    { limit: 30 },
  ),
  either(
    'a gzip bomb behind the archive',
    'what is behind the end is not kept',
    () => gzipSync(Buffer.concat([dockerArchive(one, NAME), Buffer.alloc(300 << 20)]), { level: 1 }),
    { limit: 30 },
  ),
  refused(
    'a layer that is 8 GiB of zeros in a megabyte',
    'another diff_id; nothing is kept',
    () => {
      const bomb = zstdZeros(1 << 16);
      return tar(blob(one.config), file('bomb', bomb), table(row(one, [NAME], { Layers: ['bomb'] })));
    },
    { limit: 30 },
  ),
];
