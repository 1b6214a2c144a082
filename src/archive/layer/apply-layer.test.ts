import assert from 'node:assert/strict';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { rejects } from '#testing';
import { applyLayer } from './apply-layer.ts';
import { file, folder, hardlink, layerTar, symlink, type TarPart, whiteout } from './layer-tar.test.fixture.ts';
import { MemoryTree } from './memory-tree.ts';
import { inFolder, namesInMemory, unpackInto } from './trees.test.fixture.ts';

type Layers = readonly (readonly TarPart[])[];

const NAMES: readonly (readonly [string, Layers, readonly string[]])[] = [
  ['files and folders', [[folder('a/'), file('a/b')]], ['a/', 'a/b: a/b']],
  ['folders that no entry names', [[file('a/b/c')]], ['a/', 'a/b/', 'a/b/c: a/b/c']],
  [
    'names with dots and slashes',
    [[file('./a//./b'), file('/c'), file('d/../e')]],
    ['a/', 'a/b: ./a//./b', 'c: /c', 'e: d/../e'],
  ],
  ['a later entry of the same name', [[file('a', '1'), file('a', '2')]], ['a: 2']],
  ['a file in place of a folder', [[file('a/b')], [file('a')]], ['a: a']],
  ['a folder in place of a file', [[file('a')], [folder('a'), file('a/b')]], ['a/', 'a/b: a/b']],
  [
    'a folder in place of a link',
    [
      [folder('d'), symlink('a', 'd')],
      [folder('a'), file('a/b')],
    ],
    ['a/', 'a/b: a/b', 'd/'],
  ],
  ['a link in place of a folder', [[file('a/b')], [symlink('a', '/x')]], ['a -> /x']],
  [
    'a folder again',
    [
      [folder('a'), file('a/b')],
      [folder('a'), file('a/c')],
    ],
    ['a/', 'a/b: a/b', 'a/c: a/c'],
  ],
  ['a hard link', [[file('a'), hardlink('b', 'a')]], ['a: a', 'b: a']],
  ['a hard link to a lower layer', [[file('d/a')], [hardlink('b', '/d/a')]], ['b: d/a', 'd/', 'd/a: d/a']],
  ['a hard link to itself', [[file('a'), hardlink('a', './a')]], ['a: a']],
  ['a hard link to a link', [[symlink('a', 'x'), hardlink('b', 'a')]], ['a -> x', 'b -> x']],
  ['a hard link over the folder of its target', [[file('a/b'), hardlink('a', 'a/b')]], ['a: a/b']],
  ['one name of a file replaced', [[file('a'), hardlink('b', 'a')], [file('a', 'new')]], ['a: new', 'b: a']],
  ['one name of a file hidden', [[file('a'), hardlink('b', 'a')], [whiteout('.wh.a')]], ['b: a']],
];

const LINKS: readonly (readonly [string, Layers, readonly string[]])[] = [
  [
    'a link of a lower layer on the way',
    [[folder('usr/lib'), symlink('lib', 'usr/lib')], [file('lib/x')]],
    ['lib -> usr/lib', 'usr/', 'usr/lib/', 'usr/lib/x: lib/x'],
  ],
  ['a link from the root', [[symlink('a', '/b')], [file('a/x')]], ['a -> /b', 'b/', 'b/x: a/x']],
  ['a link that leads out', [[symlink('a', '../../b')], [file('a/x')]], ['a -> ../../b', 'b/', 'b/x: a/x']],
  ['a link to the root', [[symlink('a', '/')], [file('a/x')]], ['a -> /', 'x: a/x']],
  [
    'a link over another',
    [[symlink('a', 'b'), symlink('b', 'c/d')], [file('a/x')]],
    ['a -> b', 'b -> c/d', 'c/', 'c/d/', 'c/d/x: a/x'],
  ],
  [
    'a link up and down',
    [[folder('d/e'), symlink('d/l', '../f/./g')], [file('d/l/x')]],
    ['d/', 'd/e/', 'd/l -> ../f/./g', 'f/', 'f/g/', 'f/g/x: d/l/x'],
  ],
  [
    'two names of one folder by turns',
    [[folder('d'), symlink('l', 'd'), file('l/a'), file('d/b'), file('l/c')]],
    ['d/', 'd/a: l/a', 'd/b: d/b', 'd/c: l/c', 'l -> d'],
  ],
  [
    'a hard link through a link',
    [[folder('d'), symlink('l', '/d'), file('d/a'), hardlink('b', 'l/a')]],
    ['b: d/a', 'd/', 'd/a: d/a', 'l -> /d'],
  ],
  ['a whiteout through a link', [[symlink('l', 'd'), file('d/a')], [whiteout('l/.wh.a')]], ['d/', 'l -> d']],
  [
    'a link that changes on the way',
    [[symlink('l', 'a'), file('l/1'), symlink('l', 'b'), file('l/2')]],
    ['a/', 'a/1: l/1', 'b/', 'b/2: l/2', 'l -> b'],
  ],
  [
    'a folder that becomes a link on the way',
    [[file('a/b/1'), symlink('a', 'c'), file('a/b/2')]],
    ['a -> c', 'c/', 'c/b/', 'c/b/2: a/b/2'],
  ],
  [
    'a folder on the way to a link that changes',
    [[file('a/f'), hardlink('1', 'a/f'), symlink('a', 'c'), file('c/f'), hardlink('2', 'a/f')]],
    ['1: a/f', '2: c/f', 'a -> c', 'c/', 'c/f: c/f'],
  ],
];

const WHITEOUTS: readonly (readonly [string, Layers, readonly string[]])[] = [
  ['a file', [[file('a'), file('b')], [whiteout('.wh.a')]], ['b: b']],
  ['a folder', [[file('a/b/c'), file('d')], [whiteout('.wh.a')]], ['d: d']],
  ['what is not there', [[file('a')], [whiteout('.wh.b'), whiteout('x/y/.wh.z')]], ['a: a']],
  ['a link, not what it points to', [[symlink('l', 'd'), file('d/a')], [whiteout('.wh.l')]], ['d/', 'd/a: d/a']],
  ['nothing in the lowest layer', [[file('a'), whiteout('.wh.a')]], ['a: a']],
  ['what is below a file', [[file('a/b')], [file('a'), whiteout('a/.wh.b'), whiteout('a/b/.wh..wh..opq')]], ['a: a']],
  ['and made again', [[file('a', 'old')], [whiteout('.wh.a'), file('a', 'new')]], ['a: new']],
  ['made, then hidden in the same layer', [[file('a', 'old')], [file('a', 'new'), whiteout('.wh.a')]], ['a: new']],
  ['a folder made again', [[file('a/old')], [whiteout('.wh.a'), file('a/new')]], ['a/', 'a/new: a/new']],
  [
    'what is below a folder of the same layer',
    [
      [file('a/b/old'), file('a/c')],
      [file('a/b/new'), whiteout('.wh.a')],
    ],
    ['a/', 'a/b/', 'a/b/new: a/b/new'],
  ],
  [
    'all that is below',
    [
      [file('a/1'), file('a/2/3')],
      [whiteout('a/.wh..wh..opq'), file('a/4')],
    ],
    ['a/', 'a/4: a/4'],
  ],
  [
    'all that is below, said last',
    [
      [file('a/1'), file('a/2/3')],
      [file('a/2/4'), whiteout('a/.wh..wh..opq')],
    ],
    ['a/', 'a/2/', 'a/2/4: a/2/4'],
  ],
  [
    'all',
    [
      [file('a'), file('b/c')],
      [whiteout('.wh..wh..opq'), file('d')],
    ],
    ['d: d'],
  ],
  ['in a layer of its own each', [[file('a')], [whiteout('.wh.a')], [file('a', '3')], [whiteout('.wh.a')]], []],
  ['a name that only looks like it', [[file('wh.a'), file('.whb')]], ['.whb: .whb', 'wh.a: wh.a']],
  [
    'notes of AUFS',
    [[file('a')], [folder('.wh..wh.plnk'), file('.wh..wh.plnk/1.2'), whiteout('.wh..wh.aufs')]],
    ['a: a'],
  ],
];

for (const [title, cases] of [
  ['layers', NAMES],
  ['links', LINKS],
  ['whiteouts hide', WHITEOUTS],
] as const) {
  describe(title, () => {
    for (const [what, layers, lines] of cases) {
      it(what, () =>
        inFolder(async (path) => {
          assert.deepEqual((await unpackInto(path, layers)).lines, lines);
          const names = lines.map((line) => line.replace(/(: | -> ).*$/, ''));
          assert.deepEqual(await namesInMemory(layers), names, 'in memory');
        }),
      );
    }
  });
}

describe('layers that no image has', () => {
  const deep = Array<string>(2049).fill('d').join('/');
  for (const [what, layers] of [
    ['a name that leads out', [[file('../a')]]],
    ['a name that leads out later', [[file('a/../../b')]]],
    ['a file as the root', [[file('.')]]],
    ['a link as the root', [[symlink('./', '/etc')]]],
    ['a file below a file', [[file('a'), file('a/b')]]],
    ['a folder below a fifo', [[{ name: 'p', type: '6' }, folder('p/a')]]],
    ['a hard link to nothing', [[hardlink('a', 'b')]]],
    ['a hard link to a folder', [[folder('d'), hardlink('a', 'd')]]],
    ['a hard link to the root', [[hardlink('a', '/')]]],
    ['a hard link that leads out', [[hardlink('a', '../../etc/passwd')]]],
    ['a hard link through a link that leads out', [[symlink('l', '/proc/self/cwd'), hardlink('a', 'l/x')]]],
    ['a link to nothing', [[symlink('a', '')]]],
    ['a circle of links', [[symlink('a', 'b'), symlink('b', 'a'), file('a/x')]]],
    ['a link that grows', [[symlink('a', 'a/a'), file('a/x')]]],
    ['a whiteout of nothing', [[], [whiteout('.wh.')]]],
    ['a whiteout of its folder', [[file('a')], [whiteout('.wh..')]]],
    ['a whiteout of what is above', [[file('a')], [whiteout('a/.wh...')]]],
    ['something below a whiteout', [[], [file('.wh.a/b')]]],
    ['a folder that is too deep', [[file('x', '', { pax: { path: `${deep}/x` } })]]],
    ['a path that is too long', [[file('x', '', { pax: { path: 'a/'.repeat(2100) } })]]],
    ['a name that is too long', [[file('x', '', { pax: { path: 'a'.repeat(300) } })]]],
    ['a user that is none', [[file('a', '', { pax: { uid: '4294967295' } })]]],
    ['a group that would be root', [[file('a', '', { pax: { gid: '4294967296' } })]]],
  ] as readonly (readonly [string, Layers])[]) {
    it(what, () => inFolder(async (path) => rejects(unpackInto(path, layers), 'CORRUPT_LAYER')));
  }
  it('another layer than was promised', async () => {
    const tar = layerTar(file('a'));
    const diffId = `sha256:${'0'.repeat(64)}` as const;
    const options = { what: 'x', diffId, mostBytes: 1e6, mostEntries: 9, lowest: true };
    await rejects(applyLayer(new MemoryTree(), bytesOf(tar), options), 'DIFF_ID_MISMATCH');
  });
  it('more than is allowed', async () => {
    const tar = layerTar(...Array.from({ length: 20 }, (_, index) => file(`f${index}`)));
    const diffId = `sha256:${'0'.repeat(64)}` as const;
    const options = { what: 'x', diffId, mostBytes: 1e6, mostEntries: 100, lowest: true };
    await rejects(applyLayer(new MemoryTree(), bytesOf(tar), { ...options, mostBytes: 10_000 }), 'TOO_LARGE');
    await rejects(applyLayer(new MemoryTree(), bytesOf(tar), { ...options, mostEntries: 19 }), 'TOO_LARGE');
  });
});

describe('folders', () => {
  it('get their rights and times when all is there', () =>
    inFolder(async (path) => {
      const parts = [
        folder('./', { mode: 0o711, mtime: 5 }),
        folder('a', { mode: 0o500, mtime: 1000 }),
        file('a/b', ''),
      ];
      await unpackInto(path, [parts, [file('a/c', '', { mtime: 7 }), file('n/x', '', { mtime: 9 })]]);
      const facts = (name: string): readonly number[] => {
        const { mode, mtimeMs } = statSync(join(path, 'root', name));
        return [mode & 0o7777, mtimeMs];
      };
      assert.deepEqual(facts('.'), [0o711, 5000]);
      assert.deepEqual(facts('a'), [0o500, 1_000_000]);
      assert.deepEqual(facts('n'), [0o755, 9000]);
      // So that it can be removed by who is not root.
      chmodSync(join(path, 'root/a'), 0o700);
    }));
});
