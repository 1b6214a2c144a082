import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ErrorCode, hasCode } from '#errors';
import type { EngineOptions } from './engine-options.ts';
import { temporaryFolder } from './engine-server.test.fixture.ts';
import { type EngineEnvironment, fromEnv } from './from-env.ts';

/** What of the options leads to the engine. */
function endpoint(env: EngineEnvironment, context?: string): Pick<EngineOptions, 'host' | 'tls'> {
  const { host, tls } = fromEnv(env, { context });
  return { ...(host === undefined ? {} : { host }), ...(tls === undefined ? {} : { tls }) };
}

async function write(folder: string, files: Readonly<Record<string, string | object>>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

const idOf = (name: string): string => createHash('sha256').update(name).digest('hex');

const contextFiles = (name: string, docker: object): Readonly<Record<string, object>> => ({
  [`contexts/meta/${idOf(name)}/meta.json`]: { Name: name, Metadata: {}, Endpoints: { docker } },
});

/** A folder of docker's with two contexts, of which `near` is the current one. */
async function dockerFolder(t: TestContext): Promise<string> {
  return write(await temporaryFolder(t), {
    'config.json': {
      currentContext: 'near',
      HttpHeaders: { 'X-Meta': 'yes', 'user-agent': 'x' },
      auths: { h: { auth: 'eDp5' } },
    },
    ...contextFiles('near', { Host: 'unix:///near.sock', SkipTLSVerify: false }),
    ...contextFiles('far', { Host: 'tcp://far:2376', SkipTLSVerify: false }),
    ...contextFiles('lax', { Host: 'tcp://lax:2376', SkipTLSVerify: true }),
    [`contexts/tls/${idOf('far')}/docker/ca.pem`]: 'ca',
    [`contexts/tls/${idOf('far')}/docker/cert.pem`]: 'cert',
    [`contexts/tls/${idOf('far')}/docker/key.pem`]: 'key',
  });
}

test('an empty environment means the default socket, unencrypted', () => {
  assert.deepEqual(endpoint({}), {});
  assert.deepEqual(endpoint({ DOCKER_HOST: '', DOCKER_CONTEXT: '', DOCKER_TLS_VERIFY: '', HOME: '' }), {});
  assert.equal(fromEnv({}).version, undefined);
  assert.equal(fromEnv({}).headers, undefined);
});

test('DOCKER_HOST comes before DOCKER_CONTEXT, and that before the current context; a context that is asked for before all', async (t) => {
  const DOCKER_CONFIG = await dockerFolder(t);
  const DOCKER_HOST = 'tcp://given:1';
  assert.deepEqual(endpoint({ DOCKER_CONFIG }), { host: 'unix:///near.sock' });
  assert.deepEqual(endpoint({ DOCKER_CONFIG, DOCKER_CONTEXT: 'lax' }), {
    host: 'tcp://lax:2376',
    tls: { verify: false },
  });
  assert.deepEqual(endpoint({ DOCKER_CONFIG, DOCKER_CONTEXT: 'default' }), {});
  assert.deepEqual(endpoint({ DOCKER_CONFIG, DOCKER_CONTEXT: 'lax', DOCKER_HOST }), { host: DOCKER_HOST });
  assert.deepEqual(endpoint({ DOCKER_CONFIG, DOCKER_HOST }, 'near'), { host: 'unix:///near.sock' });
});

test('a context brings its certificates, and the variables for them are not its', async (t) => {
  const DOCKER_CONFIG = await dockerFolder(t);
  const folder = join(DOCKER_CONFIG, 'contexts', 'tls', idOf('far'), 'docker');
  const tls = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const env = { DOCKER_CONFIG, DOCKER_CONTEXT: 'far', DOCKER_CERT_PATH: '/nowhere' };
  assert.deepEqual(endpoint(env), { host: 'tcp://far:2376', tls });
});

test('a context that is not there is refused with the names of those that are', async (t) => {
  const DOCKER_CONFIG = await dockerFolder(t);
  for (const name of ['gone', '../far', 'a\u001b[31m']) {
    assert.throws(
      () => fromEnv({ DOCKER_CONFIG, DOCKER_CONTEXT: name }),
      (error: unknown) => {
        assert.ok(hasCode(error, 'NOT_FOUND'));
        assert.match(error.hint ?? '', /"default", "far", "lax", "near"/);
        assert.ok(!error.message.includes('\u001b'));
        return true;
      },
    );
  }
  assert.throws(() => fromEnv({ DOCKER_CONTEXT: 'x' }), /no folder of docker's/);
});

test('the headers of config.json go along, but for the name of the program', async (t) => {
  const DOCKER_CONFIG = await dockerFolder(t);
  assert.deepEqual(fromEnv({ DOCKER_CONFIG, DOCKER_HOST: 'unix:///x' }).headers, { 'X-Meta': 'yes' });
});

test('the folder of docker is in the home folder, which is HOME or USERPROFILE', async (t) => {
  const home = await temporaryFolder(t);
  await write(join(home, '.docker'), {
    'config.json': { currentContext: 'near' },
    ...contextFiles('near', { Host: 'unix:///near.sock' }),
  });
  const host = 'unix:///near.sock';
  assert.equal(fromEnv({ HOME: home }, { platform: 'linux' }).host, host);
  assert.equal(fromEnv({ USERPROFILE: home, HOME: '/none' }, { platform: 'win32' }).host, host);
  assert.equal(fromEnv({ USERPROFILE: home }, { platform: 'linux' }).host, undefined);
  assert.equal(fromEnv({}, { home }).host, host);
});

test('TLS is asked for by any value, and only where there is TCP', async (t) => {
  const DOCKER_CERT_PATH = await write(await temporaryFolder(t), { 'ca.pem': 'a', 'cert.pem': 'b', 'key.pem': 'c' });
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => join(DOCKER_CERT_PATH, name));
  const DOCKER_HOST = 'tcp://h:2376';
  const of = (env: EngineEnvironment): unknown => fromEnv(env).tls;
  for (const value of ['1', '0', 'false', 'x']) {
    assert.deepEqual(of({ DOCKER_HOST, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY: value }), { ca, cert, key });
  }
  assert.deepEqual(of({ DOCKER_HOST, DOCKER_CERT_PATH }), { cert, key, verify: false });
  assert.deepEqual(of({ DOCKER_HOST, DOCKER_CERT_PATH, DOCKER_TLS: '1' }), { cert, key, verify: false });
  assert.deepEqual(of({ DOCKER_HOST, DOCKER_TLS: '1' }), { verify: false });
  assert.equal(of({ DOCKER_HOST }), undefined);
  assert.equal(of({ DOCKER_HOST: 'unix:///x', DOCKER_CERT_PATH, DOCKER_TLS_VERIFY: '1' }), undefined);
  assert.equal(of({ DOCKER_TLS_VERIFY: '1' }), undefined);
  assert.deepEqual(of({ DOCKER_HOST, DOCKER_CONFIG: DOCKER_CERT_PATH, DOCKER_TLS_VERIFY: '1' }), { ca, cert, key });
});

test('certificates that are not there are no reason to go on without', async (t) => {
  const empty = await temporaryFolder(t);
  const DOCKER_HOST = 'tcp://h:2376';
  for (const env of [
    { DOCKER_CERT_PATH: empty },
    { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: empty },
    { DOCKER_TLS_VERIFY: '1' },
  ]) {
    assert.throws(
      () => fromEnv({ DOCKER_HOST, ...env }),
      (error: unknown) => hasCode(error, 'INVALID_CONFIGURATION'),
    );
  }
});

const BAD_FILES: readonly (readonly [content: string | object, code: ErrorCode])[] = [
  ['{"auths":{"h":{"auth":"c2VjcmV0"}}', 'INVALID_CONFIGURATION'],
  ['[]', 'INVALID_CONFIGURATION'],
  [{ currentContext: 7 }, 'INVALID_CONFIGURATION'],
  [{ HttpHeaders: { a: 1 } }, 'INVALID_CONFIGURATION'],
];

for (const [content, code] of BAD_FILES) {
  test(`a config.json of ${JSON.stringify(content)} is not passed over`, async (t) => {
    const DOCKER_CONFIG = await write(await temporaryFolder(t), { 'config.json': content });
    assert.throws(
      () => fromEnv({ DOCKER_CONFIG }),
      (error: unknown) => hasCode(error, code) && !/c2VjcmV0/.test(error.message),
    );
  });
}

test('a context without an engine is refused', async (t) => {
  const DOCKER_CONFIG = await write(await temporaryFolder(t), {
    [`contexts/meta/${idOf('k8s')}/meta.json`]: { Name: 'k8s', Endpoints: { kubernetes: {} } },
    [`contexts/meta/${idOf('torn')}/meta.json`]: '{',
  });
  for (const DOCKER_CONTEXT of ['k8s', 'torn']) {
    assert.throws(
      () => fromEnv({ DOCKER_CONFIG, DOCKER_CONTEXT }),
      (error: unknown) => hasCode(error, 'INVALID_CONFIGURATION'),
    );
  }
});

test('version, proxies and what credentials need are passed on; the environment stays as it is', () => {
  const env = Object.freeze({
    DOCKER_API_VERSION: '1.40',
    https_proxy: 'http://p:1',
    NO_PROXY: 'x',
    DOCKER_CONFIG: '/none',
  });
  const { version, proxy, auth } = fromEnv(env);
  assert.equal(version, '1.40');
  assert.deepEqual(proxy, { http: undefined, https: 'http://p:1', no: 'x' });
  assert.equal(auth?.dockerConfigFile, join('/none', 'config.json'));
  assert.equal({ ...fromEnv(env), version: '1.47' }.version, '1.47');
});

test('ssh gets the environment, however the address is written', () => {
  for (const host of ['ssh://h', ' SSH://h']) {
    const env = { DOCKER_HOST: host, PATH: '/bin' };
    assert.equal(fromEnv(env).ssh?.env, env);
  }
  assert.equal(fromEnv({ DOCKER_HOST: 'tcp://ssh:1' }).ssh, undefined);
});

test('an address that cannot be used is refused', () => {
  assert.throws(
    () => fromEnv({ DOCKER_HOST: 'fd://' }),
    (error: unknown) => hasCode(error, 'INVALID_OPTION'),
  );
});
