import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { DrayError, hasCode, isDrayError } from '#errors';
import { createTransport } from '#transport';
import { createKeychain } from './keychain.ts';
import { type LoginSettings, login, logout } from './login.ts';
import { basicOf, endpointOf, serve, writeHelper } from './support.test.ts';
import { verifyLogin } from './verify-login.ts';

const root = mkdtempSync(join(tmpdir(), 'dray-login-'));
const client = createTransport({ stallTimeout: 2000 });
after(() => {
  client.close();
  rmSync(root, { recursive: true });
});

const USER = { username: 'ann', password: 'hunter2' };
const AUTH = Buffer.from('ann:hunter2').toString('base64');
const HUB = 'https://index.docker.io/v1/';

let made = 0;
function configOf(content?: unknown): { configFile: string; read: () => unknown } {
  const folder = join(root, `${made++}`);
  mkdirSync(folder);
  const configFile = join(folder, 'config.json');
  if (content !== undefined) writeFileSync(configFile, JSON.stringify(content));
  return { configFile, read: () => JSON.parse(readFileSync(configFile, 'utf8')) };
}

const accepts = (): Promise<undefined> => Promise.resolve(undefined);
const settings = (configFile: string, more: Partial<LoginSettings> = {}): LoginSettings => ({
  server: 'h:5000',
  credential: USER,
  verify: accepts,
  configFile,
  ...more,
});

test('without a helper, the credential goes to config.json', async () => {
  const { configFile, read } = configOf();
  assert.deepEqual(await login(settings(configFile)), {
    server: 'h:5000',
    username: 'ann',
    storedIn: { kind: 'file', path: configFile },
  });
  assert.deepEqual(read(), { auths: { 'h:5000': { auth: AUTH } } });
  assert.equal(statSync(configFile).mode & 0o777, 0o600);
  assert.deepEqual(await createKeychain({ dockerConfigFile: configFile })('h:5000'), {
    ...USER,
    identityToken: undefined,
    registryToken: undefined,
  });
});

test('Docker Hub has its own key, and hosts lose scheme and path', async () => {
  const { configFile, read } = configOf({ auths: { other: { auth: AUTH } } });
  for (const server of [undefined, 'docker.io', 'https://ghcr.io/v2/']) await login(settings(configFile, { server }));
  assert.deepEqual(Object.keys((read() as { auths: object }).auths), ['other', HUB, 'ghcr.io']);
});

test('an identity token is kept in place of the password', async () => {
  const { configFile, read } = configOf();
  await login(settings(configFile, { verify: () => Promise.resolve('id-token') }));
  assert.deepEqual(read(), {
    auths: { 'h:5000': { auth: Buffer.from('ann:').toString('base64'), identitytoken: 'id-token' } },
  });
  const found = await createKeychain({ dockerConfigFile: configFile })('h:5000');
  assert.equal(found?.identityToken, 'id-token');
  await login(settings(configFile, { server: 'only.id', credential: { identityToken: 'given' } }));
  assert.deepEqual((read() as { auths: Record<string, unknown> }).auths['only.id'], { identitytoken: 'given' });
});

test('a refused credential is not stored', async () => {
  const { configFile, read } = configOf({ auths: {} });
  const verify = (): Promise<never> => Promise.reject(new DrayError('UNAUTHORIZED', 'no'));
  await assert.rejects(login(settings(configFile, { verify })), (error) => hasCode(error, 'UNAUTHORIZED'));
  assert.deepEqual(read(), { auths: {} });
});

test('what cannot be logged in with, or to, is refused before anything is asked', async () => {
  const { configFile } = configOf();
  const verify = (): never => assert.fail('asked');
  for (const server of ['h 1', 'h\n', 'user@h', 'h:port', '[::1', 'h:123456', '\u001b[31m'])
    await assert.rejects(
      login(settings(configFile, { server, verify })),
      (error) => hasCode(error, 'INVALID_OPTION'),
      server,
    );
  for (const credential of [{}, { username: 'ann' }, { password: 'hunter2' }, { username: 'a:b', password: 'hunter2' }])
    await assert.rejects(login(settings(configFile, { credential, verify })), (error) =>
      hasCode(error, 'INVALID_OPTION'),
    );
  const broken = configOf([]);
  await assert.rejects(login(settings(broken.configFile, { verify })), (error) =>
    hasCode(error, 'INVALID_CONFIGURATION'),
  );
});

const bin = join(root, 'bin');
mkdirSync(bin);
const env = { PATH: bin, VAULT: join(root, 'vault.json') };
writeHelper(
  bin,
  'vault',
  `
  const fs = require('node:fs');
  const vault = fs.existsSync(process.env.VAULT) ? JSON.parse(fs.readFileSync(process.env.VAULT)) : {};
  if (action === 'get') { if (!vault[input]) { console.log('credentials not found in native keychain'); process.exit(1); } console.log(JSON.stringify(vault[input])); }
  if (action === 'list') console.log(JSON.stringify(Object.fromEntries(Object.keys(vault).map((key) => [key, 'x']))));
  if (action === 'store') { const one = JSON.parse(input); vault[one.ServerURL] = one; }
  if (action === 'erase') delete vault[input];
  fs.writeFileSync(process.env.VAULT, JSON.stringify(vault));
`,
);
const vault = (): Record<string, { Username: string; Secret: string }> => JSON.parse(readFileSync(env.VAULT, 'utf8'));

test('with a helper, the file holds an empty entry and no password, not even the one from before', async () => {
  const { configFile, read } = configOf({ credsStore: 'vault', auths: { 'h:5000': { auth: AUTH } } });
  const keychain = createKeychain({ dockerConfigFile: configFile, env });
  assert.equal(await keychain('h:5000'), undefined);
  const result = await login(settings(configFile, { env }));
  assert.deepEqual(result.storedIn, { kind: 'helper', name: 'docker-credential-vault' });
  assert.deepEqual(read(), { credsStore: 'vault', auths: { 'h:5000': {} } });
  assert.equal(vault()['h:5000']?.Secret, 'hunter2');
  assert.equal((await keychain('h:5000'))?.password, 'hunter2', 'what was known before counts no longer');

  await login(settings(configFile, { env, server: 'docker.io', verify: () => Promise.resolve('id-token') }));
  assert.deepEqual(vault()[HUB], { ServerURL: HUB, Username: '<token>', Secret: 'id-token' });

  assert.equal(await logout({ configFile, env, server: 'h:5000' }), true);
  assert.equal(await logout({ configFile, env, server: 'docker.io' }), true);
  assert.equal(await logout({ configFile, env, server: 'h:5000' }), false);
  assert.deepEqual(vault(), {});
  assert.deepEqual(read(), { credsStore: 'vault', auths: {} });
  assert.equal(await keychain('h:5000'), undefined);
});

test('a helper for one host is not used for another', async () => {
  const { configFile, read } = configOf({ credHelpers: { 'h:5000': 'vault' } });
  await login(settings(configFile, { env }));
  await login(settings(configFile, { env, server: 'other' }));
  assert.deepEqual(read(), { credHelpers: { 'h:5000': 'vault' }, auths: { 'h:5000': {}, other: { auth: AUTH } } });
  assert.deepEqual(Object.keys(vault()), ['h:5000']);
  assert.equal(await logout({ configFile, env, server: 'h:5000' }), true);
});

test('a helper that is missing stores nothing in the file instead', async () => {
  const { configFile, read } = configOf({ credsStore: 'missing' });
  await assert.rejects(login(settings(configFile, { env })), (error) => hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
  assert.deepEqual(read(), { credsStore: 'missing' });
});

test('a logout removes every spelling of a host, and nothing else', async () => {
  const { configFile, read } = configOf({
    auths: { 'h:5000': {}, 'https://h:5000/v2/': {}, 'http://h:5000': {}, 'h:5001': {}, h: {} },
    psFormat: 'x',
  });
  assert.equal(await logout({ configFile, server: 'h:5000' }), true);
  assert.deepEqual(read(), { auths: { 'h:5001': {}, h: {} }, psFormat: 'x' });
  assert.equal(await logout({ configFile, server: 'h:5000' }), false);
  const hub = configOf({ auths: { [HUB]: {}, [`${HUB}refresh-token`]: {}, 'docker.io': {} } });
  assert.equal(await logout({ configFile: hub.configFile, server: undefined }), true);
  assert.deepEqual(hub.read(), { auths: {} });
});

test('logins of several processes at the same time lose nothing', async () => {
  const { configFile, read } = configOf();
  const program = `
    import { login } from ${JSON.stringify(new URL('./login.ts', import.meta.url).href)};
    for (let at = 0; at < 4; at++) await login({ server: process.argv[1] + '-' + at, credential: { username: 'a', password: 'b' }, verify: async () => undefined, configFile: process.argv[2] });
  `;
  const run = promisify(execFile);
  const source = import.meta.url.endsWith('.ts');
  const code = source ? program : program.replace('login.ts', 'login.js');
  await Promise.all(
    ['p1', 'p2', 'p3'].map((name) =>
      run(process.execPath, [...process.execArgv, '--input-type=module', '-e', code, name, configFile]),
    ),
  );
  assert.equal(Object.keys((read() as { auths: object }).auths).length, 12);
});

interface Registry {
  readonly answer: Parameters<typeof serve>[0];
  readonly credential?: LoginSettings['credential'];
}

async function verified({ answer, credential = USER }: Registry): Promise<{ result: string; seen: string[] }> {
  const server = await serve(answer);
  const endpoint = endpointOf(server.origin);
  const result = await verifyLogin({ endpoint, transport: client.send, credential }).then(
    (identityToken) => identityToken ?? 'accepted',
    (error: unknown) => {
      assert.ok(isDrayError(error), String(error));
      assert.ok(!JSON.stringify([error.message, error.hint]).includes('hunter2'));
      return error.code;
    },
  );
  await server.close();
  return { result, seen: server.seen.map(({ line, authorization = '-' }) => `${line} ${authorization}`) };
}

test('a login is checked by Basic', async () => {
  const answer: Registry['answer'] = (request, response) => {
    if (request.headers.authorization !== basicOf('ann:hunter2'))
      response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' });
    response.end();
  };
  assert.deepEqual(await verified({ answer }), {
    result: 'accepted',
    seen: ['GET /v2/ -', `GET /v2/ ${basicOf('ann:hunter2')}`],
  });
  assert.equal((await verified({ answer, credential: { username: 'ann', password: 'wrong' } })).result, 'UNAUTHORIZED');
});

test('a login is checked with a token, and an identity token is asked for', async () => {
  const answer: Registry['answer'] = (request, response) => {
    if (request.url?.startsWith('/token') === true) {
      const good = request.headers.authorization === basicOf('ann:hunter2');
      return response.writeHead(good ? 200 : 401).end(good ? '{"token":"t1","refresh_token":"id"}' : '{}');
    }
    const challenge = `Bearer realm="http://${request.headers.host}/token",service="s",scope="registry:catalog:*"`;
    return request.headers.authorization === 'Bearer t1'
      ? response.end()
      : response.writeHead(401, { 'www-authenticate': challenge }).end();
  };
  const { result, seen } = await verified({ answer });
  assert.equal(result, 'id');
  assert.deepEqual(seen, [
    'GET /v2/ -',
    `GET /token?service=s&offline_token=true&client_id=dray&account=ann ${basicOf('ann:hunter2')}`,
    'GET /v2/ Bearer t1',
  ]);
  assert.equal((await verified({ answer, credential: { username: 'ann', password: 'wrong' } })).result, 'UNAUTHORIZED');
});

test('odd answers to a login', async () => {
  assert.deepEqual(await verified({ answer: (_, response) => response.end() }), {
    result: 'accepted',
    seen: ['GET /v2/ -'],
  });
  const cases: readonly [expected: string, status: number, headers?: Record<string, string>][] = [
    ['BAD_RESPONSE', 404],
    ['BAD_RESPONSE', 500],
    ['UNAUTHORIZED', 401],
    ['UNAUTHORIZED', 401, { 'www-authenticate': 'Negotiate' }],
    ['INSECURE_REFUSED', 401, { 'www-authenticate': 'Bearer realm="http://other.example/token"' }],
  ];
  for (const [expected, status, headers = {}] of cases) {
    assert.equal(
      (await verified({ answer: (_, response) => response.writeHead(status, headers).end() })).result,
      expected,
    );
  }
});
