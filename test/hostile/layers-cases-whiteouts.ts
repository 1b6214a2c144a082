/** Whiteouts of what is outside, and what they may really remove. */
import { basename, join } from 'node:path';
import type { World } from './layers-canary.ts';
import type { LayerCase } from './layers-stage.ts';
import { file, folder, hardLink, symlink, type TarEntry, tar } from './layers-tar.ts';
import { INSIDE, type Tree } from './layers-tree.ts';

type Entries = readonly (TarEntry | Buffer)[];

const below: Entries = [folder('d/'), file('d/x'), file('d/y'), file('keep')];

/** The upper layer, over a usual one. */
function escape(
  name: string,
  entries: (world: World) => Entries,
  why = 'what it names is not of this image',
): LayerCase {
  return { name, why, expect: 'contained', layers: (world) => [tar(...below), tar(...entries(world))] };
}

function right(name: string, tree: Tree, layers: readonly Entries[], why: string): LayerCase {
  return { name, why, expect: tree, layers: () => layers.map((entries) => tar(...entries)) };
}

function whiteout(name: string, more: Partial<TarEntry> = {}): TarEntry {
  return file(name, '', more);
}

export const escapingWhiteouts: readonly LayerCase[] = [
  escape('of ..', () => [whiteout('.wh...')]),
  escape('of .. in a folder', () => [whiteout('d/.wh...')]),
  escape('of .', () => [whiteout('.wh..'), whiteout('d/.wh..')]),
  escape('of no name', () => [whiteout('.wh.')]),
  escape('of no name in a folder', () => [whiteout('d/.wh.'), whiteout('d/.wh./')]),
  escape('of a folder outside', () => [
    whiteout('../../.wh.outside'),
    whiteout('../.wh.sibling'),
    whiteout('../.wh.canary.txt'),
  ]),
  escape('of the target itself', ({ target }) => [
    whiteout(`../.wh.${basename(target)}`),
    whiteout(`d/../../.wh.${basename(target)}`),
  ]),
  escape('absolute', ({ folder: all, outside }) => [
    whiteout(join(all, '.wh.outside')),
    whiteout(join(outside, '.wh.canary.txt')),
  ]),
  escape('below a link', ({ folder: all }) => [symlink('link', all), whiteout('link/.wh.outside')]),
  escape('below a link that leads up', () => [
    symlink('link', '../..'),
    whiteout('link/.wh.outside'),
    whiteout('link/outside/.wh.sub'),
  ]),
  {
    name: 'below a link of a lower layer',
    why: 'the link means a folder of the image, if it means any',
    expect: 'contained',
    layers: ({ outside }) => [
      tar(symlink('link', outside), symlink('up', '..')),
      tar(whiteout('link/.wh.canary.txt'), whiteout('link/.wh.sub'), whiteout('up/.wh.sibling')),
    ],
  },
  {
    name: 'opaque, below a link',
    why: 'the link means a folder of the image, if it means any',
    expect: 'contained',
    layers: ({ outside }) => [
      tar(symlink('link', outside), symlink('up', '..')),
      tar(whiteout('link/.wh..wh..opq'), whiteout('up/.wh..wh..opq'), whiteout('link/sub/.wh..wh..opq')),
    ],
  },
  escape('opaque, outside', ({ outside }) => [
    whiteout('../.wh..wh..opq'),
    whiteout('../../outside/.wh..wh..opq'),
    whiteout(join(outside, '.wh..wh..opq')),
  ]),
  escape('of what has a slash', () => [
    whiteout('.wh.d/x'),
    whiteout('.wh.../../outside'),
    whiteout('.wh.x/../../../outside/canary.txt'),
  ]),
  escape('of a folder of whiteouts', () => [
    folder('.wh.d/'),
    file('.wh.d/x'),
    folder('.wh.../'),
    file('.wh.../canary.txt'),
  ]),
  escape('that are links', ({ outside }) => [
    symlink('.wh.keep', outside),
    symlink('.wh..wh..opq', outside),
    symlink('d/.wh.', '..'),
  ]),
  escape('that are hard links', ({ outside }) => [
    hardLink('.wh.keep', join(outside, 'canary.txt')),
    hardLink('d/.wh..wh..opq', '../../outside/canary.txt'),
  ]),
  escape('that are devices and pipes', () => [
    { name: '.wh.keep', type: '3', device: [0, 0] },
    { name: 'd/.wh..wh..opq', type: '6' },
    { name: 'd/x', type: '3', device: [0, 0] },
  ]),
  escape('a hard link to a whiteout', () => [whiteout('.wh.keep'), hardLink('h', '.wh.keep')]),
  escape('with a body that is an entry', () => [whiteout('.wh.keep', { body: tar(file('../../outside/canary.txt')) })]),
  escape('of AUFS', () => [
    folder('.wh..wh.plnk/'),
    file('.wh..wh.plnk/1.2'),
    hardLink('h', '.wh..wh.plnk/1.2'),
    whiteout('.wh..wh.aufs'),
  ]),
  escape('with control characters', () => [whiteout('.wh.\x1b[31m\n'), whiteout('d/.wh.\x07')]),
  escape(
    'of the file before and the folder around',
    () => [file('d/new'), whiteout('d/.wh.new'), whiteout('.wh.d'), file('d/again')],
    'docker, umoci and the specification differ',
  ),
  escape('of a name a thousand times', () => Array.from({ length: 1000 }, () => whiteout('d/.wh.x'))),
];

export const whiteoutsThatStay: readonly LayerCase[] = [
  right(
    'of a file and a folder',
    { keep: INSIDE, e: 'folder' },
    [
      [...below, file('gone'), folder('e/'), file('e/f')],
      [whiteout('.wh.gone'), whiteout('.wh.d'), whiteout('e/.wh.f')],
    ],
    'what the specification says',
  ),
  right(
    'of a link, not of what it leads to',
    { 'd/x': INSIDE, keep: INSIDE },
    [
      [folder('d/'), file('d/x'), file('keep'), symlink('link', 'd'), symlink('file', 'keep')],
      [whiteout('.wh.link'), whiteout('.wh.file')],
    ],
    'the link has the name',
  ),
  right(
    'of a hard link',
    { b: { kind: 'file', content: 'inside\n', links: 1 } },
    [[file('a'), hardLink('b', 'a')], [whiteout('.wh.a')]],
    'the other name stays',
  ),
  right(
    'of what is not there',
    { 'd/x': INSIDE, 'd/y': INSIDE, keep: INSIDE },
    [below, [whiteout('.wh.nothing'), whiteout('d/.wh.nothing')]],
    'docker and umoci do not mind',
  ),
  right(
    'before the file that is new',
    { keep: '= new' },
    [[file('keep')], [whiteout('.wh.keep'), file('keep', 'new')]],
    'whiteouts count for lower layers',
  ),
  right(
    'before the folder that is new',
    { 'd/z': INSIDE, keep: INSIDE },
    [below, [whiteout('.wh.d'), folder('d/'), file('d/z')]],
    'whiteouts count for lower layers',
  ),
  right(
    'opaque, before what is new',
    { 'd/z': INSIDE, keep: INSIDE },
    [below, [folder('d/'), whiteout('d/.wh..wh..opq'), file('d/z')]],
    'what the specification says',
  ),
  right(
    'opaque, behind what is new',
    { 'd/a/b': INSIDE, 'd/z': INSIDE, keep: INSIDE },
    [
      [...below, folder('d/a/'), file('d/a/old')],
      [folder('d/'), file('d/z'), folder('d/a/'), file('d/a/b'), whiteout('d/.wh..wh..opq')],
    ],
    'only the lower layers are hidden, wherever in the layer it stands',
  ),
  right(
    'opaque, of the root',
    { z: INSIDE },
    [below, [whiteout('.wh..wh..opq'), file('z')]],
    'nothing of the lower layers shows',
  ),
  right(
    'opaque, of a folder that is not there',
    { 'n/z': INSIDE, keep: INSIDE, 'd/x': INSIDE, 'd/y': INSIDE },
    [below, [whiteout('n/.wh..wh..opq'), file('n/z')]],
    'there is nothing to hide',
  ),
  right(
    'through three layers',
    { 'd/x': '= third', keep: '-> d' },
    [below, [whiteout('.wh.d'), whiteout('.wh.keep')], [file('d/x', 'third'), symlink('keep', 'd')]],
    'what is gone can come back',
  ),
  right(
    'of a folder of a thousand files',
    { keep: INSIDE },
    [
      [...below, ...Array.from({ length: 1000 }, (_, at) => file(`big/${at % 10}/${at}`, ''))],
      [whiteout('.wh.big'), whiteout('.wh.d')],
    ],
    'all of it goes',
  ),
  right(
    'names that only begin so',
    { '.wh': INSIDE, '.whx': INSIDE, 'a.wh.b': INSIDE, 'd/.WH.x': INSIDE },
    [[file('.wh'), file('.whx'), file('a.wh.b'), file('d/.WH.x')]],
    'the prefix is .wh. and nothing else',
  ),
];
