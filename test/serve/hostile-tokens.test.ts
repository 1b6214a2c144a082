import assert from 'node:assert/strict';
import { createHmac, createSign, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { besieged } from './besieged.ts';
import type { Answer } from './client.ts';

const [trusted, strange] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = trusted?.privateKey as KeyObject;
const foreign = strange?.privateKey as KeyObject;
const jwkOf = (pair: { readonly publicKey: KeyObject } | undefined, kid: string): object => ({
  ...pair?.publicKey.export({ format: 'jwk' }),
  kid,
  use: 'sig',
});
const CONFIG = `access:
  tokens:
    realm: http://127.0.0.1:1/token
    service: registry.example
    issuer: issuer.example
    jwks: keys.json
`;
const KEYS = { keys: [jwkOf(trusted, 'good'), { ...jwkOf(rsa, 'rsa'), alg: 'RS256' }] };

const now = Math.floor(Date.now() / 1000);
const everything = ['canary/image', 'tokens/here', 'tokens/other'].map((name) => ({
  type: 'repository',
  name,
  actions: ['pull', 'push', 'delete'],
}));
const claims = {
  iss: 'issuer.example',
  aud: 'registry.example',
  sub: 'anna',
  exp: now + 600,
  nbf: now - 60,
  iat: now - 60,
  jti: 'x',
  access: everything,
};

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A token, signed by ES256 with the key that is trusted unless something else is said. */
function tokenOf(payload: object = claims, header: object = {}, by: KeyObject = key): string {
  const text = `${base64({ typ: 'JWT', alg: 'ES256', kid: 'good', ...header })}.${base64(payload)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: by, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** Where no request may ever come. */
const strangers: string[] = [];
const stranger = createServer((message, response) => {
  strangers.push(String(message.url));
  response.end(JSON.stringify({ keys: [jwkOf(strange, 'good')] }));
});
await new Promise<void>((resolve) => {
  stranger.listen(0, '127.0.0.1', resolve);
});
const elsewhere = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/keys`;
after(() => {
  stranger.close();
  assert.deepEqual(strangers, [], 'it asked for keys that a token names');
});

const name = 'tokens/here';
const client = besieged(
  {
    credentials: `Bearer ${tokenOf()}`,
    args: ['--config', 'settings.yml', '--no-sync'],
    files: { 'settings.yml': CONFIG, 'keys.json': JSON.stringify(KEYS) },
  },
  async (pusher) => {
    await pusher.pushImage(name, 'latest');
    await pusher.pushImage('tokens/other', 'latest');
  },
);

function as(token: string, method: string, path: string): Promise<Answer> {
  client.credentials = `Bearer ${token}`;
  return client.ask(method, path);
}

const hmacKeys = [
  trusted?.publicKey.export({ format: 'pem', type: 'spki' }),
  JSON.stringify(jwkOf(trusted, 'good')),
  rsa.publicKey.export({ format: 'pem', type: 'spki' }),
  '',
  'secret',
];
const [good = '', body = '', signature = ''] = tokenOf().split('.');

/** Tokens that say that their bearer may do everything, and must not be believed. */
const FORGED: Readonly<Record<string, string>> = {
  'no token': '',
  garbage: 'abc',
  'two parts': `${good}.${body}`,
  'four parts': `${good}.${body}.${signature}.${signature}`,
  'no signature': `${good}.${body}.`,
  'the algorithm none': `${base64({ alg: 'none', typ: 'JWT', kid: 'good' })}.${body}.`,
  'the algorithm None': `${base64({ alg: 'None', typ: 'JWT', kid: 'good' })}.${body}.`,
  'the algorithm none, with a signature': `${base64({ alg: 'none', kid: 'good' })}.${body}.${signature}`,
  'another payload': `${good}.${base64({ ...claims, sub: 'eve' })}.${signature}`,
  'another head': `${base64({ typ: 'JWT', alg: 'ES256', kid: 'good', x: 1 })}.${body}.${signature}`,
  'a signature of zeros': `${good}.${body}.${Buffer.alloc(64).toString('base64url')}`,
  'a signature of the order of the curve': `${good}.${body}.${Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'.repeat(2), 'hex').toString('base64url')}`,
  'a signature of random bytes': `${good}.${body}.${randomBytes(64).toString('base64url')}`,
  "a stranger's key under the name of the trusted one": tokenOf(claims, {}, foreign),
  "a stranger's key in the head": tokenOf(claims, { jwk: jwkOf(strange, 'good') }, foreign),
  "a stranger's key in the head, without a name": tokenOf(
    claims,
    { kid: undefined, jwk: jwkOf(strange, 'x') },
    foreign,
  ),
  "a stranger's address of keys": tokenOf(claims, { jku: elsewhere }, foreign),
  "a stranger's address of certificates": tokenOf(claims, { x5u: elsewhere }, foreign),
  "a stranger's certificate": tokenOf(claims, { x5c: [Buffer.from('x').toString('base64')] }, foreign),
  'an unknown key': tokenOf(claims, { kid: 'unknown' }, foreign),
  'a key that is a path': tokenOf(claims, { kid: '../../../../dev/null' }, foreign),
  'a key that is an object': tokenOf(claims, { kid: { $ne: null } }, foreign),
  'a key of every object': tokenOf(claims, { kid: '__proto__' }, foreign),
  'an extension that must be understood': tokenOf(claims, { crit: ['exp2'], exp2: 1 }),
  'the algorithm of another key': `${base64({ alg: 'RS256', kid: 'good' })}.${body}.${createSign('sha256')
    .update(`${base64({ alg: 'RS256', kid: 'good' })}.${body}`)
    .sign(rsa.privateKey)
    .toString('base64url')}`,
  'a time that is over': tokenOf({ ...claims, exp: now - 3_600 }),
  'no end': tokenOf({ ...claims, exp: undefined }),
  'an end that is a text': tokenOf({ ...claims, exp: `${now + 600}` }),
  'a time that has not begun': tokenOf({ ...claims, nbf: now + 3_600 }),
  'another issuer': tokenOf({ ...claims, iss: 'evil.example' }),
  'no issuer': tokenOf({ ...claims, iss: undefined }),
  'another service': tokenOf({ ...claims, aud: 'other.example' }),
  'no service': tokenOf({ ...claims, aud: undefined }),
  'other services': tokenOf({ ...claims, aud: ['a', 'b'] }),
  '100 KB': `${good}.${'A'.repeat(12_000)}.${signature}`,
  'JSON that is an array': tokenOf([]),
  'JSON that is null': `${good}.${Buffer.from('null').toString('base64url')}.${signature}`,
  ...Object.fromEntries(
    hmacKeys.map((secret, index) => {
      const text = `${base64({ alg: 'HS256', kid: 'good' })}.${body}`;
      return [
        `a secret that is known, ${index}`,
        `${text}.${createHmac('sha256', String(secret)).update(text).digest('base64url')}`,
      ];
    }),
  ),
};

describe('tokens that are none', () => {
  for (const [what, token] of Object.entries(FORGED))
    it(`does not believe ${what}`, async () => {
      for (const [method, path] of [
        ['GET', '/v2/'],
        ['GET', `/v2/${name}/manifests/latest`],
        ['POST', `/v2/${name}/blobs/uploads/`],
        ['DELETE', `/v2/${name}/manifests/latest`],
      ] as const) {
        const answer = await as(token, method, path);
        assert.ok([400, 401].includes(answer.status), `${method} ${path} answered ${answer.status}`);
        if (answer.status === 401) assert.match(String(answer.headers['www-authenticate']), /^Bearer realm="/);
      }
    });
});

/** What a token that is right may say, and what comes of GET and of POST in the repository. */
const RIGHTS: Readonly<Record<string, readonly [unknown, number, number]>> = {
  'pull and push': [[{ type: 'repository', name, actions: ['pull', 'push'] }], 200, 202],
  'pull alone': [[{ type: 'repository', name, actions: ['pull'] }], 200, 401],
  'push alone, which needs pull': [[{ type: 'repository', name, actions: ['push'] }], 401, 401],
  nothing: [[], 401, 401],
  null: [null, 401, 401],
  'another repository': [[{ type: 'repository', name: 'tokens/other', actions: ['pull', 'push'] }], 401, 401],
  'a repository above': [[{ type: 'repository', name: 'tokens', actions: ['pull', 'push'] }], 401, 401],
  'a pattern': [[{ type: 'repository', name: 'tokens/*', actions: ['pull', 'push'] }], 401, 401],
  'a regular expression': [[{ type: 'repository', name: '.*', actions: ['pull', 'push'] }], 401, 401],
  'another type': [[{ type: 'registry', name, actions: ['pull', 'push'] }], 401, 401],
  'actions that are a text': [[{ type: 'repository', name, actions: 'pull,push' }], 401, 401],
  'an object': [{ type: 'repository', name, actions: ['pull', 'push'] }, 401, 401],
  'a text': ['repository:tokens/here:pull,push', 401, 401],
  'entries that are null': [[null, 7, 'x'], 401, 401],
};

describe('what a token says', () => {
  for (const [what, [access, get, post]] of Object.entries(RIGHTS))
    it(`goes as far as ${what}`, async () => {
      const token = tokenOf({ ...claims, access });
      const refused = (status: number, expected: number): void =>
        assert.ok(expected === 401 ? [400, 401, 403].includes(status) : status === expected, `${status}`);
      refused((await as(token, 'GET', `/v2/${name}/manifests/latest`)).status, get);
      refused((await as(token, 'POST', `/v2/${name}/blobs/uploads/`)).status, post);
      refused((await as(token, 'DELETE', `/v2/${name}/manifests/latest`)).status, 401);
    });

  it('asks for what is needed', async () => {
    client.credentials = undefined;
    const pull = await client.get(`/v2/${name}/manifests/latest`);
    assert.equal(pull.status, 401);
    const challenge = String(pull.headers['www-authenticate']);
    assert.match(challenge, /realm="http:\/\/127\.0\.0\.1:1\/token"/);
    assert.match(challenge, /service="registry\.example"/);
    assert.match(challenge, /scope="repository:tokens\/here:pull"/);
    const push = await client.ask('POST', `/v2/${name}/blobs/uploads/`);
    assert.match(
      String(push.headers['www-authenticate']),
      /scope="repository:tokens\/here:(pull,push|push,pull|push)"/,
    );
  });

  it('puts nothing into the challenge', async () => {
    client.credentials = 'Bearer x';
    for (const path of [
      '/v2/a%22,realm=%22http:/evil/manifests/x',
      '/v2/a%0d%0ab/tags/list',
      `/v2/${'a/'.repeat(2_000)}b/tags/list`,
    ]) {
      const answer = await client.get(path);
      assert.ok([400, 401, 404].includes(answer.status), `${answer.status}`);
      assert.doesNotMatch(answer.headers['www-authenticate'] ?? '', /evil/);
      assert.ok((answer.headers['www-authenticate'] ?? '').length < 2_000);
    }
  });

  it('mounts only from where the token may pull', async () => {
    client.credentials = `Bearer ${tokenOf()}`;
    const digest = await client.pushBlob('tokens/other', 'of the other one');
    const token = tokenOf({ ...claims, access: [{ type: 'repository', name, actions: ['pull', 'push'] }] });
    for (const from of ['&from=tokens/other', '']) {
      assert.equal((await as(token, 'POST', `/v2/${name}/blobs/uploads/?mount=${digest}${from}`)).status, 202);
      assert.equal((await as(token, 'GET', `/v2/${name}/blobs/${digest}`)).status, 404);
    }
  });
});
