/** Devices, pipes, owners, modes, times, the root's own entry, one name of several kinds. */
import type { World } from './layers-canary.ts';
import type { LayerCase } from './layers-stage.ts';
import { base256, file, folder, hardLink, symlink, type TarEntry, tar } from './layers-tar.ts';
import { INSIDE, type Seen, type Tree } from './layers-tree.ts';

type Entries = readonly (TarEntry | Buffer)[];

function either(name: string, why: string, entries: (world: World) => Entries, check?: LayerCase['check']): LayerCase {
  return { name, why, expect: 'contained', layers: (world) => [tar(...entries(world), file('after'))], check };
}

function right(name: string, tree: Tree, layers: readonly Entries[], why: string): LayerCase {
  return { name, why, expect: tree, layers: () => layers.map((entries) => tar(...entries)) };
}

function pipe(name: string, more: Partial<TarEntry> = {}): TarEntry {
  return { name, type: '6', ...more };
}

function device(name: string, numbers: TarEntry['device'], type: '3' | '4' = '3'): TarEntry {
  return { name, type, device: numbers };
}

const DEVICES = 'root makes them where that is allowed; nothing is ever written to one';

/** Nothing became root's by a number that was cut off. */
function notOfRoot(seen: ReadonlyMap<string, Seen>): void {
  const one = seen.get('big');
  if (one !== undefined && one.uid === 0 && (one.mode & 0o4000) !== 0)
    throw new Error('a file of nobody is set-uid root');
}

export const specialFiles: readonly LayerCase[] = [
  either('a device', DEVICES, () => [device('null', [1, 3]), device('disk', [8, 0], '4'), device('dev/mem', [1, 1])]),
  either('a device, and a file of its name', DEVICES, () => [
    device('full', [1, 7]),
    file('full'),
    device('disk', [253, 0], '4'),
    file('disk'),
  ]),
  either('a device over a folder', 'replaced or refused', () => [folder('d/'), file('d/x'), device('d', [1, 3])]),
  either('a device of odd numbers', 'Linux has 12 and 20 bits for them', () => [
    device('a', [base256(-1n, 8), 0]),
    device('b', [2 ** 20, 2 ** 20]),
    device('c', [Buffer.from('zzzzzzz\0'), 0]),
  ]),
  either('the root as a device', 'a device cannot take the place of the root', () => [device('.', [1, 3]), pipe('./')]),
  right(
    'a pipe, and a file of its name',
    { p: INSIDE, q: '-> p' },
    [
      [pipe('p'), pipe('q')],
      [file('p'), symlink('q', 'p')],
    ],
    'opened for writing it would wait for a reader for ever',
  ),
  either('a pipe, changed again and again', 'none of it opens the pipe', () => [
    pipe('p'),
    pipe('p', { mode: 0o777, mtime: 5, uid: 5 }),
    hardLink('q', 'p'),
    file('q'),
    folder('p/'),
    file('p/x'),
  ]),
  either('a file below a pipe', 'a pipe is no folder', () => [pipe('p'), file('p/x'), folder('p/y/')]),
  either('a file below a file', 'docker and tar fail, others replace the file', () => [
    file('a'),
    file('a/b'),
    folder('a/c/d/'),
  ]),
  either('a file below a hard link to a file', 'the file is no folder', () => [
    file('a'),
    hardLink('b', 'a'),
    file('b/c'),
  ]),
  ...['7', 'Z', 'S', 'M', 'V', 'N', 'D', 'A', '9', '\xff', ' '].map((type) =>
    either(`type ${JSON.stringify(type)}`, 'unknown types are files, skipped or refused', () => [
      { name: 'odd', type, body: tar(file('../../outside/canary.txt')) } satisfies TarEntry,
    ]),
  ),
  right(
    'files and folders of version 7',
    { b: INSIDE, 'c/d': INSIDE },
    [
      [
        file('b', 'inside\n', { type: '\0', magic: '' }),
        { name: 'c/', type: '\0', magic: '', mode: 0o755 },
        file('c/d'),
      ],
    ],
    'the oldest tars have no type, and folders end in a slash',
  ),
];

export const kindsOfOneName: readonly LayerCase[] = [
  right(
    'a file, a folder, a link',
    { a: '-> b' },
    [[file('a'), folder('a/'), file('a/x'), symlink('a', 'b')]],
    'the last one counts; docker and umoci replace all of it',
  ),
  right(
    'a link, a folder, a file',
    { a: INSIDE },
    [[symlink('a', '.'), folder('a/'), file('a/x')], [file('a')]],
    'the last one counts',
  ),
  right(
    'a file over a folder of a lower layer',
    { d: INSIDE },
    [[folder('d/'), file('d/e/f')], [file('d')]],
    'the upper layer counts',
  ),
  right(
    'a link over a folder of a lower layer',
    { d: '-> e' },
    [[folder('d/'), file('d/e/f')], [symlink('d', 'e')]],
    'the upper layer counts',
  ),
  right(
    'a folder over a file of a lower layer',
    { 'd/x': INSIDE },
    [[file('d')], [folder('d/'), file('d/x')]],
    'the upper layer counts',
  ),
  right(
    'a folder over a folder',
    { d: { kind: 'folder', mode: 0o750 }, 'd/x': INSIDE, 'd/y': INSIDE },
    [
      [folder('d/', 0o700), file('d/x')],
      [folder('d/', 0o750), file('d/y')],
    ],
    'they are one; the mode is the new one',
  ),
  right(
    'one file ten thousand times',
    { a: '= 9999' },
    [Array.from({ length: 10_000 }, (_, at) => file('a', String(at)))],
    'the last one counts',
  ),
  right(
    'one folder ten thousand times',
    { a: { kind: 'folder', mode: 0o711 }, 'a/x': INSIDE },
    [[folder('a/'), file('a/x'), ...Array.from({ length: 10_000 }, () => folder('a/', 0o711))]],
    'the last one counts',
  ),
  right(
    'a file shorter than before',
    { a: '= s' },
    [[file('a', 'long'.repeat(1000)), file('a', 's')]],
    'nothing of the old content shows',
  ),
];

export const modesAndTimes: readonly LayerCase[] = [
  {
    ...right(
      'set-uid, set-gid, sticky, owners',
      {
        su: { mode: 0o4755, uid: 1000, gid: 1001 },
        sg: { mode: 0o2755, gid: 5 },
        tmp: { kind: 'folder', mode: 0o1777 },
        x: { mode: 0 },
      },
      [
        [
          file('su', 'x', { mode: 0o4755, uid: 1000, gid: 1001 }),
          file('sg', 'x', { mode: 0o2755, gid: 5 }),
          folder('tmp/', 0o1777),
          file('x', 'x', { mode: 0 }),
        ],
      ],
      'the owner first, then the mode: chown takes the bits away',
    ),
    root: true,
  },
  right(
    'folders that cannot be written to',
    { d: { kind: 'folder', mode: 0o555 }, 'd/e': { kind: 'folder', mode: 0o500 }, 'd/e/x': INSIDE, 'd/y': INSIDE },
    [[folder('d/', 0o555), folder('d/e/', 0o500), file('d/e/x')], [file('d/y')]],
    'what comes later is still written into them',
  ),
  right(
    'a folder that can be nothing',
    { d: { kind: 'folder', mode: 0 } },
    [[folder('d/', 0)]],
    'the mode is the one that was said',
  ),
  {
    ...right(
      'the root of mode 0',
      { '.': { kind: 'folder', mode: 0 }, a: INSIDE },
      [[folder('./', 0), file('a')]],
      'the mode is set, and what follows is written',
    ),
    root: true,
  },
  right(
    'the root by its names',
    { '.': { kind: 'folder', mode: 0o711, mtime: 77 }, a: INSIDE },
    [[folder('/', 0o700), folder('./', 0o711, { mtime: 77 }), file('a')]],
    'it has a mode and a time like any folder',
  ),
  right(
    'times of folders',
    { d: { kind: 'folder', mtime: 12345 }, 'd/x': { mtime: 1_000_000_000 }, 'd/e': { mtime: 54321 }, 'd/e/y': INSIDE },
    [
      [
        folder('d/', 0o755, { mtime: 12345 }),
        file('d/x', 'x', { mtime: 1_000_000_000 }),
        folder('d/e/', 0o755, { mtime: 54321 }),
        file('d/e/y'),
      ],
    ],
    'set when everything in them is there',
  ),
  right(
    'fractions of seconds',
    { a: { mtime: 1_700_000_000, content: 'x' } },
    [
      [
        file('a', 'x', {
          pax: [
            ['mtime', '1700000000.123456789'],
            ['atime', '1.5'],
          ],
        }),
      ],
    ],
    'pax has them',
  ),
  either('times before 1970', 'clamped or set', () => [
    file('a', 'x', { mtime: base256(-1n) }),
    file('b', 'x', { pax: [['mtime', '-1.5']] }),
    file('c', 'x', { pax: [['mtime', '-99999999999999']] }),
  ]),
  either('times without end', 'clamped or refused', () => [
    file('a', 'x', { mtime: base256(2n ** 62n) }),
    file('b', 'x', { pax: [['mtime', '9'.repeat(400)]] }),
    file('c', 'x', { pax: [['mtime', 'Infinity']] }),
  ]),
  either('times that are none', 'ignored or refused', () => [
    file('a', 'x', { pax: [['mtime', 'NaN']] }),
    file('b', 'x', { pax: [['mtime', '']] }),
    file('c', 'x', { pax: [['mtime', '0x10']] }),
    file('d', 'x', { pax: [['mtime', '1e9']] }),
  ]),
  either(
    'the owner 2^32',
    'cut off it would be root (CVE-2024-40635)',
    () => [file('big', 'x', { mode: 0o4755, uid: base256(2n ** 32n, 8), gid: base256(2n ** 32n, 8) })],
    notOfRoot,
  ),
  either(
    'the owner 2^32 in a record of pax',
    'cut off it would be root',
    () => [
      file('big', 'x', {
        mode: 0o4755,
        pax: [
          ['uid', '4294967296'],
          ['gid', '4294967296'],
        ],
      }),
    ],
    notOfRoot,
  ),
  either(
    'the owner -1',
    'for chown it means "leave it"',
    () => [file('big', 'x', { mode: 0o4755, uid: base256(-1n, 8), gid: base256(-1n, 8) })],
    notOfRoot,
  ),
  either(
    'the owner 2^32 - 1',
    'for chown it means "leave it"',
    () => [file('big', 'x', { mode: 0o4755, pax: [['uid', '4294967295']] })],
    notOfRoot,
  ),
  either('an owner that is no number', 'ignored or refused', () => [
    file('big', 'x', {
      mode: 0o755,
      pax: [
        ['uid', 'root'],
        ['gid', ''],
      ],
    }),
  ]),
  {
    ...right(
      'big owners',
      { a: { uid: 4_000_000_000, gid: 3_000_000, mode: 0o644 } },
      [[file('a', 'x', { uid: base256(4_000_000_000n, 8), pax: [['gid', '3000000']] })]],
      'an owner has 32 bits',
    ),
    root: true,
  },
  either('attributes', 'set, or lost with a word', () => [
    file('a', 'x', {
      pax: [
        ['SCHILY.xattr.security.capability', Buffer.alloc(20, 1)],
        ['SCHILY.xattr.user.x', 'y'.repeat(70_000)],
      ],
    }),
    file('b', 'x', {
      pax: [
        ['SCHILY.xattr.', 'x'],
        ['SCHILY.xattr.nonsense', 'x'],
        ['SCHILY.xattr.user.\x1b[31m', '\x07'],
        ['SCHILY.xattr.user.a b;touch${IFS}evil', '$(touch evil)'],
      ],
    }),
    file('-n evil', 'x', { pax: [['SCHILY.xattr.user.x', 'y']] }),
    file('--restore=evil', 'x', { pax: [['SCHILY.xattr.user.x', 'y']] }),
  ]),
];
