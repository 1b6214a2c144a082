import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { buildImage, buildLayer, type LayerFile, type TestImage, type TestLayer } from '#testing';
import { LookWorld, layersAsked } from '../files/look-world.test.fixture.ts';
import { compareImages } from './compare-images.ts';
import type { Comparison } from './comparison.ts';

let world: LookWorld;
beforeEach(() => {
  world = new LookWorld();
});
afterEach(() => world.close());

function layer(...files: readonly (string | LayerFile)[]): TestLayer {
  return buildLayer({
    files: files.map((file) => {
      if (typeof file !== 'string') return file;
      const [name = '', content] = file.split('=');
      return { name, ...(content !== undefined && { content }) };
    }),
  });
}

function imageOf(...layers: readonly TestLayer[]): TestImage {
  return buildImage({ layers });
}

const LETTERS = { added: 'A', changed: 'C', removed: 'D', touched: '~' };

function shown({ files }: Comparison): string {
  return files
    .map(({ kind, path, aspects }) => `${LETTERS[kind]} ${path}${aspects ? `(${aspects.join(',')})` : ''}`)
    .join(' ');
}

const BASE = layer('etc/', 'etc/os=12', 'etc/passwd=root', 'bin/', 'bin/sh=sh');

describe('files of two images in the store', () => {
  const cases: readonly (readonly [
    what: string,
    a: readonly TestLayer[],
    b: readonly TestLayer[],
    expected: string,
  ])[] = [
    ['the same layers', [BASE], [BASE], ''],
    ['one more layer', [BASE], [BASE, layer('etc/', 'etc/new=1')], 'A etc/new'],
    ['one layer less', [BASE, layer('etc/', 'etc/new=1')], [BASE], 'D etc/new'],
    ['another content', [BASE], [BASE, layer('etc/', 'etc/os=34')], 'C etc/os(content)'],
    ['another size', [BASE], [BASE, layer('etc/', 'etc/os=345')], 'C etc/os(size)'],
    ['the same file once more', [BASE], [BASE, layer('etc/', 'etc/os=12')], ''],
    ['taken away', [BASE], [BASE, layer('etc/', 'etc/.wh.os')], 'D etc/os'],
    ['a folder taken away', [BASE], [BASE, layer('.wh.etc')], 'D etc D etc/os D etc/passwd'],
    ['another mode', [layer({ name: 'a', mode: 0o644 })], [layer({ name: 'a', mode: 0o600 })], 'C a(mode)'],
    [
      'mode and content',
      [layer({ name: 'a', content: '1', mode: 0o644 })],
      [layer({ name: 'a', content: '2', mode: 0o600 })],
      'C a(mode,content)',
    ],
    ['another type', [layer('a=1')], [layer({ name: 'a', link: 'b' })], 'C a(type)'],
    ['another link', [layer({ name: 'a', link: 'c' })], [layer({ name: 'a', link: 'b' })], 'C a(link)'],
    ['a folder for a file', [layer('a=1')], [layer('a/', 'a/b')], 'C a(type) A a/b'],
    ['the same in other layers', [layer('a=1'), layer('b=2')], [layer('b=2', 'a=1')], ''],
    ['a hard link is the file', [layer('a=1', 'b=1')], [layer('a=1', { name: 'b', link: 'a', type: '1' })], ''],
    ['other layers below the same one', [layer('x=1'), BASE], [layer('x=2'), BASE], 'C x(content)'],
  ];
  for (const [what, a, b, expected] of cases) {
    test(what, async () => {
      await world.keep({ 'a:1': imageOf(...a), 'b:1': imageOf(...b) });
      assert.equal(shown(await compareImages('a:1', 'b:1', world.places)), expected);
    });
  }
});

describe('in a registry', () => {
  const upper = layer('etc/', 'etc/os=34', 'etc/new=1', 'etc/.wh.passwd', 'srv/', 'srv/x');
  const other = layer('bin/', 'bin/.wh.sh');

  test('shared layers are not fetched, and what they alone could tell is open', async () => {
    const a = imageOf(BASE);
    const b = imageOf(BASE, upper);
    const registry = await world.registry({ images: { 'a:1': a, 'b:1': b } });
    const names = [`${registry.host}/a:1`, `${registry.host}/b:1`] as const;
    assert.equal(shown(await compareImages(...names, world.places)), '~ etc/new ~ etc/os D etc/passwd ~ srv/x');
    assert.deepEqual(layersAsked(registry, b), [1]);
    const deep = await compareImages(...names, world.places, { deep: true });
    assert.equal(shown(deep), 'A etc/new C etc/os(content) D etc/passwd A srv A srv/x');
    assert.deepEqual(layersAsked(registry, b), [0, 1]);
    // Now they are here.
    assert.equal(shown(await compareImages(...names, world.places)), shown(deep));
  });

  test('what both have on top of the shared layers is known', async () => {
    const images = {
      'a:1': imageOf(BASE, upper),
      'b:1': imageOf(BASE, layer('etc/', 'etc/os=56', 'etc/new=1'), other),
    };
    const registry = await world.registry({ images });
    const found = await compareImages(`${registry.host}/a:1`, `${registry.host}/b:1`, world.places);
    assert.equal(shown(found), 'D bin/sh C etc/os(content) A etc/passwd ~ srv/x');
    assert.deepEqual(layersAsked(registry, images['a:1']), [1]);
  });

  test('a hard link into a shared layer needs it', async () => {
    const b = imageOf(BASE, layer('etc/', { name: 'etc/link', link: 'etc/os', type: '1' }));
    const registry = await world.registry({ images: { 'a:1': imageOf(BASE), 'b:1': b } });
    const found = await compareImages(`${registry.host}/a:1`, `${registry.host}/b:1`, world.places);
    assert.equal(shown(found), 'A etc/link');
  });

  test('one here and one there', async () => {
    const b = imageOf(BASE, upper);
    const registry = await world.registry({ images: { 'b:1': b } });
    await world.keep({ 'a:1': imageOf(BASE) });
    const found = await compareImages('a:1', `${registry.host}/b:1`, world.places);
    assert.equal(shown(found), 'A etc/new C etc/os(content) D etc/passwd A srv A srv/x');
    assert.deepEqual(layersAsked(registry, b), [1]);
  });
});

describe('configs', () => {
  const cases: readonly (readonly [a: Record<string, unknown>, b: Record<string, unknown>, expected: string])[] = [
    [{ Cmd: ['a'] }, { Cmd: ['a'] }, ''],
    [{ Cmd: ['a'] }, { Cmd: ['a', 'b'] }, 'Cmd'],
    [{ Env: ['PATH=/bin', 'A=1'] }, { Env: ['A=1', 'PATH=/bin'] }, ''],
    [{ Env: ['PATH=/bin', 'A=1'] }, { Env: ['PATH=/usr/bin'] }, 'Env.A Env.PATH'],
    [{ Labels: { a: '1', b: '2' } }, { Labels: { b: '2', c: '3' } }, 'Labels.a Labels.c'],
    [{ User: '', Volumes: null, Entrypoint: [] }, {}, ''],
    [
      { ExposedPorts: { '80/tcp': {} } },
      { ExposedPorts: { '443/tcp': {} } },
      'ExposedPorts.443/tcp ExposedPorts.80/tcp',
    ],
  ];
  for (const [a, b, expected] of cases) {
    test(`${JSON.stringify(a)} and ${JSON.stringify(b)}`, async () => {
      const layers = [BASE];
      await world.keep({ 'a:1': buildImage({ layers, config: a }), 'b:1': buildImage({ layers, config: b }) });
      const found = await compareImages('a:1', 'b:1', world.places);
      assert.equal(found.config.map(({ field }) => field).join(' '), expected);
      assert.equal(found.equal, expected === '');
    });
  }

  test('layers that are shared, and those of one alone', async () => {
    const upper = layer('x');
    await world.keep({ 'a:1': imageOf(BASE, upper), 'b:1': imageOf(BASE) });
    const { layers } = await compareImages('a:1', 'b:1', world.places);
    const digests = (some: readonly { readonly digest: string }[]): readonly string[] =>
      some.map(({ digest }) => digest);
    assert.deepEqual(
      [digests(layers.shared), digests(layers.a), digests(layers.b)],
      [[BASE.digest], [upper.digest], []],
    );
  });
});
