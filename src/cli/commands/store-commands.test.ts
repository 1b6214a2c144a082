import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Dray } from '#dray';
import { DrayError } from '#errors';
import type { HistoryStep, InspectedImage, PruneOptions, RemovalStep, StoreUsage } from '#image';
import type { Digest } from '#oci';
import { fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const NOW = Date.parse('2026-11-21T05:17:08Z');
const ID: Digest = `sha256:${'22f6cf4b46ad'.padEnd(64, '0')}`;

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function dray(line: readonly string[], verbs: Partial<Dray>, stdin = ''): Promise<Ran> {
  const context = fakeContext({ now: NOW, dray: verbs, stdin });
  const status = await run(line, context);
  return { status, out: context.out(), err: context.err() };
}

function step(seconds: number, createdBy: string, size = 0, more: Partial<HistoryStep> = {}): HistoryStep {
  const created = new Date(NOW - seconds * 1000).toISOString();
  return { id: undefined, created, createdBy, comment: '', size, tags: [], ...more };
}

test("docker's table of a history", async () => {
  const history: Dray['history'] = async () => [
    step(36, '/bin/sh -c #(nop)  CMD ["/main.py"]', 0, { id: ID }),
    step(36, '/bin/sh -c #(nop) ADD 3313d867fefa3f2e3fa66d45a4', 76),
    step(61, '/bin/sh -c python3 -c "import os; os.makedirs(1)"', 800_000),
    step(120, '', 223_900_000, { comment: 'Imported from -' }),
    { ...step(0, 'a\tb'), created: undefined },
  ];
  assert.deepEqual(await dray(['history', 'main'], { history }), {
    status: 0,
    err: '',
    out: `IMAGE          CREATED              CREATED BY                                      SIZE      COMMENT
22f6cf4b46ad   36 seconds ago       /bin/sh -c #(nop)  CMD ["/main.py"]             0B        ${''}
<missing>      36 seconds ago       /bin/sh -c #(nop) ADD 3313d867fefa3f2e3fa66d…   76B       ${''}
<missing>      About a minute ago   /bin/sh -c python3 -c "import os; os.makedir…   800kB     ${''}
<missing>      2 minutes ago                                                        224MB     Imported from -
<missing>      N/A                  a b                                             0B        ${''}
`,
  });
  const all = (await dray(['history', '-q', '--no-trunc', 'main'], { history })).out;
  assert.equal(all, `${ID}\n${'<missing>\n'.repeat(4)}`);
  const plain = (await dray(['history', '-H=false', '--format', '{{.CreatedSince}} {{.Size}}', 'main'], { history }))
    .out;
  assert.match(plain, /^2026-11-21T05:16:32Z 0\n2026-11-21T05:16:32Z 76\n/);
  assert.equal((await dray(['image', 'history', '--json', 'main'], { history })).out.includes('"createdBy"'), true);
});

test("docker's lines of rmi, with what fails told at the end", async () => {
  const steps: Readonly<Record<string, readonly RemovalStep[]>> = {
    'hello:0.1': [{ untagged: 'hello:0.1' }],
    hello: [{ untagged: 'hello:latest' }, { untagged: `hello@${ID}` }, { deleted: ID }],
  };
  const asked: unknown[] = [];
  const remove: Dray['remove'] = async (name, options) => {
    asked.push(options?.force);
    const found = steps[name];
    if (found === undefined) throw new DrayError('MANIFEST_UNKNOWN', `No such image: ${name}`, { hint: 'look' });
    return { steps: found, images: [], bytes: 0 };
  };
  assert.deepEqual(await dray(['rmi', 'hello:0.1', 'nosuch', 'hello', 'none'], { remove }), {
    status: 1,
    out: `Untagged: hello:0.1\nUntagged: hello:latest\nUntagged: hello@${ID}\nDeleted: ${ID}\n`,
    err: 'dray: No such image: nosuch\ndray: No such image: none\nhint: look\n',
  });
  assert.deepEqual(await dray(['image', 'rm', '-f', 'nosuch'], { remove }), {
    status: 0,
    out: '',
    err: 'dray: No such image: nosuch\n',
  });
  assert.deepEqual(asked, [false, false, false, false, true]);
  const conflict: Dray['remove'] = () => Promise.reject(new DrayError('CONFLICT', 'conflict: x'));
  assert.equal((await dray(['rmi', '-f', 'x', 'y'], { remove: conflict })).status, 1);
});

test('rmi of single platforms', async () => {
  const asked: unknown[] = [];
  const remove: Dray['remove'] = async (name, options) => {
    asked.push(options?.platforms);
    if (name === 'app') return { steps: [{ deleted: ID }], images: [], bytes: 0 };
    throw new DrayError('PLATFORM_UNKNOWN', 'failed to delete platform linux/s390x', { hint: 'it is here for x' });
  };
  const line = ['--platform', 'linux/arm64,linux/arm', '--platform', 'linux/386'];
  assert.deepEqual(await dray(['rmi', ...line, 'app'], { remove }), { status: 0, out: `Deleted: ${ID}\n`, err: '' });
  assert.deepEqual(await dray(['rmi', ...line, 'x', 'app'], { remove }), {
    status: 1,
    out: `Deleted: ${ID}\n`,
    err: 'dray: failed to delete platform linux/s390x\nhint: it is here for x\n',
  });
  assert.equal((await dray(['rmi', '-f', ...line, 'x'], { remove })).status, 0);
  assert.equal((await dray(['rmi', '--platform', '', 'app'], { remove })).status, 125);
  assert.deepEqual(asked, Array(4).fill(['linux/arm64', 'linux/arm', 'linux/386']));
});

const INSPECTED: InspectedImage = {
  Id: ID,
  RepoTags: ['localhost:5000/main:latest'],
  RepoDigests: [],
  Parent: '',
  Comment: '',
  Created: '2026-11-21T05:16:32.339396572Z',
  DockerVersion: '',
  Author: '',
  Architecture: 'amd64',
  Os: 'linux',
  Size: 224_765_998,
  GraphDriver: { Data: null, Name: 'dray' },
  RootFS: { Type: 'layers', Layers: [ID] },
  Metadata: { LastTagTime: '2026-11-21T05:16:50.6Z' },
  Descriptor: { mediaType: 'm', digest: ID, size: 5 },
  Config: {
    Cmd: ['/main.py', '<&>'],
    Entrypoint: null,
    Env: null,
    ExposedPorts: { '8888/tcp': {} },
    Labels: { version: '0.1' },
    OnBuild: null,
    User: '',
    Volumes: null,
    WorkingDir: '',
  },
};

test('templates and JSON of inspect', async () => {
  const inspect: Dray['inspect'] = async (name) => {
    if (name === 'main') return INSPECTED;
    throw new DrayError('MANIFEST_UNKNOWN', `No such image: ${name}:latest`);
  };
  const cases: readonly (readonly [string, number, string])[] = [
    ['{{json .Config.ExposedPorts}} {{json .RootFS}}', 0, `{"8888/tcp":{}} {"Type":"layers","Layers":["${ID}"]}\n`],
    ['{{.Id}}', 0, `${ID}\n`],
    ['{{.ID}}', 0, `${ID}\n`],
    ['{{index .RepoTags 0}}', 0, 'localhost:5000/main:latest\n'],
    ['{{json .Config}}', 0, '{"ExposedPorts":{"8888/tcp":{}},"Cmd":["/main.py","<&>"],"Labels":{"version":"0.1"}}\n'],
    ['{{json .Config.Labels}}{{.Config.Volumes}}{{.Config.StopSignal}}', 0, '{"version":"0.1"}map[]\n'],
    ['{{range $k, $v := .Config.Labels}}{{$k}}={{$v}}{{end}}', 0, 'version=0.1\n'],
    ['{{.Nope}}', 1, '\n'],
    ['{{.Id}}{{.Config.StopSignal}}', 1, '\n'],
    ['{{', 64, ''],
  ];
  for (const [format, status, out] of cases) {
    const ran = await dray(['inspect', '-f', format, 'main'], { inspect });
    assert.deepEqual([ran.status, ran.out], [status, out], format);
    assert.equal(ran.err === '', status === 0);
  }
  const missing = await dray(['inspect', 'nosuch'], { inspect });
  assert.deepEqual(missing, { status: 1, out: '[]\n', err: 'dray: No such object: nosuch\n' });
  const remote = await dray(['inspect', 'host/app:1'], { inspect });
  assert.equal(
    remote.err,
    'dray: No such object: host/app:1\nhint: in its registry: dray inspect docker://host/app:1\n',
  );
  const image = await dray(['image', 'inspect', 'nosuch'], { inspect });
  assert.deepEqual(image, { status: 1, out: '[]\n', err: 'dray: No such image: nosuch:latest\n' });
  const { out } = await dray(['inspect', 'main', 'nosuch'], { inspect });
  assert.match(out, /^\[\n {4}\{\n {8}"Id": "sha256:/);
  assert.ok(out.includes('"\\u003c\\u0026\\u003e"'));
  assert.deepEqual(JSON.parse(out), JSON.parse(JSON.stringify([INSPECTED])));
  assert.equal((await dray(['inspect', '--type', 'container', 'main'], { inspect })).status, 125);
});

test("docker's tables of what is on the disk", async () => {
  const usage: Dray['usage'] = async () => USAGE;
  assert.equal(
    (await dray(['system', 'df'], { usage })).out,
    `TYPE                TOTAL     ACTIVE    SIZE      RECLAIMABLE
Images              1         0         249.8MB   249.8MB (100%)
Containers          0         0         0B        0B
Local Volumes       0         0         0B        0B
Build Cache         0         0         0B        0B
Partial Downloads   2         0         1.2kB     1.2kB (100%)
`,
  );
  assert.match(
    (await dray(['df', '-v'], { usage })).out,
    /^Images space usage:\n\nREPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS\npp +1 +22f6cf4b46ad +8 seconds ago +4\.04MB +2\.023MB +2\.018MB +0\n/,
  );
  assert.match((await dray(['df', '--format', '{{.Type}} {{.Size}}'], { usage })).out, /^Images 249\.8MB\n/);
  assert.equal((await dray(['df', '-v', '--format', '{{.Type}}'], { usage })).status, 1);
});

const USAGE: StoreUsage = {
  images: [
    {
      id: ID,
      names: [{ repository: 'pp', tag: '1' }],
      created: '2026-11-21T05:17:00Z',
      size: 4_041_000,
      shared: 2_023_000,
      unique: 2_018_000,
    },
  ],
  imageBytes: 249_800_000,
  unused: { count: 0, bytes: 0 },
  partials: { count: 2, bytes: 1200 },
};

test("docker's lines of prune, and its question", async () => {
  let asked: PruneOptions | undefined;
  const prune: Dray['prune'] = async (options) => {
    asked = options;
    return { steps: [{ untagged: 'x:1' }, { deleted: ID }], images: [], partials: [ID], bytes: 1_500_000 };
  };
  assert.deepEqual(
    await dray(['image', 'prune', '-a', '-f', '--filter', 'until=24h', '--filter', 'label!=keep'], { prune }),
    {
      status: 0,
      err: '',
      out: `Deleted Images:\nuntagged: x:1\ndeleted: ${ID}\n\nDeleted Partial Downloads:\n${ID}\n\nTotal reclaimed space: 1.5MB\n`,
    },
  );
  assert.equal(asked?.all, true);
  assert.equal(asked?.until, NOW - 24 * 3_600_000);
  assert.deepEqual(asked?.withoutLabels, ['keep']);
  const nothing: Dray['prune'] = async () => ({ steps: [], images: [], partials: [], bytes: 0 });
  assert.equal((await dray(['prune', '-f'], { prune: nothing })).out, 'Total reclaimed space: 0B\n');
  asked = undefined;
  const unasked = await dray(['prune'], { prune });
  assert.equal(unasked.status, 1);
  assert.match(unasked.err, /stdin is no terminal\nsay -f\n$/);
  assert.equal(asked, undefined);
  for (const [answer, goes] of [
    ['y\n', true],
    ['N\n', false],
    ['\n', false],
  ] as const) {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    stdin.write(answer);
    const context = fakeContext({ dray: { prune }, stdin });
    asked = undefined;
    assert.equal(await run(['prune'], context), 0);
    assert.equal(asked !== undefined, goes, answer);
    assert.equal(
      context.err(),
      'WARNING! This will remove all dangling images.\nAre you sure you want to continue? [y/N] ',
    );
  }
});

test('tag says nothing, and passes on what is wrong', async () => {
  const named: string[] = [];
  const tag: Dray['tag'] = async (...names) => {
    named.push(...names.slice(0, 2).map(String));
    return 'x';
  };
  assert.deepEqual(await dray(['tag', 'a:1', 'b:2'], { tag }), { status: 0, out: '', err: '' });
  assert.deepEqual(named, ['a:1', 'b:2']);
  assert.equal((await dray(['tag', 'a:1'], { tag })).status, 1);
});
