import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { besieged } from './besieged.ts';
import { type Answer, digestOf, OCI_EMPTY, OCI_LAYER, OCI_MANIFEST } from './client.ts';
import { sendRaw, statusesOf } from './raw-connection.ts';

/** Passwords are `USER-secret`; that of `long` is 72 times p. */
const HTPASSWD = `anna:$2b$04$0xdFxSktj2tFYDveEOW8D.oUq0xx/FuWjuIPaPTyqrVxEY5cKmuQ2
bob:$2b$04$QpkonxQILuT5VUSbwEDk5edTvkIKNmt4pddPrwOpmQfVkwRPk0JB2
carol:$2b$04$YzdMyENxq3cSOFJ7jYz3iuktO0jVFti.dtuejpmPklb0hYYkrx3A6
long:$2b$04$6QrYVulMwCftdlX.7Iul4.qZDyZDowHax8cxfU5XayDUjFneLRUPu
`;
const CONFIG = `access:
  htpasswd: htpasswd
  admins: [anna]
  rules:
    - repositories: secret/**
      users: [anna]
      actions: ['*']
    - repositories: public/**
      anonymous: true
      actions: [pull]
    - repositories: public/**
      users: [bob]
      actions: [push]
    - repositories: bobs/**
      users: [bob]
      actions: ['*']
    - repositories: grows/**
      users: [carol]
      actions: [pull, create]
`;

function basic(user: string, password = `${user}-secret`): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

const ANNA = basic('anna');
const BOB = basic('bob');
const CAROL = basic('carol');
const SECRET = 'secret/deep/image';
const hidden = digestOf('a hidden layer');
let manifest: Buffer = Buffer.alloc(0);
let upload = '';

const client = besieged(
  {
    credentials: ANNA,
    args: ['--config', 'settings.yml', '--no-sync'],
    files: { 'settings.yml': CONFIG, htpasswd: HTPASSWD },
  },
  async (pusher) => {
    manifest = await pusher.pushImage(SECRET, 'latest');
    await pusher.pushBlob(SECRET, 'a hidden layer');
    await pusher.pushImage('public/image', 'latest');
    await pusher.pushImage('grows/image', 'latest');
    upload = await pusher.upload(SECRET);
  },
);

/** As somebody else; `undefined`: as nobody. */
function as(
  authorization: string | undefined,
  method: string,
  path: string,
  body?: string | Uint8Array,
): Promise<Answer> {
  client.credentials = authorization;
  return client.ask(method, path, { body, headers: { 'content-type': OCI_MANIFEST } });
}

/** Every route of a repository, with what would succeed for somebody who may. */
const routes = (): readonly (readonly [string, string, (string | Uint8Array)?])[] => [
  ['GET', `/v2/${SECRET}/manifests/latest`],
  ['HEAD', `/v2/${SECRET}/manifests/latest`],
  ['GET', `/v2/${SECRET}/manifests/${digestOf(manifest)}`],
  ['PUT', `/v2/${SECRET}/manifests/stolen`, manifest],
  ['PUT', `/v2/${SECRET}/manifests/${digestOf(manifest)}?tag=stolen`, manifest],
  ['DELETE', `/v2/${SECRET}/manifests/latest`],
  ['DELETE', `/v2/${SECRET}/manifests/${digestOf(manifest)}`],
  ['GET', `/v2/${SECRET}/blobs/${hidden}`],
  ['HEAD', `/v2/${SECRET}/blobs/${hidden}`],
  ['DELETE', `/v2/${SECRET}/blobs/${hidden}`],
  ['POST', `/v2/${SECRET}/blobs/uploads/`],
  ['POST', `/v2/${SECRET}/blobs/uploads/?digest=${digestOf('x')}`, 'x'],
  ['POST', `/v2/${SECRET}/blobs/uploads/?mount=${hidden}&from=public/image`],
  ['GET', new URL(upload, 'http://x').pathname],
  ['PATCH', new URL(upload, 'http://x').pathname, 'x'],
  ['PUT', `${new URL(upload, 'http://x').pathname}?digest=${digestOf('x')}`, 'x'],
  ['DELETE', new URL(upload, 'http://x').pathname],
  ['GET', `/v2/${SECRET}/tags/list`],
  ['GET', `/v2/${SECRET}/referrers/${digestOf(manifest)}`],
];

/** Nothing was given and nothing was changed. */
async function checkShut(authorization: string | undefined, statuses: readonly number[]): Promise<void> {
  for (const [method, path, body] of routes()) {
    const answer = await as(authorization, method, path, body);
    assert.ok(statuses.includes(answer.status), `${method} ${path} answered ${answer.status}`);
    assert.ok(!answer.text.includes('hidden') && !answer.text.includes(digestOf(manifest)), answer.text);
    assert.equal(answer.headers['docker-content-digest'], undefined);
    if (answer.status === 401) assert.match(String(answer.headers['www-authenticate']), /^(Basic|Bearer) \w/);
  }
  client.credentials = ANNA;
  const tags = await client.get(`/v2/${SECRET}/tags/list`);
  assert.deepEqual(JSON.parse(tags.text), { name: SECRET, tags: ['latest'] });
  assert.equal((await client.get(`/v2/${SECRET}/blobs/${hidden}`)).text, 'a hidden layer');
  assert.equal((await client.get(upload)).status, 204);
}

describe('those who may not', () => {
  for (const [who, authorization] of [
    ['nobody', undefined],
    ['a wrong password', basic('anna', 'wrong')],
    ['no password', basic('anna', '')],
    ['no user', basic('', 'anna-secret')],
    ['an unknown user', basic('eve')],
    ['a name of every object', basic('__proto__', 'x')],
    ['another name of every object', basic('constructor', '')],
    ['a zero byte behind the password', basic('anna', 'anna-secret\0')],
    ['more behind the password', basic('anna', 'anna-secret ')],
    ['another case', basic('Anna', 'anna-secret')],
    ['the hash for a password', basic('anna', '$2b$04$0xdFxSktj2tFYDveEOW8D.oUq0xx/FuWjuIPaPTyqrVxEY5cKmuQ2')],
    ['a line break in the user', basic('x\nanna')],
    ['half of Basic', 'Basic'],
    ['Basic of no base64', 'Basic !!!!'],
    ['Basic without a colon', `Basic ${Buffer.from('anna').toString('base64')}`],
    ['Bearer', 'Bearer anna-secret'],
    [
      'a Bearer without a signature',
      `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"anna"}').toString('base64url')}.`,
    ],
    ['another scheme', `Digest ${Buffer.from('anna:anna-secret').toString('base64')}`],
    ['a long password', basic('anna', 'x'.repeat(6_000))],
  ] as const)
    it(`gives nothing to ${who}`, () => checkShut(authorization, [401, 429]));

  for (const [who, authorization] of [
    ['a user of another repository', BOB],
    ['another user', CAROL],
    ['a user whose password fills what is compared', basic('long', 'p'.repeat(72))],
  ] as const)
    it(`gives nothing to ${who}`, () => checkShut(authorization, [401, 403, 404]));

  // htpasswd writes no more of a longer one into its hash either, so that whoever has one would be shut out.
  it('compares as much of a password as bcrypt does', async () => {
    assert.equal((await as(basic('long', `${'p'.repeat(72)}x`), 'GET', '/v2/')).status, 200);
    assert.equal((await as(basic('long', `${'p'.repeat(71)}x`), 'GET', '/v2/')).status, 401);
  });

  for (const path of [
    `/x/v2/${SECRET}`,
    `/v2/secret%2fdeep%2fimage`,
    `/v2//${SECRET}`,
    `//v2/${SECRET}`,
    `/v2/./${SECRET}`,
    `/v2/public/../${SECRET}`,
    `/v2/public/image/../../${SECRET}`,
    `/V2/${SECRET}`,
    `/v2/${SECRET}/`,
    `/v2/Secret/deep/image`,
    `/v2/secret/deep/image%00`,
    `/v2/public/image/v2/${SECRET}`,
    `/v2/public%2f..%2f${SECRET}`,
  ])
    it(`has no other way to ${path.slice(0, 40)}`, async () => {
      for (const rest of ['manifests/latest', 'tags/list', `blobs/${hidden}`]) {
        const text = await sendRaw(
          client.registry.port,
          `GET ${path}/${rest} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        );
        const [status = 400] = statusesOf(text);
        assert.ok(status >= 300 && status < 500, text.slice(0, 200));
        assert.ok(!text.includes('hidden layer') && !text.includes('"layers"'));
      }
    });

  it('believes no header about who asks', async () => {
    for (const header of [
      'X-Forwarded-User',
      'X-Remote-User',
      'Remote-User',
      'X-Forwarded-For',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-HTTP-Method-Override',
      'Proxy-Authorization',
      'X-Registry-Auth',
    ]) {
      const value = header === 'Proxy-Authorization' ? ANNA : 'anna';
      const text = await sendRaw(
        client.registry.port,
        `GET /v2/${SECRET}/tags/list HTTP/1.1\r\nHost: x\r\n${header}: ${value}\r\nConnection: close\r\n\r\n`,
      );
      assert.equal(statusesOf(text)[0], 401, header);
    }
    const twice = await sendRaw(
      client.registry.port,
      `GET /v2/${SECRET}/tags/list HTTP/1.1\r\nHost: x\r\nAuthorization: ${BOB}\r\nAuthorization: ${ANNA}\r\nConnection: close\r\n\r\n`,
    );
    assert.ok([400, 401, 403, 404].includes(statusesOf(twice)[0] ?? 400), twice.slice(0, 100));
    const inQuery = await sendRaw(
      client.registry.port,
      `GET /v2/${SECRET}/tags/list?token=x&access_token=x&Authorization=${encodeURIComponent(ANNA)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    assert.equal(statusesOf(inQuery)[0], 401);
  });
});

describe('what others have', () => {
  it('lists in the catalog only what one may pull', async () => {
    const listed = async (authorization: string | undefined): Promise<readonly string[]> => {
      const answer = await as(authorization, 'GET', '/v2/_catalog?n=1000');
      if (answer.status === 401 && authorization === undefined) return [];
      assert.equal(answer.status, 200);
      return (JSON.parse(answer.text) as { readonly repositories: readonly string[] }).repositories;
    };
    assert.ok((await listed(ANNA)).includes(SECRET));
    for (const who of [BOB, CAROL, undefined])
      assert.ok(!(await listed(who)).some((name) => name.startsWith('secret')));
    assert.ok((await listed(CAROL)).includes('grows/image'));
    for (const start of ['secret', 'secrea', 'a']) {
      const answer = await as(BOB, 'GET', `/v2/_catalog?n=1&last=${start}`);
      assert.ok(!`${answer.text}${String(answer.headers['link'])}`.includes('secret/'), answer.text);
    }
  });

  for (const [what, from] of [
    ['from where it is', `&from=${SECRET}`],
    ['from anywhere', ''],
    ['from an escaped name', `&from=${encodeURIComponent(SECRET)}`],
    ['from two names', `&from=bobs/own&from=${SECRET}`],
    ['from itself', '&from=bobs/thief'],
  ] as const)
    it(`mounts no blob of others ${what}`, async () => {
      const answer = await as(BOB, 'POST', `/v2/bobs/thief/blobs/uploads/?mount=${hidden}${from}`);
      assert.ok([202, 401, 403, 404].includes(answer.status), `${answer.status}`);
      assert.equal((await as(BOB, 'GET', `/v2/bobs/thief/blobs/${hidden}`)).status, 404);
    });

  it('gets no blob of others through a manifest', async () => {
    client.credentials = BOB;
    await client.pushBlob('bobs/thief', '{}');
    const document = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: OCI_EMPTY, digest: digestOf('{}'), size: 2 },
      layers: [{ mediaType: OCI_LAYER, digest: hidden, size: 14 }],
    };
    const answer = await client.putManifest('bobs/thief', 'x', document);
    assert.ok([201, 400, 404].includes(answer.status));
    for (const method of ['GET', 'HEAD'])
      assert.equal((await as(BOB, method, `/v2/bobs/thief/blobs/${hidden}`)).status, 404);
    const index = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ mediaType: OCI_MANIFEST, digest: digestOf(manifest), size: manifest.length }],
    };
    await client.putManifest('bobs/thief', 'index', index, 'application/vnd.oci.image.index.v1+json');
    assert.equal((await as(BOB, 'GET', `/v2/bobs/thief/manifests/${digestOf(manifest)}`)).status, 404);
  });

  it("goes on with nobody else's upload", async () => {
    const elsewhere = new URL(upload, 'http://x').pathname.replace(SECRET, 'bobs/thief');
    for (const method of ['GET', 'PATCH', 'DELETE']) assert.equal((await as(BOB, method, elsewhere, 'x')).status, 404);
    assert.equal((await as(BOB, 'PUT', `${elsewhere}?digest=${digestOf('')}`)).status, 404);
  });

  it('says the same of what is there and what is not', async () => {
    const [there, missing] = [
      await as(BOB, 'GET', `/v2/${SECRET}/tags/list`),
      await as(BOB, 'GET', '/v2/secret/none/tags/list'),
    ];
    assert.equal(there.status, missing.status);
    assert.equal(there.text.replaceAll(SECRET, 'NAME'), missing.text.replaceAll('secret/none', 'NAME'));
  });
});

describe('those who may do a part', () => {
  it('lets everybody pull what is public, and nobody push it', async () => {
    assert.equal((await as(undefined, 'GET', '/v2/public/image/manifests/latest')).status, 200);
    for (const [method, path, body] of [
      ['POST', '/v2/public/image/blobs/uploads/'],
      ['PUT', '/v2/public/image/manifests/x', manifest],
      ['DELETE', '/v2/public/image/manifests/latest'],
    ] as const) {
      assert.equal((await as(undefined, method, path, body)).status, 401);
      assert.ok([401, 403].includes((await as(CAROL, method, path, body)).status));
    }
    assert.ok([401, 403].includes((await as(BOB, 'DELETE', '/v2/public/image/manifests/latest')).status));
  });

  it('lets those who create make tags, but move and delete none', async () => {
    client.credentials = CAROL;
    const first = await client.pushImage('grows/image', 'carols');
    const document = JSON.stringify({ ...(JSON.parse(first.toString()) as object), annotations: { other: 'one' } });
    for (const reference of [
      'carols',
      `${digestOf(document)}?tag=carols`,
      `${digestOf(document)}?tag=fresh&tag=latest`,
    ]) {
      const answer = await client.putManifest('grows/image', reference, document);
      assert.ok([401, 403, 409].includes(answer.status), `${answer.status} for ${reference}`);
    }
    assert.ok([401, 403].includes((await as(CAROL, 'DELETE', '/v2/grows/image/manifests/carols')).status));
    client.credentials = ANNA;
    assert.deepEqual((await client.get('/v2/grows/image/manifests/carols', { accept: OCI_MANIFEST })).body, first);
    assert.equal((await client.get('/v2/grows/image/manifests/fresh')).status, 404);
  });

  it('answers others while many try passwords', async () => {
    const tries = Array.from({ length: 100 }, (_, index) => {
      client.credentials = basic('anna', `guess-${index}`);
      return client.get('/v2/');
    });
    client.credentials = ANNA;
    assert.equal((await client.get(`/v2/${SECRET}/tags/list`)).status, 200);
    for (const { status } of await Promise.all(tries)) assert.ok([401, 429].includes(status), `${status}`);
  });
});

after(() => {
  for (const secret of ['anna-secret', 'bob-secret', '$2b$04', ANNA.slice(6), 'guess-'])
    assert.ok(!client.registry.said.includes(secret), 'a password is in the log');
});
