import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DrayError } from '#errors';
import type { CopyResult, PushOptions, PushResult, SeveralCopiesOptions } from '#image';
import type { Descriptor } from '#oci';
import type { ProgressEvent } from '#progress';
import { type FakeContext, fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const ROOT: Descriptor = { mediaType: 'application/x-index', digest: `sha256:${'a'.repeat(64)}`, size: 1151 };
const LAYER: Descriptor = { mediaType: 'application/x-tar', digest: `sha256:${'b'.repeat(64)}`, size: 100 };
const BYTES = { total: 100, copied: 100, mounted: 0, present: 0 };

function pushed(name: string): PushResult {
  return { reference: name, fullName: `docker.io/library/${name}`, root: ROOT, blobs: [], bytes: BYTES };
}

function events(name: string): readonly ProgressEvent[] {
  const blob = { kind: 'blob', digest: LAYER.digest, size: 100, role: 'layer', received: 0 } as const;
  const [repository = '', label = ''] = name.split(':');
  return [
    { kind: 'image-started', reference: name, repository: `docker.io/library/${repository}`, label, action: 'push' },
    { kind: 'image-planned', reference: name, manifest: ROOT, layers: [LAYER], total: 100, present: 0 },
    { ...blob, state: 'queued' },
    { ...blob, state: 'done' },
    { kind: 'image-done', reference: name, label, digest: ROOT.digest, size: 1151, status: 'pushed' },
  ];
}

interface Pushed {
  readonly status: number;
  readonly context: FakeContext;
  readonly names: readonly string[];
  readonly options: PushOptions | undefined;
}

async function push(line: string, failure?: DrayError): Promise<Pushed> {
  let names: readonly string[] = [];
  let options: PushOptions | undefined;
  const context = fakeContext({
    dray: {
      pushAll: async (asked, given = {}) => {
        names = asked;
        options = given;
        for (const name of asked) for (const event of events(name)) given.onEvent?.(event);
        if (failure !== undefined) throw failure;
        return (given.allTags === true ? ['app:1', 'app:2'] : asked).map(pushed);
      },
    },
  });
  return { status: await run(['push', ...line.split(' ')], context), context, names, options };
}

const LINES = `The push refers to repository [docker.io/library/app]
bbbbbbbbbbbb: Preparing
bbbbbbbbbbbb: Pushed
1: digest: ${ROOT.digest} size: 1151
`;

test('which words of a push go where', async () => {
  const json = `${JSON.stringify(pushed('app:1'), null, 2)}\n`;
  const cases: readonly (readonly [string, string, string])[] = [
    ['app:1', LINES, ''],
    ['-q app:1', 'docker.io/library/app:1\n', ''],
    ['-q -a app', 'docker.io/library/app\n', ''],
    ['--json app:1', json, LINES],
    ['--progress none app:1', LINES, ''],
    ['--disable-content-trust app:1', LINES, ''],
  ];
  for (const [line, out, err] of cases) {
    const { status, context } = await push(line);
    assert.equal(status, 0, line);
    assert.equal(context.out(), out, line);
    assert.equal(context.err(), err, line);
    assert.ok(context.closed());
  }
});

test('what a push is asked for', async () => {
  assert.deepEqual((await push('app:1 app:2')).names, ['app:1', 'app:2']);
  const { names, options } = await push('oci:layout:1 app:1 app:2');
  assert.deepEqual([options?.from, names], ['oci:layout:1', ['app:1', 'app:2']]);
  assert.equal((await push('-a app')).options?.allTags, true);
  const platforms = await push('--platform linux/amd64,linux/arm64 app:1');
  assert.deepEqual(platforms.options?.platform, ['linux/amd64', 'linux/arm64']);
  assert.match(platforms.context.out(), /^\n Info -> Using --platform pushes only the specified platform manifest/);
});

test('docker’s statuses', async () => {
  const absent = new DrayError('NOT_FOUND', 'An image does not exist locally with the tag: app');
  const { status, context } = await push('app:1', absent);
  assert.equal(status, 1);
  assert.match(context.err(), /An image does not exist locally with the tag: app\n/);
  assert.equal((await push('-a app:1')).status, 1);
  assert.equal((await push('--nonsense app:1')).status, 125);
  assert.equal((await push('-q --json app:1')).status, 125);
  assert.equal((await push('./nothing-here.tar app:1')).status, 1);
});

test('digests of what was moved go into a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-digests-'));
  try {
    const file = join(folder, 'digests');
    await push(`--digestfile ${file} app:1 app:2`);
    assert.equal(readFileSync(file, 'utf8'), `${ROOT.digest}\n${ROOT.digest}\n`);
    const { status, context } = await push(`--digestfile ${folder} app:1`);
    assert.equal(status, 1);
    assert.match(context.err(), /cannot write/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

interface Copied {
  readonly status: number;
  readonly context: FakeContext;
  readonly asked: readonly unknown[];
}

async function copy(line: string): Promise<Copied> {
  const asked: unknown[] = [];
  const result: CopyResult = {
    source: 'app:1',
    target: 'oci:x',
    root: ROOT,
    names: ['docker.io/library/app:1'],
    blobs: [
      { descriptor: LAYER, outcome: 'copied' },
      { descriptor: { ...LAYER, digest: `sha256:${'c'.repeat(64)}`, size: 2_000_000 }, outcome: 'present' },
    ],
    bytes: { total: 2_000_100, copied: 100, mounted: 0, present: 2_000_000 },
    referrers: [ROOT],
    dryRun: false,
  };
  const work =
    (verb: string) =>
    async (from: string, to: string, options: SeveralCopiesOptions = {}): Promise<readonly CopyResult[]> => {
      const { signal: _, onEvent, ...rest } = options;
      asked.push(verb, from, to, JSON.parse(JSON.stringify(rest)));
      onEvent?.({ kind: 'image-started', reference: from, repository: to, label: '', action: 'copy' });
      onEvent?.({ kind: 'image-done', reference: from, digest: ROOT.digest, status: 'copied' });
      return [result];
    };
  const context = fakeContext({ dray: { copy: work('copy'), copyRepository: work('copyRepository') } });
  return { status: await run(['copy', ...line.split(' ')], context), context, asked };
}

test('which words of a copy go where', async () => {
  const lines = `Copying app:1 to oci:x\nDigest: ${ROOT.digest}\n`;
  const plan = `app:1 to oci:x
  digest: ${ROOT.digest}
  as: docker.io/library/app:1
  bbbbbbbbbbbb       100B  to copy
  cccccccccccc        2MB  is there
  with 1 that refers to it
  to copy: 100B of 2MB; 2MB is there already
`;
  for (const [line, out, err] of [
    ['app:1 oci:x', lines, ''],
    ['-q app:1 oci:x', 'docker.io/library/app:1\n', ''],
    ['--dry-run app:1 oci:x', plan, ''],
  ] as const) {
    const { status, context } = await copy(line);
    assert.equal(status, 0, line);
    assert.equal(context.out(), out, line);
    assert.equal(context.err(), err, line);
  }
  const { context } = await copy('--json app:1 oci:x');
  assert.equal(JSON.parse(context.out()).bytes.total, 2_000_100);
  assert.equal(context.err(), lines);
});

test('what a copy is asked for', async () => {
  assert.deepEqual((await copy('a b')).asked, ['copy', 'a', 'b', {}]);
  const line = '--platform linux/amd64 -t x -t y --no-referrers --dry-run a b';
  const options = { platform: ['linux/amd64'], tags: ['x', 'y'], referrers: false, dryRun: true };
  assert.deepEqual((await copy(line)).asked, ['copy', 'a', 'b', options]);
  const all = await copy('-a --tags 1.* --tags 2.* --exclude-tags *-rc* --newest 3 --semver ^1 a b');
  const chosen = { include: ['1.*', '2.*'], exclude: ['*-rc*'], semver: '^1', newest: 3 };
  assert.deepEqual(all.asked, ['copyRepository', 'a', 'b', chosen]);
});

test('either end may have registry flags of its own', async () => {
  const { context } = await copy('--src-creds a:b --dst-insecure --dst-header X=1 --src-mirror https://m a b');
  const { source, target, credentials } = context.asked() ?? {};
  assert.deepEqual(source?.credentials, { username: 'a', password: 'b' });
  assert.deepEqual(source?.mirrors, ['https://m']);
  assert.equal(target?.insecure, true);
  assert.deepEqual(target?.headers, { X: '1' });
  assert.equal(credentials, undefined);
  assert.equal((await copy('a b')).context.asked()?.source, undefined);
});

test('flags of a copy that contradict each other', async () => {
  for (const line of [
    '--platform linux/amd64 --all-platforms a b',
    '-q --json a b',
    '--tags 1.* a b',
    '--newest 2 a b',
    '-a -t x a b',
    '--src-anonymous --src-creds a:b a b',
    'a',
    'a b c',
  ]) {
    const { status, asked } = await copy(line);
    assert.equal(status, 2, line);
    assert.deepEqual(asked, [], line);
  }
});
