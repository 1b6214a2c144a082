/** Archives of `docker save`, old and new: what `manifest.json` names, and what is there. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { blob, blobsOf, dockerArchive, hexOf, imageOf, legacyEntries, row, table } from './archives-image.ts';
import { type ArchiveCase, configOf } from './archives-stage.ts';
import type { World } from './layers-canary.ts';
import { digestOf, json, pathOf } from './layers-image.ts';
import { file, folder, hardLink, symlink, type TarEntry, tar } from './layers-tar.ts';

const NAME = 'localhost:5000/app:1';
const one = imageOf('one');
const two = imageOf('two', 'one');
const loaded = { [NAME]: configOf(one.config) };

function right(name: string, why: string, archive: Buffer, expect: ArchiveCase['expect'] = loaded): ArchiveCase {
  return { name, why, expect, archive: () => archive };
}

function refused(name: string, why: string, archive: (world: World) => Buffer): ArchiveCase {
  return { name, why, expect: 'refused', archive };
}

function either(
  name: string,
  why: string,
  archive: (world: World) => Buffer,
  more: Partial<ArchiveCase> = {},
): ArchiveCase {
  return { name, why, expect: 'contained', archive, ...more };
}

/** The row of `one` with another word in it. */
function saying(name: string, more: object, why = 'a name in the archive is no path'): ArchiveCase {
  return refused(name, why, () => dockerArchive(one, NAME, more));
}

/** Its layer is what `entries` make of the name `layer`. */
function layerIs(entries: (world: World, name: string) => readonly TarEntry[]): (world: World) => Buffer {
  const name = 'abc/layer.tar';
  return (world) => tar(...entries(world, name), blob(one.config), table(row(one, [NAME], { Layers: [name] })));
}

const layerFile = file('shared/layer.tar', one.layers[0]);
const NOT_THERE = 'docker looks below the folder that it unpacked the archive to (CVE-2014-9356)';

export const goodArchives: readonly ArchiveCase[] = [
  right('as docker writes it', 'the usual one', dockerArchive(one, NAME)),
  right('as old docker wrote it', 'still around', tar(...legacyEntries(one, NAME))),
  right('gzipped', 'docker load takes it', gzipSync(dockerArchive(one, NAME))),
  right('manifest.json first', 'the order means nothing', tar(table(row(one, [NAME])), ...blobsOf(one))),
  right(
    'names that begin with "./"',
    'tar c . writes such',
    tar(folder('./'), ...blobsOf(one).map((entry) => ({ ...entry, name: `./${String(entry.name)}` })), {
      ...table(row(one, [NAME])),
      name: './manifest.json',
    }),
  ),
  right(
    'with files of others',
    'docker does not mind',
    tar(file('README', 'x'), folder('x/'), symlink('x/link', '/etc/passwd'), ...blobsOf(one), table(row(one, [NAME]))),
  ),
  right(
    'layers that are gzipped',
    'crane and kaniko write such',
    tar(
      file('layer.tar.gz', gzipSync(one.layers[0] ?? '')),
      blob(one.config),
      table(row(one, [NAME], { Layers: ['layer.tar.gz'] })),
    ),
  ),
  right(
    'a layer that is a link to a shared one',
    'docker before 25 writes such',
    layerIs((_, name) => [layerFile, symlink(name, '../shared/layer.tar')])({} as World),
  ),
  right(
    'a link before what it leads to',
    'the order means nothing',
    layerIs((_, name) => [symlink(name, '../shared/layer.tar'), layerFile])({} as World),
  ),
  right(
    'links to links',
    'docker before 25 writes such',
    layerIs((_, name) => [symlink('b/layer.tar', '../shared/layer.tar'), symlink(name, '../b/layer.tar'), layerFile])(
      {} as World,
    ),
  ),
  right(
    'two images with a shared layer',
    'each has its name',
    tar(
      ...blobsOf(one),
      ...blobsOf(two),
      table(row(one, [NAME]), row(two, ['localhost:5000/two:2', 'localhost:5000/two:3'])),
    ),
    { ...loaded, 'localhost:5000/two:2': configOf(two.config), 'localhost:5000/two:3': configOf(two.config) },
  ),
  right(
    'each entry twice',
    'they are the same',
    tar(...blobsOf(one), ...blobsOf(one), table(row(one, [NAME])), table(row(one, [NAME]))),
  ),
  right('without a name', 'docker loads it by its id', tar(...blobsOf(one), table(row(one, null))), {}),
];

export const paths: readonly ArchiveCase[] = [
  saying('a config that leads up', { Config: '../../outside/canary.txt' }),
  saying('an absolute config', { Config: '/etc/hostname' }),
  saying('a config that is a folder', { Config: 'blobs' }),
  saying('a config that is no text', { Config: 7 }),
  saying('a config with NUL', { Config: 'a\0b' }),
  saying('a layer that leads up', { Layers: ['../../outside/canary.txt'] }),
  saying('an absolute layer', { Layers: ['/etc/passwd'] }),
  saying('a layer of /proc', { Layers: ['/proc/self/fd/0'] }),
  saying('a layer of ..', { Layers: ['..'] }),
  saying('a layer without a name', { Layers: [''] }),
  saying('layers that are no list', { Layers: 'layer.tar' }, 'not a row'),
  saying('a layer that is missing', { Layers: ['nothing/layer.tar'] }, 'it is not there'),
  saying('a config that is missing', { Config: 'nothing.json' }, 'it is not there'),
  saying('no layers though the config has one', { Layers: [] }, 'one for each diff_id'),
  saying(
    'a layer more than the config has',
    { Layers: [pathOf(digestOf(one.layers[0] ?? '')), pathOf(digestOf(one.layers[0] ?? ''))] },
    'one for each diff_id',
  ),
  refused(
    'a layer that is a link to outside',
    NOT_THERE,
    layerIs(({ outside }, name) => [symlink(name, join(outside, 'canary.txt'))]),
  ),
  refused(
    'a layer that is a link up',
    NOT_THERE,
    layerIs((_, name) => [symlink(name, '../../../../outside/canary.txt')]),
  ),
  refused(
    'a layer by way of a link to a folder outside',
    NOT_THERE,
    layerIs(({ outside }) => [symlink('abc', outside)]),
  ),
  refused(
    'a layer that is a link to a link to outside',
    NOT_THERE,
    layerIs(({ outside }, name) => [symlink('x', outside), symlink(name, '../x/canary.txt')]),
  ),
  refused(
    'a layer that is a link to itself',
    'there is nothing',
    layerIs((_, name) => [symlink(name, 'layer.tar')]),
  ),
  refused(
    'layers that are links in a ring',
    'there is nothing',
    layerIs((_, name) => [symlink(name, '../b'), symlink('b', name)]),
  ),
  refused(
    'a layer that is a link to a folder',
    'it is no file',
    layerIs((_, name) => [folder('d/'), symlink(name, '../d')]),
  ),
  refused(
    'a layer that is a hard link to outside',
    NOT_THERE,
    layerIs(({ outside }, name) => [hardLink(name, join(outside, 'canary.txt'))]),
  ),
  either(
    'a layer that is a hard link to another entry',
    'docker takes it',
    layerIs((_, name) => [layerFile, hardLink(name, 'shared/layer.tar')]),
  ),
  refused(
    'a layer that is a device',
    'it is no file',
    layerIs((_, name) => [{ name, type: '3', device: [1, 5] }]),
  ),
  refused(
    'a layer that is a pipe',
    'it is no file',
    layerIs((_, name) => [{ name, type: '6' }]),
  ),
  refused(
    'a layer that is a folder',
    'it is no file',
    layerIs((_, name) => [folder(`${name}/`)]),
  ),
  refused('a config that is a link to outside', NOT_THERE, ({ outside }) =>
    tar(
      ...blobsOf(one),
      symlink('config.json', join(outside, 'canary.txt')),
      table(row(one, [NAME], { Config: 'config.json' })),
    ),
  ),
  refused('manifest.json that is a link to outside', NOT_THERE, ({ outside }) =>
    tar(...blobsOf(one), symlink('manifest.json', join(outside, 'canary.txt'))),
  ),
  refused('manifest.json that is a pipe', 'it is no file', () =>
    tar(...blobsOf(one), { name: 'manifest.json', type: '6' }),
  ),
  refused('manifest.json that is a folder', 'it is no file', () => tar(...blobsOf(one), folder('manifest.json/'))),
  either('entries that lead out', 'they are not written anywhere', ({ outside }) =>
    tar(
      file('../../outside/canary.txt'),
      file(join(outside, 'new')),
      symlink('s', outside),
      file('s/new'),
      hardLink('h', join(outside, 'canary.txt')),
      ...blobsOf(one),
      table(row(one, [NAME])),
    ),
  ),
];

function documents(name: string, content: string | Buffer, why = 'not a table of images'): ArchiveCase {
  return refused(`manifest.json that is ${name}`, why, () => tar(...blobsOf(one), file('manifest.json', content)));
}

export const tables: readonly ArchiveCase[] = [
  documents('null', 'null'),
  documents('an object', '{}'),
  documents('a list of null', '[null]'),
  documents('a list of lists', '[[]]'),
  documents('a number', '42'),
  documents('empty', ''),
  documents('cut short', '[{"Config":"x"'),
  documents(
    'not UTF-8',
    Buffer.concat([Buffer.from('[{"Config":"'), Buffer.from([0xff, 0xfe]), Buffer.from('","Layers":[]}]')]),
  ),
  documents('a hundred thousand brackets', '['.repeat(100_000), 'too deep, and cut short'),
  either('manifest.json that is an empty list', 'docker loads nothing', () =>
    tar(...blobsOf(one), file('manifest.json', '[]')),
  ),
  either('manifest.json of 24 MiB', 'far more than any table (CVE-2023-25153)', () =>
    tar(...blobsOf(one), file('manifest.json', Buffer.concat([json([row(one, [NAME])]), Buffer.alloc(24 << 20, 32)]))),
  ),
  either(
    'manifest.json of 10 MiB of names',
    'time and memory stay small',
    () =>
      tar(
        ...blobsOf(one),
        table(
          row(
            one,
            Array.from({ length: 200_000 }, (_, at) => `localhost:5000/app:${at}`),
          ),
        ),
      ),
    { limit: 30 },
  ),
  either('keys twice in manifest.json', 'one of them counts, wholly', () =>
    tar(
      ...blobsOf(one),
      ...blobsOf(two),
      file(
        'manifest.json',
        `[{"Config":${JSON.stringify(pathOf(digestOf(two.config)))},${JSON.stringify(row(one, [NAME])).slice(1)}]`,
      ),
    ),
  ),
  either('manifest.json twice', 'one of them counts', () =>
    tar(...blobsOf(one), ...blobsOf(two), table(row(one, [NAME])), table(row(two, [NAME]))),
  ),
  either('a bad layer behind the good one of its name', 'only what is verified is kept', () =>
    tar(...blobsOf(one), file(pathOf(digestOf(one.layers[0] ?? '')), two.layers[0]), table(row(one, [NAME]))),
  ),
  either('a bad layer before the good one of its name', 'only what is verified is kept', () =>
    tar(file(pathOf(digestOf(one.layers[0] ?? '')), two.layers[0]), ...blobsOf(one), table(row(one, [NAME]))),
  ),
  either('a link in the place of the config', 'only what is verified is kept', ({ outside }) =>
    tar(...blobsOf(one), symlink(pathOf(digestOf(one.config)), join(outside, 'canary.txt')), table(row(one, [NAME]))),
  ),
  either('a config under the digest of another', 'docker computes the id; nothing is kept under the wrong digest', () =>
    tar(
      ...blobsOf(one).slice(1),
      file(pathOf(digestOf(two.config)), one.config),
      table(row(one, [NAME], { Config: pathOf(digestOf(two.config)) })),
    ),
  ),
  either('an old config under the hex of another', 'docker computes the id', () =>
    tar(
      file(`${hexOf(two.config)}.json`, one.config),
      ...blobsOf(one),
      table(row(one, [NAME], { Config: `${hexOf(two.config)}.json` })),
    ),
  ),
  refused('a layer that is not what the config says', 'the image is another than it says', () =>
    dockerArchive({ ...one, layers: two.layers.slice(0, 1) }, NAME),
  ),
  refused('layers in another order than the config has', 'the image is another than it says', () =>
    dockerArchive({ ...two, layers: two.layers.toReversed() }, NAME),
  ),
  refused('a bad image behind a good one', 'nothing of the archive is taken', () =>
    tar(...blobsOf(one), table(row(one, [NAME]), row(two, ['localhost:5000/two:2']))),
  ),
  either('an archive of docker before 1.10', 'refused with words', () =>
    tar(
      file('repositories', json({ 'localhost:5000/app': { 1: 'abc' } })),
      file('abc/VERSION', '1.0'),
      file('abc/json', json({ id: 'abc' })),
      file('abc/layer.tar', one.layers[0]),
    ),
  ),
];
