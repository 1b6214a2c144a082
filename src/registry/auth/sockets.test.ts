/** The same flows over real sockets: who gets to see what, and what ends a bad token service. */
import assert from 'node:assert/strict';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { isDrayError } from '#errors';
import { createCertificate } from '#testing';
import { compose, createTransport, followRedirects, type HttpClient, retrying } from '#transport';
import type { Credential, Endpoint, Keychain } from '../types.ts';
import { createAuthorizer } from './authorize.ts';
import { basicOf, endpointOf, keychainOf, serve, type TestServer } from './support.test.ts';

const PULL = ['repository:a/b:pull'];
const USER: Credential = { username: 'ann', password: 'hunter2' };
const BASIC = basicOf('ann:hunter2');

const client: HttpClient = createTransport({ stallTimeout: 2000, tls: {} });
const servers: TestServer[] = [];
after(async () => {
  client.close();
  await Promise.all(servers.map((server) => server.close()));
});

async function serving(...args: Parameters<typeof serve>): Promise<TestServer> {
  const server = await serve(...args);
  servers.push(server);
  return server;
}

/** Fetches `path` from the endpoint and gives the body, or the error's code, as text; no error holds the secret. */
async function fetched(
  endpoint: Endpoint,
  keychain: Keychain,
  path = '/v2/a/b/blobs/x',
  by: HttpClient = client,
): Promise<string> {
  const authorizer = createAuthorizer({ endpoint, transport: retrying({ retries: 0 })(by.send), keychain });
  const send = compose(authorizer.middleware(PULL), followRedirects(), retrying({ retries: 0 }))(by.send);
  try {
    const response = await send({ method: 'GET', url: new URL(endpoint.url + path) });
    let text = '';
    for await (const chunk of response.body) text += Buffer.from(chunk).toString();
    return response.status === 200 ? text : `status ${response.status}`;
  } catch (error) {
    assert.ok(isDrayError(error), String(error));
    assert.ok(!JSON.stringify([error.message, error.hint, error.detail]).includes('hunter2'), error.message);
    return error.code;
  }
}

/** A registry that wants a token from `realm`, and redirects or answers where it sees one. */
const registryOf = (realm: string | (() => string), redirect?: () => string): Promise<TestServer> =>
  serving((request, response) => {
    if (request.headers.authorization === 'Bearer t1') {
      const location = redirect?.();
      response.writeHead(location === undefined ? 200 : 307, location === undefined ? {} : { location });
      return response.end('the blob');
    }
    const challenge = `Bearer realm="${typeof realm === 'string' ? realm : realm()}",service="s"`;
    return response.writeHead(401, { 'www-authenticate': challenge }).end('{}');
  });

const tokenService = (address?: string): Promise<TestServer> =>
  serving((_request, response) => response.end('{"token":"t1","expires_in":300}'), address);

const authorizations = (server: TestServer): (string | undefined)[] =>
  server.seen.map(({ authorization }) => authorization);

test('a token service on another port of the same host gets the password, the registry the token', async () => {
  const service = await tokenService();
  const registry = await registryOf(`${service.origin}/token`);
  const { keychain } = keychainOf({ [registry.host]: USER });
  assert.equal(await fetched(endpointOf(registry.origin), keychain), 'the blob');
  assert.deepEqual(
    service.seen.map(({ line }) => line),
    ['GET /token?service=s&scope=repository%3Aa%2Fb%3Apull&account=ann'],
  );
  assert.deepEqual(authorizations(service), [BASIC]);
  assert.deepEqual(authorizations(registry), [undefined, 'Bearer t1']);
});

test('an identity token goes by the form', async () => {
  const service = await tokenService();
  const registry = await registryOf(`${service.origin}/token`);
  const { keychain } = keychainOf({ [registry.host]: { identityToken: 'hunter2&=+ \u00e4' } });
  assert.equal(await fetched(endpointOf(registry.origin), keychain), 'the blob');
  assert.equal(service.seen[0]?.line, 'POST /token');
  assert.equal(new URLSearchParams(service.seen[0]?.body).get('refresh_token'), 'hunter2&=+ \u00e4');
});

test('forty at once ask for one token', async () => {
  const service = await tokenService();
  const registry = await registryOf(`${service.origin}/token`);
  const { keychain } = keychainOf({});
  const authorizer = createAuthorizer({ endpoint: endpointOf(registry.origin), transport: client.send, keychain });
  const send = authorizer.middleware(PULL)(client.send);
  const get = async (at: number): Promise<number> => {
    const response = await send({ method: 'GET', url: new URL(`${registry.origin}/v2/a/b/blobs/${at}`) });
    await response.body.discard();
    return response.status;
  };
  const statuses = await Promise.all(Array.from({ length: 40 }, (_, at) => get(at)));
  assert.ok(statuses.every((status) => status === 200));
  assert.equal(service.seen.length, 1);
});

test('a token service on another address is not even connected to', async () => {
  const service = await tokenService('127.0.0.2');
  const registry = await registryOf(`${service.origin}/token`);
  const { keychain } = keychainOf({ [registry.host]: USER });
  assert.equal(await fetched(endpointOf(registry.origin), keychain), 'INSECURE_REFUSED');
  assert.equal(service.seen.length, 0);
});

test('a blob on another port is fetched without Authorization', async () => {
  const service = await tokenService();
  const storage = await serving((_request, response) => response.end('from the storage'));
  const registry = await registryOf(`${service.origin}/token`, () => `${storage.origin}/blob?sig=1`);
  const { keychain } = keychainOf({ [registry.host]: USER });
  assert.equal(await fetched(endpointOf(registry.origin), keychain), 'from the storage');
  assert.deepEqual(authorizations(storage), [undefined]);
});

test('a storage that wants credentials gets none', async () => {
  const service = await tokenService();
  const storage = await serving((_request, response) =>
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${service.origin}/evil", Basic realm="x"` }).end(),
  );
  const registry = await registryOf(`${service.origin}/token`, () => `${storage.origin}/blob`);
  const { keychain } = keychainOf({ [registry.host]: USER, [storage.host]: USER });
  assert.equal(await fetched(endpointOf(registry.origin), keychain), 'status 401');
  assert.deepEqual(authorizations(storage), [undefined]);
  assert.deepEqual(
    service.seen.map(({ line }) => line.slice(0, 11)),
    ['GET /token?'],
  );
});

test('a token service that redirects to another port does not take the password there', async () => {
  const other = await tokenService();
  const service = await serving((_request, response) =>
    response.writeHead(307, { location: `${other.origin}/token` }).end(),
  );
  const registry = await registryOf(`${service.origin}/token`);
  assert.equal(await fetched(endpointOf(registry.origin), keychainOf({ [registry.host]: USER }).keychain), 'the blob');
  assert.deepEqual(authorizations(service), [BASIC]);
  assert.deepEqual(authorizations(other), [undefined]);
  const identity = keychainOf({ [registry.host]: { identityToken: 'hunter2' } }).keychain;
  assert.equal(await fetched(endpointOf(registry.origin), identity), 'REDIRECT_REFUSED');
  assert.equal(other.seen.length, 1);
});

test("a mirror sees nothing of the registry's credentials", async () => {
  const service = await tokenService();
  const mirror = await registryOf(`${service.origin}/token`);
  const { keychain, asked } = keychainOf({ 'docker.io': USER });
  assert.equal(await fetched({ url: mirror.origin, domain: 'docker.io', mirror: true }, keychain), 'the blob');
  assert.deepEqual(asked, [mirror.host]);
  assert.deepEqual(authorizations(service), [undefined]);
});

const badServices: readonly [what: string, answer: Parameters<typeof serve>[0], code: string][] = [
  ['a line break in the token', (_, response) => response.end('{"token":"t1\\r\\nX-Evil: 1"}'), 'TOKEN_REFUSED'],
  ['no JSON', (_, response) => response.end('<html>'), 'TOKEN_REFUSED'],
  ['an empty token', (_, response) => response.end('{"token":""}'), 'TOKEN_REFUSED'],
  ['a large answer', (_, response) => response.end(`{"token":"${'x'.repeat(200_000)}"}`), 'TOO_LARGE'],
  ['an answer without end', (_, response) => flood(response), 'TOO_LARGE'],
  ['an error page without end', (_, response) => flood(response.writeHead(401)), 'UNAUTHORIZED'],
  ['silence', () => {}, 'STALLED'],
  ['half an answer', (_, response) => void response.write('{"token":'), 'STALLED'],
  ['a hang-up', (request) => request.socket.destroy(), 'CONNECTION_LOST'],
  ['a loop', (_, response) => response.writeHead(302, { location: '/token' }).end(), 'REDIRECT_REFUSED'],
  ['a 500', (_, response) => response.writeHead(500).end(), 'SERVER_FAILED'],
  ['a refusal', (_, response) => response.writeHead(401).end('{"details":"wrong hunter2"}'), 'UNAUTHORIZED'],
];

/** Writes until the other side closes. */
function flood(response: Parameters<Parameters<typeof serve>[0]>[1]): void {
  const chunk = 'x'.repeat(65_536);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more).on('error', () => {});
  more();
}

for (const [what, answer, code] of badServices) {
  test(`a token service with ${what} is ${code}`, async () => {
    const service = await serving(answer);
    const registry = await registryOf(`${service.origin}/token`);
    assert.equal(await fetched(endpointOf(registry.origin), keychainOf({ [registry.host]: USER }).keychain), code);
  });
}

test('a registry on https may not send its users to a token service on http, not even its own', async () => {
  const service = await tokenService();
  const { cert, key } = createCertificate({ hosts: ['127.0.0.1'] });
  const authorized: (string | undefined)[] = [];
  const server = createTlsServer({ cert, key }, (request, response) => {
    authorized.push(request.headers.authorization);
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${service.origin}/token"` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const trusting = createTransport({ tls: { [host]: { ca: [cert] } } });
  const { keychain } = keychainOf({ [host]: USER });
  assert.equal(await fetched(endpointOf(`https://${host}`), keychain, '/v2/', trusting), 'INSECURE_REFUSED');
  assert.deepEqual(authorized, [undefined]);
  assert.equal(service.seen.length, 0);
  trusting.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a registry that refuses for ever is given up after few requests', async () => {
  const service = await tokenService();
  const registry = await serving((_request, response) =>
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${service.origin}/token"` }).end(),
  );
  assert.equal(
    await fetched(endpointOf(registry.origin), keychainOf({ [registry.host]: USER }).keychain),
    'UNAUTHORIZED',
  );
  assert.ok(registry.seen.length <= 3 && service.seen.length <= 2);
});
