import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dray } from '#dray';
import { DrayError } from '#errors';
import type { PullOptions, PullPlan, PullResult } from '#image';
import type { Descriptor, Digest } from '#oci';
import type { ProgressEvent } from '#progress';
import { type FakeContext, type FakeOptions, fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const digestOf = (start: string): Digest => `sha256:${start.padEnd(64, '0')}`;
const LAYER: Descriptor = { mediaType: 'application/x-tar', digest: digestOf('665c25c2fd74'), size: 3_002_000 };
const ROOT: Descriptor = { mediaType: 'application/x-index', digest: digestOf('eae16ba2ef02'), size: 500 };

function result(name: string): PullResult {
  return {
    reference: name,
    fullName: `docker.io/library/${name}`,
    root: ROOT,
    images: [],
    status: 'downloaded',
    endpoint: 'https://registry-1.docker.io',
    bytes: { total: 1, fetched: 1, present: 0 },
  };
}

function events(name: string): readonly ProgressEvent[] {
  const [, label = 'latest'] = name.split(':');
  const about = { digest: LAYER.digest, size: LAYER.size, role: 'layer' } as const;
  return [
    { kind: 'image-started', reference: name, repository: `library/${name.split(':')[0]}`, label, action: 'pull' },
    { kind: 'image-planned', reference: name, manifest: ROOT, layers: [LAYER], total: LAYER.size, present: 0 },
    { kind: 'blob', ...about, state: 'queued', received: 0 },
    { kind: 'blob', ...about, state: 'started', received: 0 },
    { kind: 'debug', text: 'asked' },
    { kind: 'blob', ...about, state: 'done', received: LAYER.size },
    { kind: 'image-done', reference: name, digest: ROOT.digest, status: 'downloaded' },
  ];
}

interface Pulled {
  readonly status: number;
  readonly context: FakeContext;
  readonly references: readonly string[];
  readonly options: PullOptions | undefined;
}

interface Staged extends FakeOptions {
  readonly tags?: readonly string[];
  /** Come before all others. */
  readonly first?: readonly ProgressEvent[];
}

async function pull(line: string, more: Staged = {}): Promise<Pulled> {
  let asked: readonly string[] = [];
  let given: PullOptions | undefined;
  const work = async (references: readonly string[], options: PullOptions = {}): Promise<readonly PullResult[]> => {
    asked = references;
    given = options;
    const names = options.allTags === true ? (more.tags ?? []) : references;
    for (const event of more.first ?? []) options.onEvent?.(event);
    for (const name of names) for (const event of events(name)) options.onEvent?.(event);
    options.output?.stream?.write('ARCHIVE');
    const path = options.output?.path;
    if (path !== undefined) {
      options.onEvent?.({
        kind: 'output-written',
        path,
        format: options.output?.format ?? 'docker-archive',
        size: 3_400_000,
      });
    }
    return names.map(result);
  };
  const dray: Partial<Dray> = {
    pull: async (reference, options) => {
      const [only] = await work([reference], options);
      assert.ok(only);
      return only;
    },
    pullAll: work,
  };
  const context = fakeContext({ dray, ...more });
  const status = await run(['pull', ...line.split(' ')], context);
  return { status, context, references: asked, options: given };
}

const LINES = `3.20: Pulling from library/alpine
665c25c2fd74: Pulling fs layer
665c25c2fd74: Download complete
665c25c2fd74: Pull complete
Digest: ${ROOT.digest}
Status: Downloaded newer image for alpine:3.20
docker.io/library/alpine:3.20
`;
const LOAD = 'Wrote a.tar (3.4MB). Load it with: docker load -i a.tar\n';

test('which words go where', async () => {
  const json = `${JSON.stringify(result('alpine:3.20'), null, 2)}\n`;
  const jsonEvents = (debug: boolean): string =>
    events('alpine:3.20')
      .filter(({ kind }) => debug || kind !== 'debug')
      .map((event) => `${JSON.stringify(event)}\n`)
      .join('');
  const cases: readonly (readonly [string, string, string])[] = [
    ['alpine:3.20', LINES, ''],
    ['-o a.tar alpine:3.20', LINES, LOAD],
    ['-q alpine:3.20', 'docker.io/library/alpine:3.20\n', ''],
    ['-q -o a.tar alpine:3.20', 'docker.io/library/alpine:3.20\n', ''],
    ['-o - alpine:3.20', 'ARCHIVE', LINES],
    ['-q -o - alpine:3.20', 'ARCHIVE', ''],
    ['--json alpine:3.20', json, LINES],
    ['--json -o a.tar alpine:3.20', json, LINES + LOAD],
    ['--progress none -o a.tar alpine:3.20', LINES, LOAD],
    ['--progress plain alpine:3.20', LINES, ''],
    ['--progress json alpine:3.20', LINES, jsonEvents(false)],
    ['--progress json --log-level debug alpine:3.20', LINES, jsonEvents(true)],
    ['--progress json -o - alpine:3.20', 'ARCHIVE', jsonEvents(false)],
    ['--progress json --json alpine:3.20', json, jsonEvents(false)],
    ['--log-level debug alpine:3.20', LINES, 'debug: asked\n'],
  ];
  for (const [line, out, err] of cases) {
    const { status, context } = await pull(line);
    assert.equal(status, 0, line);
    assert.equal(context.out(), out, line);
    assert.equal(context.err(), err, line);
    assert.ok(context.closed());
  }
});

test('--quiet is silent about mirrors, not about warnings', async () => {
  const first: readonly ProgressEvent[] = [
    { kind: 'endpoint-failed', endpoint: 'https://mirror', reason: 'away' },
    { kind: 'warning', text: 'another platform' },
  ];
  const { context } = await pull('-q alpine:3.20', { first });
  assert.equal(context.err(), 'WARNING: another platform\n');
  assert.equal(context.out(), 'docker.io/library/alpine:3.20\n');
  assert.equal((await pull('-q --log-level error alpine:3.20', { first })).context.err(), '');
});

test('several references: one block each, then their names', async () => {
  const { context, references } = await pull('alpine:3.20 debian:12');
  assert.deepEqual(references, ['alpine:3.20', 'debian:12']);
  assert.match(context.out(), /\n12: Pulling from library\/debian\n/);
  assert.ok(context.out().endsWith('\ndocker.io/library/alpine:3.20\ndocker.io/library/debian:12\n'));
  const json = await pull('--json alpine:3.20 debian:12');
  assert.equal(JSON.parse(json.context.out()).length, 2);
});

test('all tags: one status and one name', async () => {
  const { context, options } = await pull('-a alpine', { tags: ['alpine:3.19', 'alpine:3.20'] });
  assert.equal(options?.allTags, true);
  const statuses = context.out().match(/^Status: .*$/gm);
  assert.deepEqual(statuses, ['Status: Downloaded newer image for alpine']);
  assert.ok(context.out().endsWith(' for alpine\ndocker.io/library/alpine\n'));
  const quiet = await pull('-aq alpine', { tags: ['alpine:3.19', 'alpine:3.20'] });
  assert.equal(quiet.context.out(), 'docker.io/library/alpine\n');
});

test('on a terminal bars stand for the lines of layers, which appear once', async () => {
  const { context } = await pull('alpine:3.20', { terminal: { stdout: true, stderr: true } });
  assert.equal(context.out(), LINES.replace(/^665c25c2fd74: (Pulling fs layer|Download complete)\n/gm, ''));
  const redirected = await pull('alpine:3.20', { terminal: { stderr: true } });
  assert.equal(redirected.context.out(), LINES);
  const dumb = await pull('alpine:3.20', { terminal: { stdout: true, stderr: true }, env: { TERM: 'dumb' } });
  assert.equal(dumb.context.out(), LINES);
});

test('flags become the options of the pull', async () => {
  const cases: readonly (readonly [string, PullOptions])[] = [
    ['x', {}],
    ['--platform linux/arm64 x', { platform: ['linux/arm64'] }],
    [
      '--platform linux/arm64,linux/amd64 --platform linux/386 x',
      { platform: ['linux/arm64', 'linux/amd64', 'linux/386'] },
    ],
    ['--all-platforms x', { allPlatforms: true }],
    ['-o dir/ x', { output: { path: 'dir/', format: undefined } }],
    ['-o d --as oci-dir x', { output: { path: 'd', format: 'oci-dir' } }],
    ['--no-store -o f x', { store: false, output: { path: 'f', format: undefined } }],
    ['--no-verify-layers --disable-content-trust x', { verifyLayers: false }],
  ];
  for (const [line, expected] of cases) {
    const { options, status, context } = await pull(line);
    assert.equal(status, 0, context.err());
    const { signal, onEvent, ...rest } = options ?? {};
    assert.ok(signal instanceof AbortSignal && typeof onEvent === 'function');
    const known = Object.entries(rest).filter(([, value]) => value !== undefined);
    assert.deepEqual(Object.fromEntries(known), expected, line);
  }
  const { options, context } = await pull('--as oci-archive -o - x');
  assert.equal(options?.output?.stream, context.stdout);
  assert.equal(options?.output?.format, 'oci-archive');
});

test('flags that contradict each other are refused before anything is asked', async () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['-a alpine:3.20', 1, "tag can't be used with --all-tags/-a"],
    [`-a alpine@${ROOT.digest}`, 1, "tag can't be used with --all-tags/-a"],
    ['-a localhost:5000/x:1', 1, "tag can't be used with --all-tags/-a"],
    ['--platform a/b --all-platforms x', 125, '--platform and --all-platforms cannot be used together'],
    ['-q --json x', 125, '--quiet and --json cannot be used together'],
    ['-q --print x', 125, '--quiet and --print cannot be used together'],
    ['--print -o f x', 125, '--print and --output cannot be used together'],
    ['-o docker-daemon:x:1 x', 125, '--output takes the path of a file or folder, and docker-daemon:x:1 is a place'],
    ['--as oci-dir -o oci:x x', 125, '--output takes the path of a file or folder, and oci:x is a place'],
    ['--json -o - x', 125, '--json and --output - cannot be used together'],
    ['--no-store x', 125, '--no-store needs --output FILE'],
    ['x x.tar', 125, 'x.tar is the name of a file, not of an image'],
    ['--as oci-dir x', 125, '--as needs --output FILE'],
    ['--as oci-dir -o - x', 125, '--as oci-dir needs --output DIR: a folder cannot go to stdout'],
  ];
  for (const [line, expected, message] of cases) {
    const { status, context } = await pull(line);
    assert.equal(status, expected, line);
    assert.equal(context.err().split('\n')[0], `dray: ${message}`, line);
    assert.equal(context.asked(), undefined, line);
  }
  assert.equal((await pull('-a localhost:5000/x', { tags: ['x:1'] })).status, 0);
  const terminal = await pull('-o - x', { terminal: { stdout: true } });
  assert.equal(terminal.status, 1);
  assert.match(terminal.context.err(), /^dray: refusing to write an archive to the terminal\n/);
});

test('a pull that fails in the middle keeps what it has said, and says why', async () => {
  const failing: Partial<Dray> = {
    pull: async (reference, options) => {
      for (const event of events(reference).slice(0, 4)) options?.onEvent?.(event);
      throw new DrayError('CONNECTION_LOST', 'the connection broke');
    },
  };
  const { status, context } = await pull('alpine:3.20', { dray: failing });
  assert.equal(status, 1);
  assert.equal(context.out(), '3.20: Pulling from library/alpine\n665c25c2fd74: Pulling fs layer\n');
  assert.equal(context.err(), 'dray: the connection broke\n');
});

test('only where something is kept a stopped pull says that it can be continued', async () => {
  const stopped: Partial<Dray> = {
    pull: async () => {
      throw new DrayError('CANCELLED', 'stopped by SIGINT');
    },
  };
  const hint = /hint: what was downloaded is kept/;
  for (const line of ['x', '-o f x', '-o f --no-store x', '-o - x']) {
    const { status, context } = await pull(line, { dray: stopped });
    assert.equal(status, 130);
    assert.match(context.err(), hint, line);
  }
  assert.doesNotMatch((await pull('-o - --no-store x', { dray: stopped })).context.err(), hint);
});

const PLAN: PullPlan = {
  reference: 'alpine:3.20',
  fullName: 'docker.io/library/alpine:3.20',
  root: ROOT,
  endpoint: 'https://registry-1.docker.io',
  platforms: [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
  ],
  images: [
    {
      id: digestOf('8b8691567061'),
      platform: { os: 'linux', architecture: 'amd64' },
      manifest: { ...ROOT, digest: digestOf('11') },
      config: { ...ROOT, digest: digestOf('8b8691567061') },
      layers: [
        { descriptor: LAYER, present: true },
        { descriptor: { ...LAYER, digest: digestOf('f9b7e1c9284d'), size: 30_000_000 }, present: false },
      ],
    },
  ],
  bytes: { total: 33_002_000, present: 3_002_000 },
};

test('--print tells what would be downloaded', async () => {
  const asked: string[] = [];
  const dray: Partial<Dray> = {
    plan: async (reference) => {
      asked.push(reference);
      return PLAN;
    },
    tags: async () => ['3.19', '3.20'],
  };
  const one = await pull('--print alpine:3.20', { dray });
  assert.equal(one.status, 0);
  assert.equal(
    one.context.out(),
    `docker.io/library/alpine:3.20
Digest:      ${ROOT.digest}
Media type:  application/x-index
From:        https://registry-1.docker.io
Platforms:   linux/amd64, linux/arm/v7
To fetch:    30MB of 33MB, 3.002MB is here

linux/amd64  manifest ${digestOf('11')}  image ID 8b8691567061
LAYER          SIZE      STATE      MEDIA TYPE
665c25c2fd74   3.002MB   here       application/x-tar
f9b7e1c9284d   30MB      to fetch   application/x-tar
`,
  );
  assert.deepEqual(JSON.parse((await pull('--print --json alpine:3.20', { dray })).context.out()), PLAN);
  assert.equal(JSON.parse((await pull('--print --json a b', { dray })).context.out()).length, 2);
  asked.length = 0;
  assert.equal(JSON.parse((await pull('--print --json -a alpine', { dray })).context.out()).length, 2);
  assert.deepEqual(asked, ['alpine:3.19', 'alpine:3.20']);
});
