import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InspectedImage, StoredImage } from '#image';
import { fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const NOW = Date.parse('2026-11-21T05:17:06Z');

function image(repository: string, tag: string | undefined, id: string, more: Partial<StoredImage> = {}): StoredImage {
  return {
    id: `sha256:${id.padEnd(64, '0')}`,
    repository,
    tag,
    digest: `sha256:${'d'.repeat(64)}`,
    platform: { os: 'linux', architecture: 'amd64' },
    size: 224_000_000,
    created: '2026-11-21T05:15:16.5Z',
    pulled: '2026-11-21T05:17:00Z',
    source: 'http://localhost:5000',
    labels: {},
    ...more,
  };
}

const IMAGES: readonly StoredImage[] = [
  image('committed', '1', '8b8691567061', { created: '2026-11-21T05:16:39Z', size: 224_800_000 }),
  image('localhost:5000/main', 'latest', '22f6cf4b46ad', { size: 224_800_000, labels: { version: '0.1' } }),
  image('localhost:5000/hello', undefined, 'bbd7427f6c88', { labels: { version: '0.2', team: 'a' } }),
  image('busybox', 'latest', 'e76dcd659c21', { created: '2026-11-21T05:14:36Z', size: 1_982_000 }),
  image('old', 'latest', '5739d4130aa4', { created: undefined }),
];

async function list(
  line: string,
  images = IMAGES,
): Promise<{ status: number; out: string; err: string; asked: unknown }> {
  let asked: unknown;
  const context = fakeContext({
    now: NOW,
    dray: {
      images: async ({ reference } = {}) => {
        asked = reference;
        return images;
      },
      inspect: async () => ({ Created: '2026-11-21T05:15:00Z' }) as InspectedImage,
    },
  });
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  const status = await run(['images', ...words], context);
  return { status, out: context.out(), err: context.err(), asked };
}

test('a digest has one row, and none beside a tag that stands for it', async () => {
  const other = `sha256:${'e'.repeat(64)}` as const;
  const { out } = await list("--format '{{.Repository}} {{.Tag}} {{.Digest}}'", [
    image('hello', undefined, 'a'),
    image('hello', '1', 'a'),
    image('hello', '2', 'a'),
    image('hello', undefined, 'b', { digest: other }),
    image('hello', undefined, 'b', { digest: other }),
    image('world', undefined, 'a'),
  ]);
  const same = `sha256:${'d'.repeat(64)}`;
  assert.equal(out, `hello 1 ${same}\nhello 2 ${same}\nworld <none> \nhello <none> \n`);
  assert.equal((await list('-q -f dangling=true', [image('hello', undefined, 'a'), image('hello', '1', 'a')])).out, '');
});

test("docker's table", async () => {
  assert.deepEqual(await list(''), {
    status: 0,
    out: `REPOSITORY             TAG       IMAGE ID       CREATED              SIZE
committed              1         8b8691567061   27 seconds ago       225MB
localhost:5000/main    latest    22f6cf4b46ad   About a minute ago   225MB
localhost:5000/hello   <none>    bbd7427f6c88   About a minute ago   224MB
busybox                latest    e76dcd659c21   2 minutes ago        1.98MB
old                    latest    5739d4130aa4   N/A                  224MB
`,
    err: '',
    asked: undefined,
  });
});

test('an empty store has a header', async () => {
  const { out } = await list('', []);
  assert.equal(out, 'REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n');
});

test('forms of the list', async () => {
  const first = IMAGES.slice(0, 1);
  const id = `sha256:8b8691567061${'0'.repeat(52)}`;
  const digest = `sha256:${'d'.repeat(64)}`;
  const cases: readonly (readonly [string, string])[] = [
    ['-q', '8b8691567061\n'],
    ['-q --no-trunc', `${id}\n`],
    [
      '--digests',
      `REPOSITORY   TAG       ${'DIGEST'.padEnd(74)}IMAGE ID       CREATED          SIZE\n` +
        `committed    1         ${digest}   8b8691567061   27 seconds ago   225MB\n`,
    ],
    ["--format '{{.ID}}: {{.Repository}}'", '8b8691567061: committed\n'],
    [
      "--format 'table {{.ID}}\\t{{.Repository}}\\t{{.Tag}}'",
      'IMAGE ID       REPOSITORY   TAG\n8b8691567061   committed    1\n',
    ],
    ["--format '{{json .Tag}}'", '"1"\n'],
    [
      '--format json',
      '{"Containers":"N/A","CreatedAt":"2026-11-21 05:16:39 +0000 UTC","CreatedSince":"27 seconds ago",' +
        `"Digest":"\\u003cnone\\u003e","ID":"8b8691567061","Repository":"committed","SharedSize":"N/A","Size":"225MB",` +
        '"Tag":"1","UniqueSize":"N/A","VirtualSize":"224.8MB"}\n',
    ],
  ];
  for (const [line, out] of cases) assert.equal((await list(line, first)).out, out, line);
  assert.equal((await list("--format '{{json .}}'")).out, (await list('--format json')).out);
  assert.deepEqual(JSON.parse((await list('--json')).out), JSON.parse(JSON.stringify(IMAGES)));
  assert.match((await list('--format json', [image('x', undefined, '1')])).out, /"Tag":"\\u003cnone\\u003e"/);
});

test('filters', async () => {
  const cases: readonly (readonly [string, string])[] = [
    ['-f dangling=true', 'bbd7427f6c88\n'],
    ['-f dangling=false -f label=version', '22f6cf4b46ad\n'],
    ['-f label=version=0.2', 'bbd7427f6c88\n'],
    ['-f label=version -f label=team=a', 'bbd7427f6c88\n'],
    ['-f label=toString', ''],
    ['-f reference=busybox -f reference=old:latest', 'e76dcd659c21\n5739d4130aa4\n'],
    ["-f 'reference=localhost:5000/*'", '22f6cf4b46ad\nbbd7427f6c88\n'],
    ["-f 'reference=*'", '8b8691567061\ne76dcd659c21\n5739d4130aa4\n'],
  ];
  for (const [line, out] of cases) assert.equal((await list(`-q ${line}`)).out, out, line);
  assert.equal((await list('-q busybox:latest')).asked, 'busybox:latest');
});

test('what cannot be listed is said before anything is listed', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['-f until=soon', /^dray: invalid argument "soon" for "--filter" flag/],
    ['-f nonsense', /^dray: invalid argument "nonsense" for "--filter" flag/],
    ['-q --json', /^dray: --quiet and --json cannot be used together\n/],
  ];
  for (const [line, expected] of cases) {
    const { status, out, err } = await list(line);
    assert.equal(status, 125, line);
    assert.equal(out, '', line);
    assert.match(err, expected, line);
  }
});

test("what docker's engine refuses ends with its status", async () => {
  for (const line of ['-f dangling=perhaps', '-f colour=red']) {
    const { status, err } = await list(line);
    assert.equal(status, 1, line);
    assert.match(err, /^dray: invalid filter '/);
  }
});

test('an image without a name, and what moved away from its tag', async () => {
  const images = [
    image('x', '1', 'a', { source: '' }),
    image('y', undefined, 'b'),
    { ...image('z', undefined, 'c'), repository: undefined },
  ];
  const { out } = await list("--digests --format '{{.Repository}} {{.Tag}} {{.Digest}}'", images);
  assert.equal(out, `x 1 <none>\ny <none> sha256:${'d'.repeat(64)}\n<none> <none> <none>\n`);
  assert.equal((await list('-q -f dangling=true', images)).out, 'b00000000000\nc00000000000\n');
  assert.equal((await list("-q -f 'reference=*'", images)).out, 'a00000000000\nb00000000000\n');
});

test('images made before and after another', async () => {
  assert.equal((await list('-q -f before=x')).out, 'e76dcd659c21\n5739d4130aa4\n');
  assert.equal((await list('-q -f since=x')).out, '8b8691567061\n22f6cf4b46ad\nbbd7427f6c88\n5739d4130aa4\n');
  assert.equal((await list('-q -f until=2026-11-21T05:15:00Z')).out, 'e76dcd659c21\n5739d4130aa4\n');
  assert.equal((await list('-q -f until=2m')).out, 'e76dcd659c21\n5739d4130aa4\n');
});

test('names and tags of a store that was tampered with cannot draw', async () => {
  const { out } = await list('', [image('a\u001b[2Jb', 'c\nd', '1')]);
  assert.equal(out.split('\n').length, 3);
  assert.ok(!out.includes('\u001b'));
});
