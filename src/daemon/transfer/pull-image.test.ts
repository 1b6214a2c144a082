import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RegistryAuth } from '#engine';
import {
  basicAuth,
  bearerAuth,
  buildIndex,
  flipByte,
  helloImage,
  helloIndex,
  type RegistryOptions,
  status,
} from '#testing';
import { happened } from '../engine.test.fixture.ts';
import { ABOVE, BELOW, pathOf, printed, twoLayers, world } from './pull.test.fixture.ts';

describe('a pull through the engine', () => {
  test('a tag: as docker tells it, then up to date', async (t) => {
    const { pull, registry } = await world(t, { images: { 'app:1': twoLayers } });
    const answer = await pull('app', '1');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json');
    const lines = printed(answer);
    assert.deepEqual(lines.slice(0, 3), [
      '1: Pulling from app',
      `${BELOW}: Pulling fs layer`,
      `${ABOVE}: Pulling fs layer`,
    ]);
    const last = [
      `Digest: ${twoLayers.root.digest}`,
      `Status: Downloaded newer image for ${registry.reference('app:1')}`,
    ];
    assert.deepEqual(lines.slice(-2), last);
    for (const id of [BELOW, ABOVE]) {
      const of = lines.filter((line) => line.startsWith(id)).map((line) => line.slice(14));
      assert.deepEqual(of, ['Pulling fs layer', 'Verifying Checksum', 'Download complete', 'Pull complete']);
    }
    assert.ok(lines.indexOf(`${BELOW}: Pull complete`) < lines.indexOf(`${ABOVE}: Pull complete`));
    const moving = answer.lines().find(({ id, progress }) => id === BELOW && progress !== undefined);
    assert.equal(moving?.['status'], 'Downloading');
    assert.deepEqual(answer.lines()[1], { status: 'Pulling fs layer', progressDetail: {}, id: BELOW });
    assert.deepEqual(printed(await pull('app', '1')), [
      '1: Pulling from app',
      last[0],
      `Status: Image is up to date for ${registry.reference('app:1')}`,
    ]);
  });

  test('a digest, all tags, a platform, a tag within the name', async (t) => {
    const images = { 'app:1': helloIndex(), 'app:2': helloImage('amd64'), 'one:1': helloImage('arm64') };
    const { pull, engine, registry } = await world(t, { images });
    const { digest } = images['app:1'].root;
    const byDigest = `${registry.reference('app')}@${digest}`;
    assert.deepEqual(printed(await pull('app', digest)).slice(-2), [
      `Digest: ${digest}`,
      `Status: Downloaded newer image for ${byDigest}`,
    ]);
    assert.equal(printed(await pull('app', digest))[0], `${byDigest}: Pulling from app`);
    const all = printed(await pull('app', ''));
    assert.deepEqual(
      all.filter((line) => line.includes('Pulling from') || line.startsWith('Status')),
      ['1: Pulling from app', '2: Pulling from app', `Status: Downloaded newer image for ${registry.reference('app')}`],
    );
    assert.equal(printed(await engine.ask('POST', pathOf(registry.reference('app:2'), ''))).length, 3);
    await pull('app', '1', { platform: 'linux/arm64' });
    const { Architecture } = await engine.dray.inspect(`store:${registry.reference('app:1')}`, {
      platform: 'linux/arm64',
    });
    assert.equal(Architecture, 'arm64');
    const warned = printed(await pull('one', '1', { platform: 'linux/amd64' })).at(-1);
    assert.equal(
      warned,
      `WARNING: image with reference ${registry.reference('one:1')} was found but its platform (linux/arm64) ` +
        'does not match the specified platform (linux/amd64)',
    );
  });

  test('an event of it: the name, with the labels of the image', async (t) => {
    const { pull, engine, registry } = await world(t, { images: { 'app:1': twoLayers } });
    await pull('app', '1');
    const told = (await happened(engine)).map(({ Action, Actor }) => [Action, Actor]);
    const attributes = { name: registry.reference('app'), version: '0.1' };
    assert.deepEqual(told, [['pull', { ID: registry.reference('app:1'), Attributes: attributes }]]);
  });
});

describe('a pull that fails', () => {
  interface Row {
    readonly what: string;
    readonly name?: string;
    readonly tag?: string;
    readonly more?: Readonly<Record<string, string>>;
    readonly auth?: RegistryAuth;
    readonly registry?: Partial<RegistryOptions>;
    readonly answer: readonly [status: number, message: string];
  }
  const users = { user: 'pw' };
  const head = 'Head "http://HOST/v2/app/manifests/1": ';
  const rows: readonly Row[] = [
    {
      what: 'no such tag',
      tag: '9',
      answer: [404, 'manifest for HOST/app:9 not found: manifest unknown: manifest unknown'],
    },
    {
      what: 'no such repository, all tags',
      name: 'other',
      tag: '',
      answer: [404, 'repository HOST/other not found: name unknown: repository name not known to registry'],
    },
    { what: 'a name', name: 'App', answer: [400, 'invalid reference format: repository name (App) must be lowercase'] },
    { what: 'a tag', tag: '../x', answer: [400, 'invalid tag format'] },
    {
      what: 'a platform',
      more: { platform: 'bogus' },
      answer: [400, '"bogus": unknown operating system or architecture: invalid argument'],
    },
    {
      what: 'a platform of too many parts',
      more: { platform: 'li_nux/x/y/z' },
      answer: [400, '"li_nux/x/y/z": cannot parse platform specifier: invalid argument'],
    },
    {
      what: 'credentials are wanted',
      registry: { auth: basicAuth(users) },
      answer: [500, `${head}no basic auth credentials`],
    },
    {
      what: 'credentials are refused',
      registry: { auth: basicAuth(users) },
      auth: { username: 'user', password: 'bad' },
      answer: [401, 'unauthorized: authentication required'],
    },
    {
      what: 'no token',
      registry: { auth: bearerAuth({ users }) },
      answer: [401, `${head}unauthorized: incorrect username or password`],
    },
    {
      what: 'a token that does not allow it',
      registry: { auth: bearerAuth({ users, anonymous: true, actions: [] }) },
      answer: [
        404,
        "pull access denied for HOST/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      ],
    },
    {
      what: 'too many requests',
      registry: { faults: [status(429, { kind: 'manifest', retryAfter: 0 })] },
      answer: [429, 'toomanyrequests: status 429'],
    },
    {
      what: 'a server that fails',
      registry: { faults: [status(500, { kind: 'manifest' })] },
      answer: [500, 'received unexpected HTTP status: 500 Internal Server Error'],
    },
  ];
  for (const { what, name = 'app', tag = '1', more, auth, registry: how, answer } of rows) {
    test(`before it begins: ${what}`, async (t) => {
      const { pull, registry } = await world(t, { images: { 'app:1': helloImage('amd64') }, ...how });
      const found = await pull(name, tag, more, auth);
      const [code, message] = answer;
      assert.deepEqual([found.status, found.json()], [code, { message: message.replaceAll('HOST', registry.host) }]);
    });
  }

  test('nobody listens there; nothing is named', async (t) => {
    const { engine, registry } = await world(t, {});
    await registry.close();
    const refused = await engine.ask('POST', pathOf(`${registry.host}/app`, '1'));
    const [, port] = registry.host.split(':');
    assert.equal(refused.status, 500);
    assert.deepEqual(refused.json(), {
      message: `Get "http://${registry.host}/v2/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    });
    assert.equal((await engine.ask('POST', '/images/create')).status, 400);
    assert.deepEqual((await engine.ask('POST', pathOf('scratch', 'latest'))).json(), {
      message: "'scratch' is a reserved name",
    });
  });

  const arm = { os: 'linux', architecture: 's390x' };
  const image = helloImage('amd64');
  const streamed: readonly (readonly [what: string, options: RegistryOptions, error: string])[] = [
    [
      'no manifest for the platform',
      { images: { 'app:1': buildIndex([{ graph: helloImage('amd64'), platform: arm }]) } },
      'no matching manifest for linux/arm/v7 in the manifest list entries',
    ],
    [
      'a config that is not there',
      { images: { 'app:1': image }, faults: [status(404, { kind: 'blob', reference: image.config.digest })] },
      'error pulling image configuration: download failed after attempts=1: unknown blob',
    ],
    [
      'another config',
      { images: { 'app:1': image }, faults: [flipByte(3, { kind: 'blob', reference: image.config.digest })] },
      `error pulling image configuration: image config verification failed for digest ${image.config.digest}`,
    ],
    [
      'another layer',
      { images: { 'app:1': image }, faults: [flipByte(3, { kind: 'blob', reference: image.layers[0]?.digest })] },
      `filesystem layer verification failed for digest ${image.layers[0]?.digest ?? ''}`,
    ],
    [
      'a layer that is not there',
      { images: { 'app:1': image }, faults: [status(404, { kind: 'blob', reference: image.layers[0]?.digest })] },
      'unknown blob',
    ],
  ];
  for (const [what, options, error] of streamed) {
    test(`when it has begun: ${what}`, async (t) => {
      const { pull } = await world(t, options);
      const answer = await pull('app', '1', { platform: 'linux/arm/v7' });
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.lines()[0], { status: 'Pulling from app', id: '1' });
      assert.deepEqual(answer.lines().at(-1), { errorDetail: { message: error }, error });
    });
  }
});
