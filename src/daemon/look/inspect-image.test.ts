import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { HistoryItem, ImageInspect } from '#engine';
import { buildArtifact, buildImage, buildIndex } from '#testing';
import { startTestEngine } from '../engine.test.fixture.ts';
import { attestationOf, hexOf, keep, messageOf } from './kept.test.fixture.ts';

const CONTROL = '\u001b[31mred\u0007\r\n\u009b2J\u2028<b>\ud83d\ude00';
const AMD = buildImage({
  config: { Env: ['A=b'], Cmd: ['sh'], Labels: { [CONTROL]: CONTROL }, ExposedPorts: { '80/tcp': {} } },
  editConfig: (config) => ({
    ...config,
    author: CONTROL,
    docker_version: '20.10',
    container: '0'.repeat(64),
    container_config: { Hostname: 'builder', Cmd: ['/bin/sh', '-c', '#(nop) CMD'] },
    history: [
      { created: '2024-01-01T00:00:00Z', created_by: 'ADD rootfs' },
      { created: '2025-01-01T00:00:00.5Z', created_by: CONTROL, comment: CONTROL, empty_layer: true },
    ],
  }),
});
const ARM = buildImage({
  platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
  layers: [{ files: [{ name: 'arm' }] }],
});
const INDEX = buildIndex([AMD, ARM, attestationOf(AMD)]);
const BARE = buildImage({ layers: [], editConfig: (config) => ({ ...config, created: undefined }) });

const engine = await startTestEngine({ after });
await keep(engine, 'localhost:5000/team/multi:1', INDEX, { source: 'http://localhost:5000' });
await keep(engine, 'docker.io/library/bare:latest', BARE);
await keep(engine, undefined, buildImage({ config: { Labels: { n: 'nameless' } } }));
await keep(engine, 'docker.io/library/chart:1', buildArtifact({ artifactType: 'application/vnd.example' }));

async function inspect(path: string): Promise<ImageInspect> {
  const answer = await engine.ask('GET', path);
  assert.equal(answer.status, 200, answer.text);
  return answer.json() as ImageInspect;
}

const PLATFORM = (value: unknown): string => encodeURIComponent(JSON.stringify(value));
const MULTI = '/v1.51/images/localhost:5000/team/multi:1';

test('an image by its name, with docker’s fields in docker’s order', async () => {
  const image = await inspect(`${MULTI}/json`);
  const { GraphDriver, Metadata, ...rest } = image;
  assert.equal(GraphDriver?.Data, null);
  assert.match(Metadata?.LastTagTime ?? '', /^20\d\d-/);
  assert.deepEqual(rest, {
    Id: AMD.config.digest,
    RepoTags: ['localhost:5000/team/multi:1'],
    RepoDigests: [`localhost:5000/team/multi@${INDEX.root.digest}`],
    Parent: '',
    Comment: CONTROL,
    Created: '2026-01-01T00:00:00Z',
    DockerVersion: '20.10',
    Author: CONTROL,
    Architecture: 'amd64',
    Os: 'linux',
    Size: AMD.layers[0]?.bytes.length,
    RootFS: { Type: 'layers', Layers: AMD.layers.map(({ diffId }) => diffId) },
    Descriptor: INDEX.root,
    Config: {
      Cmd: ['sh'],
      Entrypoint: null,
      Env: ['A=b'],
      ExposedPorts: { '80/tcp': {} },
      Labels: { [CONTROL]: CONTROL },
      OnBuild: null,
      User: '',
      Volumes: null,
      WorkingDir: '',
    },
  });
  assert.equal(
    Object.keys(image).join(' '),
    'Id RepoTags RepoDigests Parent Comment Created DockerVersion Author Architecture Os Size GraphDriver RootFS Metadata Descriptor Config',
  );
});

test('by the version of the API', async () => {
  const of = (version: string, name = 'localhost:5000/team/multi:1'): Promise<ImageInspect> =>
    inspect(`/v${version}/images/${name}/json?manifests=1`);
  const legacy = { AttachStdin: false, Domainname: '', Hostname: '', Image: '', OpenStdin: false, Tty: false };
  const at49 = await of('1.49');
  assert.deepEqual({ ...at49.Config, ...legacy }, at49.Config);
  assert.deepEqual(Object.keys(at49.Config ?? {}), Object.keys(at49.Config ?? {}).toSorted());
  assert.equal((await of('1.50')).Config?.['Hostname'], undefined);
  assert.deepEqual(
    (await of('1.48')).Manifests?.map(({ Kind }) => Kind),
    ['image', 'image', 'attestation'],
  );
  const at47 = await of('1.47');
  assert.deepEqual([at47.Descriptor, at47.Manifests], [undefined, undefined]);
  const config = (image: ImageInspect): Readonly<Record<string, unknown>> | undefined =>
    (image as { readonly ContainerConfig?: Readonly<Record<string, unknown>> }).ContainerConfig;
  assert.equal(config(await of('1.45')), undefined);
  const container = config(await of('1.44')) ?? {};
  assert.deepEqual([container['Hostname'], container['Tty'], container['Labels']], ['builder', false, null]);
  assert.equal(
    Object.keys(container).join(' '),
    'Hostname Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Env Cmd Image Volumes WorkingDir Entrypoint OnBuild Labels',
  );
  const at43 = await of('1.43', 'bare');
  assert.deepEqual([at43.VirtualSize, at43.Created], [at43.Size, '0001-01-01T00:00:00Z']);
  const at44 = await of('1.44', 'bare');
  assert.deepEqual([at44.VirtualSize, at44.Created], [undefined, undefined]);
});

test('by every name that docker takes', async () => {
  const hex = hexOf(AMD.config.digest);
  const names = [
    'localhost:5000/team/multi:1',
    `localhost:5000/team/multi@${INDEX.root.digest}`,
    `localhost:5000/team/multi:1@${INDEX.root.digest}`,
    'localhost%3A5000%2Fteam%2Fmulti%3A1',
    AMD.config.digest,
    hex,
    hex.slice(0, 12),
    `sha256:${hex.slice(0, 20)}`,
    INDEX.root.digest,
  ];
  for (const name of names) assert.equal((await inspect(`/images/${name}/json`)).Id, AMD.config.digest, name);
  for (const name of ['bare', 'bare:latest', 'library/bare', 'docker.io/library/bare']) {
    assert.equal((await inspect(`/images/${name}/json`)).Id, BARE.config.digest, name);
  }
});

test('one platform of several', async () => {
  await engine.dray.tag('localhost:5000/team/multi:1', 'localhost:5000/team/multi:2');
  const arm = await inspect(`${MULTI}/json?platform=${PLATFORM({ os: 'linux', architecture: 'arm64' })}`);
  assert.deepEqual([arm.Id, arm.Architecture, arm.Variant], [ARM.config.digest, 'arm64', 'v8']);
  assert.equal(arm.Descriptor?.digest, ARM.root.digest);
  assert.deepEqual(arm.RepoTags, ['localhost:5000/team/multi:1', 'localhost:5000/team/multi:2']);
  await engine.dray.remove('localhost:5000/team/multi:2');
  const ignored = `/v1.48/images/localhost:5000/team/multi:1/json?platform=${PLATFORM({ os: 'linux', architecture: 'arm64' })}`;
  assert.equal((await inspect(ignored)).Id, AMD.config.digest);
});

test('history, the last step first', async () => {
  const steps = (await engine.ask('GET', `${MULTI}/history`)).json() as readonly HistoryItem[];
  assert.deepEqual(steps, [
    {
      Comment: CONTROL,
      Created: 1_735_689_600,
      CreatedBy: CONTROL,
      Id: AMD.config.digest,
      Size: 0,
      Tags: ['localhost:5000/team/multi:1'],
    },
    {
      Comment: '',
      Created: 1_704_067_200,
      CreatedBy: 'ADD rootfs',
      Id: '<missing>',
      Size: AMD.layers[0]?.bytes.length,
      Tags: null,
    },
  ]);
  const query = `?platform=${PLATFORM({ os: 'linux', architecture: 'arm64' })}`;
  const arm = (await engine.ask('GET', `${MULTI}/history${query}`)).json() as readonly HistoryItem[];
  assert.deepEqual(
    arm.map(({ Id }) => Id),
    [ARM.config.digest],
  );
  const old = (await engine.ask('GET', `${MULTI.replace('1.51', '1.47')}/history${query}`)).json();
  assert.equal((old as readonly HistoryItem[])[0]?.Id, AMD.config.digest);
});

const ZEROS = '0'.repeat(64);
const REFUSED: readonly (readonly [rest: string, status: number, message: string | RegExp])[] = [
  ['nosuch/json', 404, 'No such image: nosuch:latest'],
  ['nosuch:1/history', 404, 'No such image: nosuch:1'],
  ['deadbeef/json', 404, 'No such image: deadbeef:latest'],
  [`${ZEROS}/json`, 404, `No such image: sha256:${ZEROS}`],
  [`sha256:${ZEROS}/json`, 404, `No such image: sha256:${ZEROS}`],
  [`bare@sha256:${ZEROS}/json`, 404, `No such image: bare@sha256:${ZEROS}`],
  ['Foo/json', 400, 'invalid reference format: repository name (library/Foo) must be lowercase'],
  ['a%20b/json', 400, 'invalid reference format'],
  ['%00/json', 400, 'invalid reference format'],
  ['%1b%5b31m/history', 400, 'invalid reference format'],
  ['..%2f..%2fetc%2fpasswd/json', 400, 'invalid reference format'],
  ['../../etc/json', 400, 'invalid reference format'],
  ['/etc/passwd/json', 400, 'invalid reference format'],
  ['%2e%2e/history', 400, 'invalid reference format'],
  ['oci:/var/tmp/json', 400, 'invalid reference format'],
  ['oci-archive:/etc/passwd/history', 400, 'invalid reference format'],
  ['docker://alpine/json', 400, 'invalid reference format'],
  ['docker://localhost:1/x/history', 400, 'invalid reference format'],
  ['docker-daemon:alpine/history', 404, 'No such image: docker-daemon:alpine'],
  ['image.tar/history', 404, 'No such image: image.tar:latest'],
  ['store:bare/json', 404, 'No such image: store:bare'],
  ['x%zz/json', 400, /^invalid URL/],
  ['%ff%fe/json', 400, /^invalid URL/],
  [`${'a'.repeat(10_000)}/json`, 400, 'invalid reference format'],
  ['chart:1/json', 415, /no image/],
  ['bare/json?platform=garbage', 400, /^failed to parse platform: /],
  ['bare/json?platform=[]', 400, /^failed to parse platform: /],
  ['bare/history?platform=%7B%22os%22:1%7D', 400, /^failed to parse platform: /],
  [`bare/json?platform=${PLATFORM({})}`, 400, 'both OS and Architecture must be provided'],
  [`bare/json?platform=${PLATFORM({ os: '../x', architecture: '\u001b' })}`, 400, /platform/],
  [
    `bare/json?manifests=1&platform=${PLATFORM({ os: 'linux', architecture: 'amd64' })}`,
    400,
    'conflicting options: manifests and platform options cannot both be set',
  ],
  ...['json', 'history'].map(
    (what) =>
      [
        `localhost:5000/team/multi:1/${what}?platform=${PLATFORM({ os: 'linux', architecture: 's390x' })}`,
        404,
        'image with reference localhost:5000/team/multi:1 was found but does not provide the specified platform (linux/s390x)',
      ] as const,
  ),
];

test('what is not there, and what is no name', async (t) => {
  for (const [rest, status, message] of REFUSED) {
    await t.test(rest.slice(0, 60), async () => {
      const answer = await engine.ask('GET', `/v1.51/images/${rest}`);
      assert.equal(answer.status, status, answer.text.slice(0, 500));
      const said = messageOf(answer);
      if (typeof message === 'string') assert.equal(said, message);
      else assert.match(said, message);
    });
  }
});

test('the beginning of two IDs is none', async (t) => {
  const own = await startTestEngine(t);
  const begins = new Map<string, number>();
  // seventeen images, sixteen digits: two begin alike
  for (let n = 0; n < 17; n += 1) {
    const image = buildImage({ config: { Labels: { n: String(n) } } });
    const first = hexOf(image.config.digest).slice(0, 1);
    begins.set(first, (begins.get(first) ?? 0) + 1);
    await keep(own, undefined, image);
  }
  const [doubled = ''] = [...begins].find(([, count]) => count > 1) ?? [];
  const answer = await own.ask('GET', `/images/${doubled}/json`);
  assert.deepEqual([answer.status, messageOf(answer)], [404, `No such image: ${doubled}:latest`]);
});

test('what changes in the store is told by the next answer', async (t) => {
  const own = await startTestEngine(t);
  const status = async (): Promise<number> => (await own.ask('GET', '/images/one:1/json')).status;
  assert.equal(await status(), 404);
  await keep(own, 'docker.io/library/one:1', AMD);
  assert.equal(await status(), 200);
  await own.dray.tag('one:1', 'one:2');
  const image = (await own.ask('GET', '/images/one:2/json')).json() as ImageInspect;
  assert.deepEqual(image.RepoTags, ['one:1', 'one:2']);
  await own.dray.remove('one:1');
  assert.equal(await status(), 404);
});
