import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DrayError, hasCode } from '#errors';
import type { Credential, Keychain } from '#registry';
import { decodeRegistryAuth, type RegistryAuth } from '../../api/registry-auth.ts';
import type { EngineRequest } from '../connection.ts';
import { createEngine } from '../create-engine.ts';
import { startServer, temporaryFolder } from '../engine-server.test.fixture.ts';
import { type FakeAnswer, fakeConnection } from '../fake-connection.test.fixture.ts';
import { imagesOf } from './images.ts';
import type { PullOptions } from './pull.ts';

const DONE: FakeAnswer = { body: '{"status":"Status: Image is up to date for x"}\n' };
const REFUSED: FakeAnswer = { status: 401, body: 'unauthorized: authentication required' };

const keychain =
  (credentials: Readonly<Record<string, Credential>>): Keychain =>
  (host) =>
    Promise.resolve(credentials[host]);

const authOf = (request: EngineRequest | undefined): RegistryAuth =>
  decodeRegistryAuth(request?.headers?.['X-Registry-Auth']);

async function shown(reference: string, options: PullOptions, found: Readonly<Record<string, Credential>> = {}) {
  const connection = fakeConnection(() => DONE);
  await imagesOf(connection, { keychain: keychain(found) })
    .pull(reference, options)
    .done();
  assert.equal(connection.requests.length, 1);
  return authOf(connection.requests[0]);
}

test('by default the registry is shown what docker has for it, and nothing that is for others', async () => {
  const found = {
    'docker.io': { username: 'hub', password: 'pw' },
    'localhost:5000': { username: 'user', password: 'p"w\u00e4' },
    'token.example': { identityToken: 'abc' },
    'bearer.example': { registryToken: 'def' },
  };
  const hub = { username: 'hub', password: 'pw', serveraddress: 'https://index.docker.io/v1/' };
  assert.deepEqual(await shown('alpine', {}, found), hub);
  assert.deepEqual(await shown('docker.io/team/app', {}, found), hub);
  const local = { username: 'user', password: 'p"w\u00e4', serveraddress: 'localhost:5000' };
  assert.deepEqual(await shown('localhost:5000/rnd:1', {}, found), local);
  const token = { identitytoken: 'abc', serveraddress: 'token.example' };
  assert.deepEqual(await shown('token.example/x', {}, found), token);
  const bearer = { registrytoken: 'def', serveraddress: 'bearer.example' };
  assert.deepEqual(await shown('bearer.example/x', {}, found), bearer);
  assert.deepEqual(await shown('other.example/x', {}, found), {});
});

test('what a call says counts alone', async () => {
  const found = { 'docker.io': { username: 'hub', password: 'pw' } };
  assert.deepEqual(await shown('alpine', { auth: false }, found), {});
  assert.deepEqual(await shown('alpine', { auth: {} }, found), {});
  const own = { username: 'own', password: 'secret' };
  assert.deepEqual(await shown('alpine', { auth: own }, found), own);
});

test('the header is there too when there is nothing to show, as docker sends it', async () => {
  const connection = fakeConnection(() => DONE);
  await imagesOf(connection).push('localhost:5000/x').done();
  assert.equal(connection.requests[0]?.headers?.['X-Registry-Auth'], 'e30=');
});

test('a helper that fails ends it before anything is sent', async () => {
  const connection = fakeConnection();
  const failing = (): Promise<never> => Promise.reject(new DrayError('CREDENTIALS_UNAVAILABLE', 'no helper'));
  const images = imagesOf(connection, { keychain: failing });
  await assert.rejects(images.pull('alpine').done(), (error) => hasCode(error, 'CREDENTIALS_UNAVAILABLE'));
  assert.deepEqual(connection.requests, []);
});

test('onAuthRequired is called once on 401, and what it gives is shown then; whatever way the stream is used', async () => {
  const own = { username: 'own', password: 'secret' };
  const uses: readonly ((stream: ReturnType<ReturnType<typeof imagesOf>['pull']>) => Promise<unknown>)[] = [
    (stream) => stream.done(),
    async (stream) => {
      for await (const _ of stream);
    },
    async (stream) => {
      for await (const _ of stream.raw());
    },
  ];
  for (const use of uses) {
    const connection = fakeConnection((request) => (authOf(request).username === 'own' ? DONE : REFUSED));
    const refusals: DrayError[] = [];
    const onAuthRequired = (refusal: DrayError): RegistryAuth => {
      refusals.push(refusal);
      return own;
    };
    await use(imagesOf(connection).pull('localhost:5000/x', { onAuthRequired }));
    assert.deepEqual(connection.requests.map(authOf), [{}, own]);
    assert.deepEqual(
      refusals.map(({ detail }) => detail),
      [{ status: 401, message: REFUSED.body }],
    );
  }
});

test('the refusal stands where the second credentials are refused too, or none are given', async () => {
  for (const given of [{ username: 'x', password: 'y' }, undefined]) {
    let calls = 0;
    const connection = fakeConnection(() => REFUSED);
    const onAuthRequired = async (): Promise<RegistryAuth | undefined> => {
      calls += 1;
      return given;
    };
    const images = imagesOf(connection);
    await assert.rejects(images.search('x', { onAuthRequired }), (error) => hasCode(error, 'UNAUTHORIZED'));
    assert.equal(calls, 1);
    assert.equal(connection.requests.length, given === undefined ? 1 : 2);
  }
});

test('other failures do not ask for credentials', async () => {
  for (const status of [400, 403, 404, 500]) {
    const connection = fakeConnection(() => ({ status, body: 'unauthorized: authentication required' }));
    const onAuthRequired = (): RegistryAuth => assert.fail('asked');
    await assert.rejects(imagesOf(connection).pull('x', { onAuthRequired }).done(), (error) =>
      hasCode(error, 'UNAUTHORIZED', 'NOT_FOUND'),
    );
    assert.equal(connection.requests.length, 1);
  }
});

test('a signal ends the wait for credentials', async () => {
  const stopping = new AbortController();
  const onAuthRequired = (): Promise<RegistryAuth> => {
    stopping.abort();
    return new Promise(() => {});
  };
  const images = imagesOf(fakeConnection(() => REFUSED));
  await assert.rejects(images.distribution('x', { onAuthRequired, signal: stopping.signal }), (error) =>
    hasCode(error, 'CANCELLED'),
  );
});

test('a build gives the credentials of the registries that are named', async () => {
  const connection = fakeConnection(() => ({ body: '{"stream":"x"}\n' }));
  const found = { 'localhost:5000': { username: 'user', password: 'pw' }, 'docker.io': { identityToken: 't' } };
  const own = { 'own.example': { username: 'a', password: 'b' } };
  const registries = ['localhost:5000', 'docker.io', 'none.example'];
  const images = imagesOf(connection, { keychain: keychain(found) });
  const nothing = async function* (): AsyncGenerator<Uint8Array> {};
  await images.build(nothing(), { registries, auth: own }).done();
  const header = connection.requests[0]?.headers?.['X-Registry-Config'] ?? '';
  assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), {
    'localhost:5000': { username: 'user', password: 'pw', serveraddress: 'localhost:5000' },
    'https://index.docker.io/v1/': { identitytoken: 't', serveraddress: 'https://index.docker.io/v1/' },
    ...own,
  });
});

test('a build gives by default what docker has for any registry, and does without a helper that fails', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'config.json');
  const auth = Buffer.from('user:pw').toString('base64');
  const auths = { 'https://index.docker.io/v1/': { auth }, 'http://localhost:5000/v2/': { auth }, 'empty.example': {} };
  const credHelpers = { 'broken.example': 'nosuch', '*.patterns.example': 'nosuch' };
  await writeFile(file, JSON.stringify({ auths, credHelpers }));
  const headers: string[] = [];
  const server = await startServer(t, (request, response) => {
    headers.push(String(request.headers['x-registry-config']));
    request.resume().on('end', () => response.end('{}'));
  });
  const engine = createEngine({ host: server.host, version: '1.51', auth: { dockerConfigFile: file, env: {} } });
  t.after(() => engine.close());
  await engine.images.build(Buffer.from('tar'));
  await engine.images.build(Buffer.from('tar'), { registries: [] });
  await assert.rejects(engine.images.build(Buffer.from('tar'), { registries: ['broken.example'] }).done(), (error) =>
    hasCode(error, 'CREDENTIALS_UNAVAILABLE'),
  );
  const [found, none] = headers.map((header): unknown => JSON.parse(Buffer.from(header, 'base64url').toString()));
  const user = { username: 'user', password: 'pw' };
  const hub = 'https://index.docker.io/v1/';
  assert.deepEqual(found, {
    [hub]: { ...user, serveraddress: hub },
    'localhost:5000': { ...user, serveraddress: 'localhost:5000' },
  });
  assert.deepEqual(none, {});
  await writeFile(file, '{"auths":');
  await assert.rejects(engine.images.build(Buffer.from('tar')).done(), (error) =>
    hasCode(error, 'INVALID_CONFIGURATION'),
  );
});
