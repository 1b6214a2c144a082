/** Names that lead elsewhere, or only look so. */
import { join } from 'node:path';
import type { World } from './layers-canary.ts';
import type { LayerCase } from './layers-stage.ts';
import { file, folder, hardLink as hard, longName, pax, record, symlink, type TarEntry, tar } from './layers-tar.ts';
import { INSIDE, type Tree } from './layers-tree.ts';

type Entries = readonly (TarEntry | Buffer)[];

const CLEANED = 'docker and containerd clean names and keep them below the root, umoci and GNU tar refuse or skip them';
const LITERAL = 'only a slash parts a name on Linux: the bytes are a name like any other';

function escape(name: string, entries: (world: World) => Entries, why: string = CLEANED): LayerCase {
  return { name, why, expect: 'contained', layers: (world) => [tar(...entries(world), file('after'))] };
}

function literal(name: string, tree: Tree, entries: Entries, why: string = LITERAL): LayerCase {
  return { name, why, expect: tree, layers: () => [tar(...entries)] };
}

const far = '../'.repeat(64);

export const escapingNames: readonly LayerCase[] = [
  escape('..', () => [file('../escaped')]),
  escape('.. to a file that is there', () => [file('../../outside/canary.txt')]),
  escape('.. to a sibling whose name begins as the target', () => [file('../target-sibling/canary.txt')]),
  escape('.. from a folder', () => [folder('a/'), file('a/../../../outside/new')]),
  escape('.. from a folder that is not there', () => [file('a/b/../../../../outside/new')]),
  escape('.. behind a dot', () => [file('./../../outside/new'), file('././.././../outside/new2')]),
  escape('.. between double slashes', () => [file('..//..//outside//canary.txt')]),
  escape('.. a thousand times', () => [...['../'.repeat(1000)].flatMap((up) => [longName(`${up}tmp/x`), file('x')])]),
  escape('.. to the file system by way of its root', ({ outside }) => [
    longName(join(far, outside, 'new')),
    file('short'),
  ]),
  escape('.. as a folder with a mode', () => [folder('..', 0o777), folder('../', 0o777), folder('../../', 0o700)]),
  escape('.. as a file', () => [file('..')]),
  escape('.. as the end of a folder', () => [
    folder('a/..', 0o700),
    folder('a/../..', 0o700),
    folder('a/../../sibling', 0o700),
  ]),
  escape('.. in the prefix of ustar', () => [file('canary.txt', 'x', { prefix: '../../outside' })]),
  escape('.. in a record of pax', () => [file('fine', 'x', { pax: [['path', '../../outside/canary.txt']] })]),
  escape('.. in a global record of pax', () => [pax(record('path', '../../outside/new'), 'g'), file('fine')]),
  escape('.. in the name of a sparse file', () => [
    file('GNUSparseFile.0/fine', '1\n0\n5\n'.padEnd(512, '\0').concat('hello'), {
      pax: [
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.name', '../../outside/canary.txt'],
        ['GNU.sparse.realsize', '5'],
      ],
    }),
  ]),
  escape('.. in a long name of GNU', () => [longName('../../outside/canary.txt'), file('fine')]),
  escape('absolute', ({ outside }) => [file(join(outside, 'canary.txt')), folder(`${join(outside, 'sub')}/`, 0o700)]),
  escape('absolute with slashes', ({ outside }) => [file(`//${outside}/new`), file(`///.//${outside}/new`)]),
  escape('absolute behind a dot', ({ outside }) => [file(`./${outside}/canary.txt`), file(`/..${outside}/canary.txt`)]),
  escape('absolute in a record of pax', ({ outside }) => [
    file('fine', 'x', { pax: [['path', join(outside, 'new')]] }),
  ]),
  escape('absolute below /proc', ({ cwd }) => [
    file('/proc/self/cwd/canary.txt'),
    file(`/proc/self/root${cwd}/canary.txt`),
  ]),
  escape('the root as a file', () => [file('.'), file('./'), file('/')], 'a file cannot take the place of the root'),
  escape('no name', () => [file('')], 'nothing says where it belongs'),
  escape(
    'no name in a record of pax',
    () => [file('fine', 'x', { pax: [['path', '']] })],
    'an empty value takes the record away',
  ),
  escape(
    'NUL in a record of pax',
    () => [file('fine', 'x', { pax: [['path', 'a\0/../../../outside/new']] })],
    'no file has such a name; Go refuses it',
  ),
  escape(
    'a file whose name ends in a slash',
    () => [file('a/', 'x'), file('a/b/', 'x')],
    'the old formats know folders by it',
  ),
  escape(
    'a name of 5000 bytes',
    () => [longName(`${'d'.repeat(200)}/`.repeat(25) + 'x'), file('short')],
    'too long for one call',
  ),
  escape('a part of 256 bytes', () => [longName(`${'d'.repeat(256)}/x`), file('short')], 'no file system takes it'),
  escape(
    'a folder in a folder, ten thousand deep',
    () => [longName('d/'.repeat(10_000)), folder('short/')],
    'node-tar once died of it',
  ),
  {
    name: 'folders a thousand deep, each with an entry',
    why: 'work may not grow with the square of the depth',
    expect: 'contained',
    limit: 20,
    layers: () => [
      tar(...Array.from({ length: 1000 }, (_, at) => [longName('d/'.repeat(at + 1)), folder('s/')]).flat()),
    ],
  },
];

const backslashes = 'usr/lib/systemd/system/system-systemd\\x2dcryptsetup.slice';

export const oddNames: readonly LayerCase[] = [
  literal('backslashes', { [backslashes]: INSIDE }, [file(backslashes)], 'images of Fedora and Debian have such names'),
  {
    ...literal('backslashes that lead up', {}, [file('..\\..\\outside\\canary.txt'), file('a\\..\\..\\x')]),
    expect: 'contained',
  },
  literal('drive letters', { 'C:/x': INSIDE, 'C:\\y': INSIDE, 'c:z': INSIDE }, [
    file('C:/x'),
    file('C:\\y'),
    file('c:z'),
  ]),
  literal('UNC', { '\\\\server\\share\\x': INSIDE, '\\\\?\\C:\\x': INSIDE }, [
    file('\\\\server\\share\\x'),
    file('\\\\?\\C:\\x'),
  ]),
  literal('percent signs', { '%2e%2e/%2e%2e/x': INSIDE, '..%2fx': INSIDE }, [file('%2e%2e/%2e%2e/x'), file('..%2fx')]),
  literal('dots of other scripts', { '．．/x': INSIDE, '‥/x': INSIDE, '..∕x': INSIDE }, [
    file('．．/x'),
    file('‥/x'),
    file('..∕x'),
  ]),
  literal('more dots', { '.../x': INSIDE, '..a/x': INSIDE, 'a..b': INSIDE, '. ./x': INSIDE }, [
    file('.../x'),
    file('..a/x'),
    file('a..b'),
    file('. ./x'),
  ]),
  literal(
    'slashes and dots for nothing',
    { 'a/b/c': INSIDE, 'a/d': INSIDE, e: INSIDE },
    [file('a//b///c'), file('./a/./d'), file('/e')],
    'all peers clean such names',
  ),
  {
    name: '.. that stays inside',
    why: 'docker cleans it, others refuse',
    expect: 'contained',
    layers: () => [tar(folder('a/'), file('a/../b'), file('c/../d'))],
  },
  literal(
    'NFC and NFD',
    { 'caf\u00e9': '-> elsewhere', 'cafe\u0301/x': INSIDE },
    [symlink('caf\u00e9', 'elsewhere'), folder('cafe\u0301/'), file('cafe\u0301/x')],
    'two names on Linux',
  ),
  literal('upper and lower case', { A: INSIDE, a: '-> A' }, [file('A'), symlink('a', 'A')], 'two names on Linux'),
  {
    name: 'a link in NFC to the outside, a file in NFD below it',
    why: 'where the two are one, the file must not go through the link',
    expect: 'contained',
    layers: ({ outside }) => [
      tar(symlink('caf\u00e9', outside), file('cafe\u0301/canary.txt'), file('CAF\u00c9/canary.txt')),
    ],
  },
  literal(
    'bytes that are not UTF-8',
    { 'latin1:caf\xe9': '= 1', 'latin1:caf\xe8': '= 2', 'latin1:\xc0\xae\xc0\xae\xc0\xafx': '= 3' },
    [
      file(Buffer.from('caf\xe9', 'latin1'), '1'),
      file(Buffer.from('caf\xe8', 'latin1'), '2'),
      file(Buffer.from('\xc0\xae\xc0\xae\xc0\xafx', 'latin1'), '3'),
    ],
    'docker and GNU tar keep the bytes; decoded they would fall together',
  ),
  literal(
    'bytes that are not UTF-8 as a link',
    {
      link: { kind: 'symlink' },
      'latin1:\xff': INSIDE,
      other: { kind: 'file', links: 2 },
      'latin1:h\xff': { kind: 'file', links: 2 },
    },
    [
      symlink('link', Buffer.from('\xff', 'latin1')),
      file(Buffer.from('\xff', 'latin1')),
      file(Buffer.from('h\xff', 'latin1')),
      hard('other', Buffer.from('h\xff', 'latin1')),
    ],
    'docker and GNU tar keep the bytes',
  ),
  literal('control characters', { '\x1b[31mred\x1b[0m\x07': INSIDE, 'a\ndray: done\n': INSIDE, '\u202ecod': INSIDE }, [
    file('\x1b[31mred\x1b[0m\x07'),
    file('a\ndray: done\n'),
    file('\u202ecod'),
  ]),
  {
    name: 'control characters in what goes wrong',
    why: 'a hard link to nothing is an error, and its names are shown harmless',
    expect: 'refused',
    layers: () => [tar(hard('\x1b]0;owned\x07\x1b[2J\rdone', '\x1b[31m\u202enothing\n'))],
  },
  literal(
    'names of /proc and /dev',
    { 'proc/self/fd/1': INSIDE, 'dev/null': INSIDE, 'dev/stdout': '-> /proc/self/fd/1' },
    [
      folder('proc/'),
      file('proc/self/fd/1'),
      folder('dev/'),
      file('dev/null'),
      symlink('dev/stdout', '/proc/self/fd/1'),
    ],
  ),
  literal(
    'a part of 255 bytes',
    { ['n'.repeat(255)]: INSIDE },
    [longName('n'.repeat(255)), file('short')],
    'the longest name',
  ),
  literal(
    'a path of 3000 bytes',
    { [`${'d'.repeat(99)}/`.repeat(30) + 'x']: INSIDE },
    [file('short', 'inside\n', { pax: [['path', `${'d'.repeat(99)}/`.repeat(30) + 'x']] })],
    'it is shorter than PATH_MAX, also behind the target',
  ),
];
