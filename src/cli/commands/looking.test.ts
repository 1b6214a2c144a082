import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Dray } from '#dray';
import { DrayError } from '#errors';
import type { Comparison, ImageFile, Validation } from '#image';
import { fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const LAYER = `sha256:${'a'.repeat(64)}` as const;

function file(path: string, more: Partial<ImageFile> = {}): ImageFile {
  return { path, type: 'file', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 1_700_000_000, layer: LAYER, ...more };
}

async function dray(args: string, verbs: Partial<Dray>): Promise<{ status: number; out: string; err: string }> {
  const context = fakeContext({ dray: verbs });
  const status = await run(args.split(' '), context);
  return { status, out: context.out(), err: context.err() };
}

describe('dray ls', () => {
  const files = [
    file('etc/dev', { type: 'character', mode: 0o600, device: { major: 1, minor: 3 } }),
    file('etc/dir', { type: 'directory', mode: 0o1777, uid: 1000, gid: 100 }),
    file('etc/hard', { size: 12, hardLink: 'etc/first' }),
    file('etc/link', { type: 'symlink', mode: 0o777, link: '../x' }),
    file('etc/odd\n\u001b[31m\udce9\u202e\\', { mode: 0o4711, size: 1_234_567, mtime: 1e12 }),
  ];

  test('names alone, with what is more than text written out', async () => {
    const { out } = await dray('ls app etc', { list: async () => files });
    assert.equal(out, 'dev\ndir\nhard\nlink\nodd\\n\\033[31m\\351\\342\\200\\256\\\\\n');
  });

  test('-l in columns, -R with paths', async () => {
    const { out } = await dray('ls -lR app', { list: async () => files });
    const lines = [
      'crw------- 0/0          1,3 2023-11-14 22:13 etc/dev',
      'drwxrwxrwt 1000/100       0 2023-11-14 22:13 etc/dir',
      'hrw-r--r-- 0/0           12 2023-11-14 22:13 etc/hard link to etc/first',
      'lrwxrwxrwx 0/0            0 2023-11-14 22:13 etc/link -> ../x',
      '-rws--x--x 0/0      1234567 @1000000000000 etc/odd\\n\\033[31m\\351\\342\\200\\256\\\\',
    ];
    assert.equal(out, lines.map((line) => `${line}\n`).join(''));
  });

  test('--json is one document', async () => {
    const { out } = await dray('ls --json app', { list: async () => files });
    assert.deepEqual(JSON.parse(out), files);
    assert.ok(!out.includes('\u001b'));
  });

  test('options come through; a missing path is of the family absence', async () => {
    let asked: unknown;
    const list: Dray['list'] = async (image, { path, recursive, follow, platform } = {}) => {
      asked = { image, path, recursive, follow, platform };
      throw new DrayError('NOT_FOUND', '/nix is not in the image');
    };
    const { status, err } = await dray('ls -l --platform linux/arm64 app /nix', { list });
    assert.deepEqual(asked, { image: 'app', path: '/nix', recursive: false, follow: false, platform: 'linux/arm64' });
    assert.equal(status, 4);
    assert.equal(err, 'dray: /nix is not in the image\n');
  });
});

test('dray cat gives bytes as they are, of all paths', async () => {
  const readFile: Dray['readFile'] = async function* (_image, paths) {
    for (const path of [paths].flat()) yield Buffer.from(`<${path}\u001b>`);
  };
  const { status, out } = await dray('cat app a b', { readFile });
  assert.deepEqual([status, out], [0, '<a\u001b><b\u001b>']);
});

describe('dray validate', () => {
  const good: Validation = {
    ...{ reference: 'app:1', root: LAYER, valid: true, faults: [] },
    images: [{ manifest: LAYER, platform: 'linux/amd64', faults: [] }],
  };
  const fault = { code: 'DIGEST_MISMATCH', message: 'the layer has\nother content', digest: LAYER } as const;
  const bad: Validation = {
    ...{ reference: 'bad:1', root: LAYER, valid: false, faults: [fault] },
    images: [{ manifest: LAYER, platform: undefined, faults: [fault, fault] }],
  };
  const validate: Dray['validate'] = async (image) => (image === 'good' ? good : bad);

  test('PASS', async () => {
    const { status, out, err } = await dray('validate good', { validate });
    assert.deepEqual([status, out, err], [0, `PASS app:1 linux/amd64 ${LAYER}\n`, '']);
  });

  test('FAIL, with every fault, and status 6', async () => {
    const { status, out, err } = await dray('validate good bad', { validate });
    const line = '  the layer has other content\n';
    const [first = '', ...rest] = out.split(/(?<=\n)/);
    assert.equal(first, `PASS app:1 linux/amd64 ${LAYER}\n`);
    assert.deepEqual(
      rest.map((one) => one.replace(/has.+other/, 'has other')),
      [`FAIL bad:1 - ${LAYER}\n`, line, `FAIL bad:1 - ${LAYER}\n`, line, line],
    );
    assert.equal(status, 6);
    assert.equal(err, 'dray: validation failed for 1 of 2: bad:1\n');
  });

  test('--json', async () => {
    const { status, out } = await dray('validate --json bad', { validate });
    assert.equal(status, 6);
    assert.deepEqual(JSON.parse(out)[0].faults, [fault]);
  });
});

describe('dray diff', () => {
  const image = { reference: 'a:1', manifest: LAYER, id: LAYER, platform: 'linux/amd64' };
  const comparison: Comparison = {
    a: image,
    b: { ...image, reference: 'b:1' },
    equal: false,
    files: [
      { kind: 'added', path: 'new', b: file('new', { size: 2000 }) },
      {
        kind: 'changed',
        path: 'c',
        a: file('c'),
        b: file('c', { mode: 0o600, uid: 5 }),
        aspects: ['mode', 'owner', 'content'],
      },
      { kind: 'removed', path: 'old\u001b', a: file('old', { size: 500 }) },
      { kind: 'touched', path: 't', b: file('t') },
    ],
    config: [
      { field: 'Env.PATH', a: '/bin', b: '/usr/bin' },
      { field: 'User', b: 'me' },
    ],
    layers: {
      shared: [{ mediaType: '', digest: LAYER, size: 3000 }],
      a: [],
      b: [{ mediaType: '', digest: LAYER, size: 1 }],
    },
  };
  const compare: Dray['compare'] = async () => comparison;

  test('a line for each, and the numbers', async () => {
    const { status, out } = await dray('diff a b', { compare });
    assert.equal(
      out,
      `A /new
C /c (mode -rw-r--r-- -> -rw-------, owner 0:0 -> 5:0, content)
D /old\\033
~ /t
config Env.PATH: "/bin" -> "/usr/bin"
config User: (none) -> "me"
a:1 (linux/amd64) -> b:1 (linux/amd64)
files: 1 added, 1 changed, 1 removed, 1 added or changed (+1.5kB)
config: 2 differences
layers: 1 shared (3kB), 0 of the first alone (0B), 1 of the second alone (1B)
`,
    );
    assert.equal(status, 0);
  });

  test('--exit-code ends with 1 where they differ, --stat prints numbers alone', async () => {
    const differs = await dray('diff --exit-code --stat a b', { compare });
    assert.deepEqual([differs.status, differs.out.split('\n').length], [1, 5]);
    const same = await dray('diff --exit-code a b', { compare: async () => ({ ...comparison, equal: true }) });
    assert.equal(same.status, 0);
  });
});

test('dray tags hands on what it is asked for', async () => {
  let asked: unknown;
  const tags: Dray['tags'] = async (name, { filter, semver, sort, newest, limit } = {}) => {
    asked = { name, filter, semver, sort, newest, limit };
    return ['1.2', '1.1'];
  };
  const { out } = await dray('tags -q -f 1.* --semver ^1 --sort date --newest 3 --limit 2 app', { tags });
  assert.deepEqual(asked, { name: 'app', filter: '1.*', semver: '^1', sort: 'date', newest: 3, limit: 2 });
  assert.equal(out, '1.2\n1.1\n');
});
