import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { buildImage, flipByte, type LayerFile, type TestImage } from '#testing';
import { listFiles } from './list-files.ts';
import { LookWorld, layersAsked, textOf } from './look-world.test.fixture.ts';
import { readFile } from './read-file.ts';

let world: LookWorld;
beforeEach(() => {
  world = new LookWorld();
});
afterEach(() => world.close());

/** `a/` a folder, `a=text` a file, `a->b` a symbolic link, `a==b` a hard link; everything else is a file without content. */
function layer(text: string): { readonly files: readonly LayerFile[] } {
  const files = text.split(' ').map((word): LayerFile => {
    const hard = /^(.+)==(.+)$/.exec(word);
    if (hard !== null) return { name: hard[1] ?? '', link: hard[2] ?? '', type: '1' };
    const link = /^(.+)->(.+)$/.exec(word);
    if (link !== null) return { name: link[1] ?? '', link: link[2] ?? '' };
    const [name = '', content] = word.split('=');
    return { name, ...(content !== undefined && { content }) };
  });
  return { files };
}

function imageOf(...layers: readonly string[]): TestImage {
  return buildImage({ layers: layers.map(layer) });
}

/** Paths of all that an image has; what is behind a path is what it is. */
async function listed(...layers: readonly string[]): Promise<string> {
  await world.keep({ 'app:1': imageOf(...layers) });
  const files = await listFiles('app:1', world.places, { recursive: true });
  return files
    .map(({ path, type, size, link, hardLink }) => {
      if (type === 'directory') return `${path}/`;
      if (link !== undefined) return `${path}->${link}`;
      return `${path}${hardLink === undefined ? '' : `==${hardLink}`}${size > 0 ? `(${size})` : ''}`;
    })
    .join(' ');
}

describe('what layers come to', () => {
  const cases: readonly (readonly [what: string, layers: readonly string[], expected: string])[] = [
    ['layers add up', ['a/ a/x=1', 'b=22'], 'a/ a/x(1) b(2)'],
    ['the upper file counts', ['a=1', 'a=22'], 'a(2)'],
    ['a whiteout', ['a=1 b=1', '.wh.a'], 'b(1)'],
    ['a whiteout of a folder', ['a/ a/x a/y/ a/y/z b', '.wh.a'], 'b'],
    ['a whiteout and a new one', ['a/ a/x', '.wh.a a/ a/y'], 'a/ a/y'],
    ['an opaque folder', ['a/ a/x a/y/ a/y/z', 'a/ a/.wh..wh..opq a/new'], 'a/ a/new'],
    ['an opaque folder after its content', ['a/ a/x', 'a/ a/new a/.wh..wh..opq'], 'a/ a/new'],
    ['an opaque root', ['a/ a/x', '.wh..wh..opq b'], 'b'],
    ['whiteouts do not reach into their own layer', ['a=1', 'a=22 .wh.a'], 'a(2)'],
    ['and come back above', ['a=1', '.wh.a', 'a=333'], 'a(3)'],
    ['a whiteout of nothing', ['a', '.wh.b .wh.c'], 'a'],
    ['a file in place of a folder', ['a/ a/x a/y', 'a=1'], 'a(1)'],
    ['a folder in place of a file', ['a=1', 'a/ a/x'], 'a/ a/x'],
    ['a link in place of a folder', ['a/ a/x b/', 'a->b'], 'a->b b/'],
    ['a folder in place of a link', ['b/ a->b', 'a/ a/x'], 'a/ a/x b/'],
    [
      'through a link of a lower layer',
      ['usr/ usr/lib/ lib->usr/lib', 'lib/x=1'],
      'lib->usr/lib usr/ usr/lib/ usr/lib/x(1)',
    ],
    ['a hard link', ['a=12 b==a'], 'a(2) b==a(2)'],
    ['a hard link to a lower layer', ['a=12', 'b==a'], 'a(2) b==a(2)'],
    ['a hard link outlives its first name', ['a=12 b==a', '.wh.a'], 'b(2)'],
    ['a hard link when its first name is another file', ['a=12 b==a', 'a=333'], 'a(3) b(2)'],
    ['notes of an old file system', ['a .wh..wh.plnk/ .wh..wh.plnk/1.2', 'b'], 'a b'],
    ['folders that nobody named', ['a/b/c=1', 'a/d'], 'a/ a/b/ a/b/c(1) a/d'],
    ['leading dots and slashes', ['./a ./b/ /b/c', './.wh.a'], 'b/ b/c'],
  ];
  for (const [what, layers, expected] of cases) {
    test(what, async () => assert.equal(await listed(...layers), expected));
  }
});

describe('listing a path', () => {
  const layers = ['etc/ etc/os=1 usr/ usr/bin/ usr/bin/x bin->usr/bin loop->loop dangling->nowhere', 'etc/ etc/new'];
  const paths = async (path: string, follow = true): Promise<string> =>
    (await listFiles('app:1', world.places, { path, follow })).map((file) => file.path).join(' ');
  beforeEach(() => world.keep({ 'app:1': imageOf(...layers) }));

  const cases: readonly (readonly [path: string, expected: string])[] = [
    ['', 'bin dangling etc loop usr'],
    ['/', 'bin dangling etc loop usr'],
    ['/etc', 'etc/new etc/os'],
    ['etc/', 'etc/new etc/os'],
    ['/etc/os', 'etc/os'],
    ['/../etc/../etc/./os', 'etc/os'],
    ['/bin', 'usr/bin/x'],
    ['bin/x', 'bin/x'],
    ['dangling', 'dangling'],
  ];
  for (const [path, expected] of cases) test(path, async () => assert.equal(await paths(path), expected));

  test('a link itself', async () => assert.equal(await paths('bin', false), 'bin'));
  test('what is not there', async () => {
    for (const path of ['nix', 'etc/os/x', 'bin/nothing', 'loop/x', 'dangling/']) {
      await assert.rejects(paths(path), { code: 'NOT_FOUND' }, path);
    }
  });
});

describe('reading files', () => {
  const read = (paths: readonly string[]): Promise<string> => textOf(readFile('app:1', paths, world.places));

  const cases: readonly (readonly [what: string, layers: readonly string[], path: string, expected: string])[] = [
    ['the top one', ['a=old', 'a=new'], 'a', 'new'],
    ['a lower one', ['a=old b=1', 'b=2'], '/a', 'old'],
    ['through links', ['etc/ etc/os->../usr/os usr/ usr/os=1 e->/etc'], 'e/os', '1'],
    ['a hard link', ['a=12 b==a'], 'b', '12'],
    ['a hard link to a lower layer', ['a=12', 'b==a', 'c==b'], 'c', '12'],
    ['a hard link whose first name is another file', ['a=12 b==a', 'a=345'], 'b', '12'],
    ['where its folder is a link below', ['usr/ usr/lib/ usr/lib/x=old lib->usr/lib', 'lib/x=new'], 'usr/lib/x', 'new'],
    ['the last of two in one layer', ['a=1 b=2 a=3'], 'a', '3'],
  ];
  for (const [what, layers, path, expected] of cases) {
    test(what, async () => {
      await world.keep({ 'app:1': imageOf(...layers) });
      assert.equal(await read([path]), expected);
    });
  }

  test('several, in their order', async () => {
    await world.keep({ 'app:1': imageOf('a=1 b=2', 'c=3') });
    assert.equal(await read(['c', 'a', 'b', 'a']), '3121');
  });

  test('what is gone or no file is refused, before anything is given', async () => {
    await world.keep({ 'app:1': imageOf('a=1 d/ d/x=1 gone=1', '.wh.gone d/ d/.wh..wh..opq') });
    await assert.rejects(read(['a', 'gone']), { code: 'NOT_FOUND' });
    await assert.rejects(read(['d/x']), { code: 'NOT_FOUND' });
    await assert.rejects(read(['d']), { code: 'INVALID_OPTION', message: 'd is a folder, not a file' });
  });

  test('one may stop reading', async () => {
    await world.keep({ 'app:1': buildImage({ layers: [{ fill: 3_000_000 }] }) });
    for await (const chunk of readFile('app:1', ['filler-dray'], world.places)) {
      assert.ok(chunk.length > 0);
      break;
    }
  });
});

describe('of an image in a registry', () => {
  const layers = ['etc/ etc/os=1 old=1', 'etc/ etc/mid=2', 'etc/ etc/top=3 .wh.old'];

  const cases: readonly (readonly [path: string, asked: readonly number[], content: string | undefined])[] = [
    ['etc/top', [2], '3'],
    ['etc/mid', [1, 2], '2'],
    ['etc/os', [0, 1, 2], '1'],
    ['old', [2], undefined],
  ];
  for (const [path, asked, content] of cases) {
    test(`${path} takes the layers ${asked.join(' ')}`, async () => {
      const image = imageOf(...layers);
      const registry = await world.registry({ images: { 'app:1': image } });
      const name = `${registry.host}/app:1`;
      if (content === undefined) {
        await assert.rejects(textOf(readFile(name, [path], world.places)), { code: 'NOT_FOUND' });
      } else assert.equal(await textOf(readFile(name, [path], world.places)), content);
      assert.deepEqual(layersAsked(registry, image), asked);
      const before = registry.served.bytes;
      await textOf(readFile(name, [path], world.places)).catch(() => undefined);
      assert.ok(registry.served.bytes - before < 2000, 'the second look fetches no layer');
      assert.deepEqual(
        image.layers.map(({ digest }) => registry.served.of(digest) > 0),
        image.layers.map((_, at) => asked.includes(at)),
      );
    });
  }

  const unnamed: readonly (readonly [
    what: string,
    layers: readonly string[],
    path: string,
    asked: readonly number[],
    content: string,
  ])[] = [
    [
      'other names below folders that are not named',
      ['etc/ etc/os=1 usr/ usr/bin/', 'usr/bin/x=2 opt/y'],
      'etc/os',
      [0, 1],
      '1',
    ],
    ['what is there by its own path', ['usr/ usr/lib/ lib->usr/lib', 'opt/y', 'lib/x=3'], 'lib/x', [2], '3'],
    [
      'what may be there by another one',
      ['usr/ usr/lib/ usr/lib/x=1 lib->usr/lib', 'usr/ usr/lib/ usr/lib/x=2', 'lib/x=3'],
      'usr/lib/x',
      [0, 1, 2],
      '3',
    ],
    ['a whiteout by another one', ['usr/ usr/lib/ usr/lib/x=1 lib->usr/lib y=1', 'lib/.wh.x'], 'y', [0, 1], '1'],
    [
      'a link whose folder may be one',
      ['usr/ usr/lib/ usr/x=1 lib->usr/lib x=no', 'lib/l->../x'],
      'lib/l',
      [0, 1],
      '1',
    ],
    ['only the layers down to it', ['a=0', 'etc/ etc/os=1', 'srv/x', 'opt/y'], 'etc/os', [1, 2, 3], '1'],
  ];
  for (const [what, files, path, asked, content] of unnamed) {
    test(`${what}: ${path} takes the layers ${asked.join(' ')}`, async () => {
      const image = imageOf(...files);
      const registry = await world.registry({ images: { 'app:1': image } });
      assert.equal(await textOf(readFile(`${registry.host}/app:1`, [path], world.places)), content);
      assert.deepEqual(layersAsked(registry, image), asked);
    });
  }

  test('what a lower layer has and an upper one takes away by another path', async () => {
    const image = imageOf('usr/ usr/lib/ usr/lib/x=1 lib->usr/lib', 'lib/.wh.x');
    const registry = await world.registry({ images: { 'app:1': image } });
    const read = textOf(readFile(`${registry.host}/app:1`, ['usr/lib/x'], world.places));
    await assert.rejects(read, { code: 'NOT_FOUND' });
  });

  test('nothing is given of a layer that is not what it should be', async () => {
    const image = buildImage({
      layers: [{ files: [{ name: 'a', content: 'good' }], fill: 200_000, compression: 'none' }],
    });
    const registry = await world.registry({ images: { 'app:1': image }, faults: [flipByte(600, { kind: 'blob' })] });
    const given: string[] = [];
    await assert.rejects(
      async () => {
        for await (const chunk of readFile(`${registry.host}/app:1`, ['a'], world.places)) given.push(String(chunk));
      },
      { code: 'DIGEST_MISMATCH' },
    );
    assert.deepEqual(given, []);
  });

  test('the list is the same', async () => {
    const registry = await world.registry({ images: { 'app:1': imageOf(...layers) } });
    const files = await listFiles(`${registry.host}/app:1`, world.places, { recursive: true });
    assert.deepEqual(
      files.map(({ path }) => path),
      ['etc', 'etc/mid', 'etc/os', 'etc/top'],
    );
  });
});

describe('hostile layers', () => {
  const bad: readonly (readonly [what: string, files: readonly LayerFile[], code: string])[] = [
    ['a name that leads out', [{ name: '../../etc/passwd', content: 'x' }], 'CORRUPT_LAYER'],
    ['a hard link that leads out', [{ name: 'a', link: '../../etc/passwd', type: '1' }], 'CORRUPT_LAYER'],
    ['a hard link to nothing', [{ name: 'a', link: 'b', type: '1' }], 'CORRUPT_LAYER'],
    ['a file below a file', [{ name: 'a' }, { name: 'a/b' }], 'CORRUPT_LAYER'],
  ];
  for (const [what, files, code] of bad) {
    test(what, async () => {
      await world.keep({ 'app:1': buildImage({ layers: [{ files }] }) });
      await assert.rejects(listFiles('app:1', world.places, { recursive: true }), { code });
    });
  }

  test('odd names are told as they are', async () => {
    const names = ['a\u001b[31m', 'b\nc', '\u202egnp', ' '];
    await world.keep({ 'app:1': buildImage({ layers: [{ files: names.map((name) => ({ name })) }] }) });
    const files = await listFiles('app:1', world.places);
    assert.deepEqual(
      files.map(({ path }) => path),
      names.toSorted(),
    );
  });

  test('many entries', async () => {
    const files = Array.from({ length: 20_000 }, (_, at) => ({ name: `dir${at % 100}/file-with-a-name-${at}` }));
    await world.keep({ 'app:1': buildImage({ layers: [{ files }] }) });
    files.length = 0;
    const all = await listFiles('app:1', world.places, { recursive: true });
    assert.equal(all.length, 20_100);
  });
});
