import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { besieged } from './besieged.ts';
import type { Answer } from './client.ts';

/** The password of `anna` is `anna-secret`; bob's is `bob-secret`. */
const HTPASSWD = `anna:$2b$04$0xdFxSktj2tFYDveEOW8D.oUq0xx/FuWjuIPaPTyqrVxEY5cKmuQ2
bob:$2b$04$QpkonxQILuT5VUSbwEDk5edTvkIKNmt4pddPrwOpmQfVkwRPk0JB2
`;
const CONFIG = `access:
  htpasswd: htpasswd
  token-service: true
  admins: [anna]
  rules:
    - repositories: public/**
      anonymous: true
      actions: [pull]
    - repositories: bobs/**
      users: [bob]
      actions: ['*']
`;

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const ANNA = basic('anna', 'anna-secret');
const BOB = basic('bob', 'bob-secret');

const client = besieged(
  {
    args: ['--config', 'settings.yml', '--no-sync'],
    files: { 'settings.yml': CONFIG, htpasswd: HTPASSWD },
    // Passwords are taken as they are, too.
    credentials: ANNA,
  },
  async (pusher) => {
    await pusher.pushImage('secret/image', 'latest');
    await pusher.pushImage('public/image', 'latest');
    await pusher.pushImage('bobs/image', 'latest');
  },
);

function ask(authorization: string | undefined, path: string, method = 'GET'): Promise<Answer> {
  client.credentials = authorization;
  return client.ask(method, path);
}

/** Where tokens come from, as the challenge says. */
async function realm(): Promise<string> {
  const { status, headers } = await ask(undefined, '/v2/secret/image/manifests/latest');
  assert.equal(status, 401);
  const found = /^Bearer realm="(http:\/\/127\.0\.0\.1:\d+[^"]*)"/.exec(String(headers['www-authenticate']));
  assert.ok(found !== null, String(headers['www-authenticate']));
  return new URL(String(found[1])).pathname;
}

async function tokenOf(authorization: string | undefined, query: string): Promise<string | undefined> {
  const answer = await ask(authorization, `${await realm()}?service=dray&${query}`);
  if (answer.status >= 400) return undefined;
  assert.equal(answer.status, 200, answer.text);
  const { token, access_token: other } = JSON.parse(answer.text) as {
    readonly token?: string;
    readonly access_token?: string;
  };
  return token ?? other;
}

/** What the token of a scope opens. */
async function opens(token: string | undefined): Promise<readonly string[]> {
  const opened: string[] = [];
  for (const name of ['secret', 'public', 'bobs']) {
    const bearer = token === undefined ? undefined : `Bearer ${token}`;
    if ((await ask(bearer, `/v2/${name}/image/manifests/latest`)).status === 200) opened.push(`${name}:pull`);
    if ((await ask(bearer, `/v2/${name}/image/blobs/uploads/`, 'POST')).status === 202) opened.push(`${name}:push`);
  }
  return opened;
}

const EVERYTHING = ['secret', 'public', 'bobs']
  .map((name) => `scope=repository:${name}/image:pull,push,delete`)
  .join('&');

describe('tokens of the server itself', () => {
  for (const [who, authorization, rights] of [
    ['a user', BOB, ['public:pull', 'bobs:pull', 'bobs:push']],
    [
      'somebody who may do everything',
      ANNA,
      ['secret:pull', 'secret:push', 'public:pull', 'public:push', 'bobs:pull', 'bobs:push'],
    ],
    ['nobody', undefined, ['public:pull']],
  ] as const)
    it(`open no more than ${who} may`, async () => {
      assert.deepEqual(await opens(await tokenOf(authorization, EVERYTHING)), rights);
    });

  for (const [what, query] of [
    ['a pattern', 'scope=repository:*:pull,push'],
    ['a pattern of all', 'scope=repository:**:*'],
    ['every action', 'scope=repository:secret/image:*'],
    ['an escaped name', 'scope=repository:secret%252fimage:pull'],
    ['a path upward', 'scope=repository:bobs/../secret/image:pull'],
    ['a name with another host', 'scope=repository:bobs/image:443/secret/image:pull'],
    ['several scopes in one', 'scope=repository:bobs/x:pull%20repository:secret/image:pull'],
    ['another account', 'account=anna&scope=repository:secret/image:pull'],
    ['another service', 'service=other&scope=repository:secret/image:pull'],
    ['a type of its own', 'scope=registry:catalog:*&scope=repository(plugin):secret/image:pull'],
    [
      'a thousand scopes',
      Array.from({ length: 500 }, (_, index) => `scope=repository:secret/r${index}:pull`).join('&'),
    ],
    ['no scope', ''],
    ['a scope that is none', 'scope=:::&scope=&scope=repository&scope=%00&scope=%0d%0a'],
  ])
    it(`let bob into nothing else by ${what}`, async () => {
      const opened = await opens(await tokenOf(BOB, String(query)));
      assert.ok(!opened.some((right) => right.startsWith('secret') || right === 'public:push'), opened.join());
    });

  for (const [what, authorization] of [
    ['a wrong password', basic('anna', 'wrong')],
    ['an unknown user', basic('eve', 'x')],
    ['no user', basic('', '')],
    ['garbage', 'Basic ====='],
    ['a token', 'Bearer x.y.z'],
  ] as const)
    it(`are not given for ${what}`, async () => {
      const answer = await ask(authorization, `${await realm()}?service=dray&scope=repository:public/image:pull`);
      assert.ok([400, 401, 403, 429].includes(answer.status), `${answer.status}`);
    });

  it('cannot be widened', async () => {
    const token = String(await tokenOf(BOB, 'scope=repository:bobs/image:pull'));
    const [head = '', body = '', signature = ''] = token.split('.');
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const wider = {
      ...payload,
      sub: 'anna',
      access: [{ type: 'repository', name: 'secret/image', actions: ['pull'] }],
    };
    const changed = Buffer.from(JSON.stringify(wider)).toString('base64url');
    for (const forged of [
      `${head}.${changed}.${signature}`,
      `${head}.${changed}.`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${changed}.`,
    ])
      assert.equal((await ask(`Bearer ${forged}`, '/v2/secret/image/manifests/latest')).status, 401);
    const own = await ask(`Bearer ${token}`, `${await realm()}?service=dray&scope=repository:secret/image:pull`);
    if (own.status === 200) {
      const { token: next } = JSON.parse(own.text) as { readonly token?: string };
      assert.deepEqual(
        (await opens(next)).filter((right) => right.startsWith('secret')),
        [],
      );
    }
  });

  it('come by no method that changes something', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const { status } = await ask(ANNA, await realm(), method);
      assert.ok(status >= 400 && status < 500, `${status}`);
    }
    client.credentials = undefined;
    const body = `grant_type=password&username=bob&password=wrong&service=dray&client_id=x&scope=repository:bobs/image:pull`;
    const posted = await client.ask('POST', await realm(), {
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    assert.ok(posted.status >= 400 && posted.status < 500, `${posted.status}`);
    const large = await client.ask('POST', await realm(), { body: Buffer.alloc(3 << 20, 'a') }).catch(() => undefined);
    if (large !== undefined) assert.ok(large.status >= 400 && large.status < 500, `${large.status}`);
  });
});
