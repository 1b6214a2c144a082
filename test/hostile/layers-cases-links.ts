/** Links that lead elsewhere, and such that images really have. */
import { dirname, join } from 'node:path';
import type { World } from './layers-canary.ts';
import type { LayerCase } from './layers-stage.ts';
import { file, folder, hardLink, longName, symlink, type TarEntry, tar } from './layers-tar.ts';
import { INSIDE, type Tree } from './layers-tree.ts';

type Entries = readonly (TarEntry | Buffer)[];

const SCOPED = 'docker, containerd and umoci resolve links as below a root of their own; refusing is as good';

function escape(name: string, entries: (world: World) => Entries, why: string = SCOPED): LayerCase {
  return { name, why, expect: 'contained', layers: (world) => [tar(...entries(world), file('after'))] };
}

function lower(name: string, below: (world: World) => Entries, above: (world: World) => Entries): LayerCase {
  return { name, why: SCOPED, expect: 'contained', layers: (world) => [tar(...below(world)), tar(...above(world))] };
}

function right(name: string, tree: Tree, layers: (world: World) => readonly Entries[], why: string): LayerCase {
  return { name, why, expect: tree, layers: (world) => layers(world).map((entries) => tar(...entries)) };
}

function refused(name: string, entries: (world: World) => Entries, why: string): LayerCase {
  return { name, why, expect: 'refused', layers: (world) => [tar(...entries(world))] };
}

const far = '../'.repeat(64);

export const symlinkEscapes: readonly LayerCase[] = [
  escape('an absolute link, a file below it', ({ outside }) => [symlink('link', outside), file('link/new')]),
  escape('an absolute link, a file that is there', ({ outside }) => [
    symlink('link', outside),
    file('link/canary.txt'),
  ]),
  escape('a link that leads up', () => [symlink('link', '../../outside'), file('link/canary.txt')]),
  escape('a link that leads up, far', ({ outside }) => [symlink('link', join(far, outside)), file('link/canary.txt')]),
  escape('a link to the folder above', () => [
    symlink('up', '..'),
    file('up/canary.txt'),
    file('up/sibling/canary.txt'),
  ]),
  escape('steps up, one link each', () => [
    folder('a/'),
    symlink('a/up', '..'),
    symlink('a/up/up', '..'),
    symlink('a/up/up/up', '..'),
    file('a/up/up/up/outside/canary.txt'),
    file('a/up/up/canary.txt'),
  ]),
  escape('a chain of links', ({ outside }) => [
    symlink('a', 'b'),
    symlink('b', 'c/.'),
    symlink('c', outside),
    file('a/canary.txt'),
  ]),
  escape('a chain through folders', () => [
    folder('d/e/f/'),
    symlink('d/e/f/g', '../../../..'),
    symlink('h', 'd/e/f/g'),
    symlink('i', 'h/../outside'),
    file('i/canary.txt'),
  ]),
  escape('.. behind a link', ({ outside }) => [symlink('link', join(outside, 'sub')), file('link/../canary.txt')]),
  escape('a link to /proc', () => [
    symlink('cwd', '/proc/self/cwd'),
    file('cwd/canary.txt'),
    symlink('root', '/proc/self/root'),
    file('root/tmp/dray-was-here'),
    ...[3, 10, 20, 30].flatMap((fd) => [symlink(`fd${fd}`, `/proc/self/fd/${fd}/..`), file(`fd${fd}/new`)]),
  ]),
  escape('a folder below a link', ({ outside }) => [
    symlink('link', outside),
    folder('link/sub/', 0o700),
    folder('link/n/m/'),
  ]),
  escape('a link below a link', ({ outside }) => [
    symlink('link', outside),
    symlink('link/new', 'x'),
    symlink('link/canary.txt', 'x'),
  ]),
  escape('a pipe below a link', ({ outside }) => [symlink('link', outside), { name: 'link/pipe', type: '6' }]),
  escape('a device below a link', ({ outside }) => [
    symlink('link', outside),
    { name: 'link/null', type: '3', device: [1, 3] },
  ]),
  escape('a link that takes the place of a folder', ({ outside }) => [
    folder('d/'),
    file('d/x'),
    symlink('d', outside),
    file('d/canary.txt'),
  ]),
  escape('a link whose name ends in a slash', ({ outside }) => [symlink('link/', outside), file('link/canary.txt')]),
  escape('a link in the place of the root', ({ outside }) => [
    symlink('.', outside),
    symlink('./', outside),
    file('canary.txt'),
  ]),
  escape('a link in the place of the folder above', ({ outside }) => [
    symlink('..', outside),
    symlink('a/..', outside),
    file('canary.txt'),
  ]),
  escape('a link to nowhere', () => [symlink('link', ''), file('link/x')], 'Linux has no empty link'),
  escape('a link with NUL in it', () => [
    symlink('link', 'x', { pax: [['linkpath', 'a\0/../../outside']] }),
    file('link/new'),
  ]),
  escape(
    'a link of 5000 bytes',
    () => [longName('x/'.repeat(2500), 'K'), symlink('link', 'x')],
    'longer than a link can be',
  ),
  escape('a link whose record of pax leads out', ({ outside }) => [
    symlink('link', 'fine', { pax: [['linkpath', outside]] }),
    file('link/canary.txt'),
  ]),
  escape('a link whose long name of GNU leads out', ({ outside }) => [
    longName(`${'./'.repeat(80)}${outside}`, 'K'),
    symlink('link', 'fine'),
    file('link/canary.txt'),
  ]),
  escape('links to the target from within', ({ target }) => [
    symlink('self', target),
    file('self/x'),
    symlink('above', dirname(target)),
    file('above/canary.txt'),
  ]),
  escape('attributes of a link', ({ outside }) => [
    symlink('link', join(outside, 'canary.txt'), {
      pax: [
        ['SCHILY.xattr.user.evil', 'x'],
        ['SCHILY.xattr.trusted.evil', 'x'],
      ],
    }),
  ]),
  escape('links in a ring', () => [symlink('a', 'b'), symlink('b', 'a'), file('a/x')], 'a limit on links ends it'),
  escape(
    'a link to itself',
    () => [symlink('a', 'a'), file('a/x'), symlink('b', 'b/b/b'), file('b/x')],
    'a limit on links ends it',
  ),
  escape(
    'links that double at each step',
    () => [
      folder('l0/'),
      ...Array.from({ length: 50 }, (_, at) => symlink(`l${at + 1}`, `l${at}/../l${at}`)),
      file('l50/x'),
    ],
    'followed without a limit they are a quadrillion steps',
  ),
  lower(
    'a link in a lower layer',
    ({ outside }) => [symlink('link', outside)],
    () => [file('link/canary.txt'), file('link/new')],
  ),
  lower(
    'a link in a lower layer that leads up',
    () => [folder('a/'), symlink('a/link', '../../../outside')],
    () => [file('a/link/canary.txt'), folder('a/link/sub/', 0o700)],
  ),
  lower(
    'a folder of a lower layer that becomes a link',
    () => [folder('d/'), file('d/canary.txt')],
    ({ outside }) => [symlink('d', outside), file('d/canary.txt')],
  ),
];

const hidden = { mode: 0o4777, uid: 1234, gid: 1234, mtime: 1 };

export const symlinksThatStay: readonly LayerCase[] = [
  right(
    'a file in the place of a link',
    { passwd: INSIDE, new: INSIDE, below: INSIDE },
    ({ outside }) => [
      [symlink('passwd', join(outside, 'canary.txt')), symlink('new', join(outside, 'new'))],
      [file('passwd'), file('new'), symlink('below', join(outside, 'canary.txt')), file('below')],
    ],
    'the link itself is replaced, as in docker, umoci and tar',
  ),
  right(
    'a folder in the place of a link',
    { 'link/canary.txt': INSIDE },
    ({ outside }) => [[symlink('link', outside)], [folder('link/', 0o700), file('link/canary.txt')]],
    'the link itself is replaced, as in docker, umoci and tar',
  ),
  right(
    'mode, owner and time of a link',
    { link: { kind: 'symlink' }, dir: { kind: 'symlink' } },
    ({ outside }) => [
      [symlink('link', join(outside, 'canary.txt'), hidden), symlink('dir', outside, { ...hidden, mode: 0 })],
    ],
    'they are the own ones of the link (CVE-2021-32760, CVE-2021-41089)',
  ),
  right(
    'a link to /etc/passwd',
    { 'etc/passwd': '-> /etc/passwd', 'etc/group': { kind: 'symlink' }, x: { kind: 'file' } },
    ({ outside }) => [
      [
        symlink('etc/passwd', '/etc/passwd'),
        symlink('etc/group', join(outside, 'passwd')),
        file('x', 'inside', {
          pax: [
            ['uname', 'canary'],
            ['gname', 'canary'],
          ],
        }),
      ],
    ],
    'names of users are not looked up in the image (CVE-2024-9676)',
  ),
  right(
    'a merged /usr: relative',
    { bin: '-> usr/bin', 'usr/bin/tool': INSIDE, lib64: '-> usr/lib64', 'usr/lib64': '-> lib', 'usr/lib/x.so': INSIDE },
    () => [
      [
        folder('usr/'),
        folder('usr/bin/'),
        folder('usr/lib/'),
        symlink('usr/lib64', 'lib'),
        symlink('bin', 'usr/bin'),
        symlink('lib64', 'usr/lib64'),
      ],
      [file('bin/tool'), file('lib64/x.so')],
    ],
    'layers on Debian and Fedora write through /bin; docker, containerd and umoci follow the link inside',
  ),
  right(
    'a merged /usr: absolute',
    { bin: '-> /usr/bin', 'usr/bin/tool': INSIDE },
    () => [[folder('usr/bin/'), symlink('bin', '/usr/bin')], [file('bin/tool')]],
    'an absolute link means the root of the image',
  ),
  right(
    'a merged /usr: hard links and whiteouts',
    { bin: '-> usr/bin', 'usr/bin/b': { kind: 'file', links: 2 }, 'usr/bin/c': { kind: 'file', links: 2 } },
    () => [
      [folder('usr/bin/'), symlink('bin', 'usr/bin'), file('usr/bin/a'), file('usr/bin/b')],
      [hardLink('bin/c', 'bin/b'), file('bin/.wh.a', '')],
    ],
    'the links lead to where the files are',
  ),
  right(
    'links that lead above the root and come back',
    { a: '-> ../../../../../usr', 'usr/x': INSIDE },
    () => [[folder('usr/'), symlink('a', '../../../../../usr')], [file('a/x')]],
    'above the root is the root, for docker, containerd and umoci',
  ),
  right(
    'links to nothing, rings and long ones are kept',
    {
      a: '-> b',
      b: '-> a',
      c: '-> /nowhere/at/all',
      d: '-> ../../../etc',
      e: { kind: 'symlink', target: 'x'.repeat(300) },
    },
    () => [
      [
        symlink('a', 'b'),
        symlink('b', 'a'),
        symlink('c', '/nowhere/at/all'),
        symlink('d', '../../../etc'),
        longName('x'.repeat(300), 'K'),
        symlink('e', 'x'),
      ],
    ],
    'what a link says is not looked at until someone goes through it',
  ),
];

export const hardLinks: readonly LayerCase[] = [
  escape('a hard link up', () => [hardLink('h', '../../outside/canary.txt'), file('h', 'overwritten')]),
  escape('a hard link to a sibling', () => [hardLink('h', '../target-sibling/canary.txt')]),
  escape('an absolute hard link', ({ outside }) => [
    hardLink('h', join(outside, 'canary.txt')),
    file('h', 'overwritten'),
  ]),
  refused(
    'a hard link to the working folder',
    () => [hardLink('h', 'canary.txt')],
    'there is no such file in the image (CVE-2026-50163)',
  ),
  escape('a hard link up from the working folder', () => [hardLink('h', '../outside/canary.txt')]),
  escape('a hard link by a record of pax', ({ outside }) => [
    file('fine'),
    hardLink('h', 'fine', { pax: [['linkpath', join(outside, 'canary.txt')]] }),
  ]),
  escape('a hard link by a long name of GNU', ({ outside }) => [
    longName(join(outside, 'canary.txt'), 'K'),
    hardLink('h', 'x'),
  ]),
  escape('a hard link through a link', ({ outside }) => [
    symlink('s', outside),
    hardLink('h', 's/canary.txt'),
    file('h', 'overwritten'),
  ]),
  escape('a hard link through a chain', () => [
    symlink('a', 'b'),
    symlink('b', '../..'),
    hardLink('h', 'a/outside/canary.txt'),
  ]),
  escape('a hard link below a link', ({ outside }) => [
    file('x'),
    symlink('s', outside),
    hardLink('s/new', 'x'),
    hardLink('s/canary.txt', 'x'),
  ]),
  escape('a hard link to a link', ({ outside }) => [
    symlink('s', join(outside, 'canary.txt')),
    hardLink('h', 's', { mode: 0o777, uid: 1, mtime: 1 }),
  ]),
  escape('a file in the place of a hard link to a link', ({ outside }) => [
    symlink('s', join(outside, 'canary.txt')),
    hardLink('h', 's'),
    file('h', 'overwritten'),
  ]),
  escape('a hard link to a link to a folder, a file below', ({ outside }) => [
    symlink('s', outside),
    hardLink('h', 's'),
    file('h/canary.txt'),
  ]),
  escape('a hard link through /proc', ({ outside }) => [
    hardLink('a', '/proc/self/exe'),
    hardLink('b', 'proc/self/cwd/canary.txt'),
    hardLink('c', `/proc/self/root${join(outside, 'canary.txt')}`),
  ]),
  escape('a hard link to a device', () => [
    { name: 'null', type: '3', device: [1, 3] },
    hardLink('h', 'null'),
    file('h', 'x'),
  ]),
  escape('a hard link to a pipe', () => [
    { name: 'pipe', type: '6' },
    hardLink('h', 'pipe', { mtime: 7 }),
    file('h', 'x'),
  ]),
  escape('a hard link to itself', () => [file('a'), hardLink('a', 'a')], 'docker loses the file, tar keeps it'),
  refused('a hard link to itself alone', () => [hardLink('a', 'a')], 'there is nothing to link to'),
  refused(
    'a hard link to a later entry',
    () => [hardLink('a', 'b'), file('b')],
    'what it names is not there yet; all peers fail',
  ),
  refused('a hard link to a folder', () => [folder('d/'), hardLink('h', 'd')], 'no file system has that'),
  escape(
    'a hard link to the root',
    () => [hardLink('h', '.'), hardLink('i', '/'), hardLink('j', '')],
    'no file system has that',
  ),
  escape(
    'a hard link over a folder',
    () => [file('x'), folder('d/'), file('d/y'), hardLink('d', 'x')],
    'replaced or refused',
  ),
  escape('a hard link over the root', () => [file('x'), hardLink('.', 'x'), hardLink('/', 'x')], 'replaced or refused'),
  escape('a hard link whose name is cleaned', () => [
    file('x'),
    folder('d/'),
    hardLink('h', 'd/../x'),
    hardLink('i', './/x'),
    hardLink('j', '/x'),
  ]),
  escape('a hard link with a body that is an entry', () => [
    file('x'),
    hardLink('h', 'x', { body: tar(file('../../outside/canary.txt')) }),
  ]),
  escape('a link with a body that is an entry', ({ outside }) => [
    symlink('s', outside, { body: tar(file('s/canary.txt'), file('../../outside/new')) }),
  ]),
  right(
    'hard links within a layer and to a lower one',
    {
      a: { kind: 'file', links: 4, content: 'one' },
      'd/b': { kind: 'file', links: 4 },
      c: { links: 4 },
      'd/d': { links: 4 },
    },
    () => [
      [file('a', 'one', { mode: 0o4755 }), hardLink('d/b', 'a')],
      [hardLink('c', 'd/b'), hardLink('d/d', '/a')],
    ],
    'one file under four names',
  ),
  right(
    'a file written anew where a hard link was',
    { a: '= old', b: '= new' },
    () => [[file('a', 'old'), hardLink('b', 'a')], [file('b', 'new')]],
    'a new file, or the other name would change with it',
  ),
  right(
    'a link written anew where a hard link was',
    { a: '= old', b: '-> a', c: '= old' },
    () => [[file('a', 'old'), hardLink('b', 'a'), hardLink('c', 'a'), symlink('b', 'a')]],
    'the name is replaced, not the file',
  ),
];
