import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createCertificate } from '#testing';
import type { SettingsPart } from './settings.ts';
import { type RegistryServer, type StartOptions, startRegistryServer } from './start-registry-server.ts';

const ANY = '127.0.0.1:0';

async function started(
  t: TestContext,
  settings: SettingsPart = {},
  options: StartOptions = {},
): Promise<RegistryServer> {
  const server = await startRegistryServer({ listen: ANY, ...settings }, options);
  t.after(() => server.close({ timeout: 0 }));
  return server;
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dray-server-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const CONTENT = Buffer.alloc(300_000, 'content');
const DIGEST = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`;

async function push({ url }: RegistryServer, headers: Record<string, string> = {}): Promise<number> {
  const at = `${url}/v2/app/blobs/uploads/?digest=${DIGEST}`;
  const { status } = await fetch(at, { method: 'POST', body: CONTENT, headers });
  return status;
}

test('with nothing said it is a registry in memory, for this machine', async (t) => {
  const server = await started(t);
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const base = await fetch(`${server.url}/v2/`);
  assert.deepEqual([base.status, await base.json()], [200, {}]);
  assert.equal(await push(server), 201);
  const blob = await fetch(`${server.url}/v2/app/blobs/${DIGEST}`);
  assert.deepEqual(Buffer.from(await blob.arrayBuffer()), CONTENT);
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
  assert.equal((await fetch(`${server.url}/metrics`)).status, 404, 'figures are for those who ask for them');
});

test('what is kept in a folder is there for the next server; nothing is written before there is something', async (t) => {
  const data = join(folder(t), 'new');
  const first = await started(t, { data });
  await fetch(`${first.url}/v2/_catalog`);
  assert.deepEqual(readdirSync(data), []);
  assert.equal(await push(first), 201);
  assert.equal(await first.close(), 0);
  const second = await started(t, { data, readOnly: true });
  assert.equal((await fetch(`${second.url}/v2/app/blobs/${DIGEST}`, { method: 'HEAD' })).status, 200);
  assert.equal(await push(second), 405);
});

test('settings reach the part that they are about', async (t) => {
  const data = folder(t);
  const users = join(data, 'users');
  // "ann" with "pw"
  writeFileSync(users, 'ann:$2b$04$.DgOOhYHyBm4kO1qPKJ/I.b70vODTJlof2Sfwok9GDocvw7HHss0.\n');
  let told = '';
  const stdout = new PassThrough().on('data', (chunk) => (told += String(chunk)));
  const server = await started(
    t,
    {
      data,
      access: { htpasswd: { path: users, realm: 'here' } },
      prefix: '/docker',
      headers: { 'X-Own': ['a'] },
      metrics: '/figures',
      log: { format: 'none', access: { format: 'json', to: 'stdout' } },
    },
    { stdout },
  );
  const refused = await fetch(`${server.url}/docker/v2/`);
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get('www-authenticate') ?? '', /realm="here"/);
  assert.equal(refused.headers.get('x-own'), 'a');
  const ann = { authorization: `Basic ${Buffer.from('ann:pw').toString('base64')}` };
  assert.equal((await fetch(`${server.url}/docker/v2/`, { headers: ann })).status, 200);
  assert.equal((await fetch(`${server.url}/v2/`, { headers: ann })).status, 404, 'nothing is at another prefix');
  const figures = await (await fetch(`${server.url}/figures`)).text();
  assert.match(figures, /registry_http_requests_total\{code="401",[^\n]*\} 1/);
  await server.close();
  const lines = told.trim().split('\n');
  const statuses = lines.map((line) => (JSON.parse(line) as { status?: number }).status);
  assert.deepEqual(
    statuses.toSorted((a = 0, b = 0) => a - b),
    [200, 200, 401, 404],
    lines.join('\n'),
  );
});

test('figures and health can have an address of their own', { skip: process.platform === 'win32' }, async (t) => {
  // Not a port: one that is free now need not be so a moment later.
  const socketPath = join(folder(t), 'debug.sock');
  const server = await started(t, { debug: `unix://${socketPath}`, metrics: '/metrics' });
  const statusOf = async (path: string): Promise<number | undefined> => {
    const [response] = (await once(request({ socketPath, path, agent: false }).end(), 'response')) as [IncomingMessage];
    return response.resume().statusCode;
  };
  assert.equal(await statusOf('/metrics'), 200);
  assert.equal(await statusOf('/debug/health'), 200);
  assert.equal(await statusOf('/v2/'), 404);
  assert.equal((await fetch(`${server.url}/metrics`)).status, 404);
});

test('https, with the certificate that was named', async (t) => {
  const at = folder(t);
  const { cert, key } = createCertificate({ hosts: ['127.0.0.1'] });
  writeFileSync(join(at, 'c.pem'), cert);
  writeFileSync(join(at, 'k.pem'), key);
  const server = await started(t, { tls: { cert: join(at, 'c.pem'), key: join(at, 'k.pem') } });
  assert.match(server.url, /^https:/);
  const { get } = await import('node:https');
  const asked = get(`${server.url}/v2/`, { rejectUnauthorized: false, agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  response.resume();
  await once(response, 'close');
  assert.equal(await server.close(), 0);
});

test('a server that cannot start leaves nothing behind', async (t) => {
  const other = await started(t);
  const data = folder(t);
  const taken = other.address.kind === 'tcp' ? `127.0.0.1:${other.address.port}` : '';
  await assert.rejects(startRegistryServer({ listen: taken, data }), { code: 'BUSY' });
  await assert.rejects(startRegistryServer({ listen: 'nonsense:x' }), { code: 'INVALID_OPTION' });
  await assert.rejects(startRegistryServer({ listen: ANY, debug: taken }), { code: 'BUSY' });
  writeFileSync(join(data, 'file'), '');
  await assert.rejects(startRegistryServer({ listen: ANY, data: join(data, 'file', 'below') }), { code: 'IO_FAILED' });
  const missing = join(data, 'no-users');
  await assert.rejects(startRegistryServer({ listen: ANY, access: { htpasswd: { path: missing } } }));
  await assert.rejects(startRegistryServer({ listen: ANY, workers: 2, data }), { code: 'INVALID_OPTION' });
  await assert.rejects(
    startRegistryServer({ listen: ANY, log: { access: { format: 'json', to: join(missing, 'x') } } }),
    {
      code: 'IO_FAILED',
    },
  );
  assert.ok(!existsSync(missing));
});

/** A push of which the first half has arrived. */
async function halfPush({
  url,
}: RegistryServer): Promise<{ readonly sent: ClientRequest; readonly status: Promise<number | undefined> }> {
  const { hostname, port } = new URL(url);
  const sent = request({
    hostname,
    port,
    method: 'POST',
    path: `/v2/app/blobs/uploads/?digest=${DIGEST}`,
    headers: { 'content-length': String(CONTENT.length), expect: '100-continue' },
    agent: false,
  });
  const status = new Promise<number | undefined>((resolve) => {
    sent.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once('error', () => resolve(undefined));
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  sent.write(CONTENT.subarray(0, 1000));
  return { sent, status };
}

test('a push under way ends well when the server is closed', async (t) => {
  const data = folder(t);
  const server = await started(t, { data });
  const { sent, status } = await halfPush(server);
  const closed = server.close();
  await assert.rejects(fetch(`${server.url}/v2/`), 'nobody else is let in');
  sent.end(CONTENT.subarray(1000));
  assert.equal(await status, 201);
  assert.equal(await closed, 0);
  const next = await started(t, { data });
  assert.equal((await fetch(`${next.url}/v2/app/blobs/${DIGEST}`, { method: 'HEAD' })).status, 200);
});

test('a push that does not end in time is cut, and nothing of it is seen', async (t) => {
  const data = folder(t);
  const server = await started(t, { data, drainTimeout: 20 });
  const { status } = await halfPush(server);
  assert.equal(await server.close(), 1);
  assert.equal(await status, undefined);
  const next = await started(t, { data });
  assert.equal((await fetch(`${next.url}/v2/app/blobs/${DIGEST}`, { method: 'HEAD' })).status, 404);
});
