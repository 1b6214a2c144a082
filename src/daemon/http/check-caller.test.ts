import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createDray } from '#dray';
import { startTestEngine } from '../engine.test.fixture.ts';
import { startEngineServer } from '../start-engine-server.ts';

/** An engine on a port that is free; gives that. */
async function startOnLoopback(t: TestContext): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-engine-'));
  const dray = createDray({ root: folder, env: {}, anonymous: true });
  const server = await startEngineServer({
    dray,
    version: '0',
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    insecureLoopback: true,
  });
  t.after(async () => {
    await server.close({ timeout: 1000 });
    await dray.close();
    await rm(folder, { recursive: true, force: true });
  });
  return server.address.kind === 'tcp' ? server.address.port : 0;
}

function statusFor(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/_ping', headers: { host }, agent: false })
      .on('response', (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

test('a name that somebody has pointed at this machine opens nothing', async (t) => {
  const port = await startOnLoopback(t);
  for (const own of [
    '127.0.0.1',
    `127.0.0.1:${port}`,
    'localhost',
    `[::1]:${port}`,
    'api.moby.localhost:1',
    'LOCALHOST',
    '',
  ]) {
    assert.equal(await statusFor(port, own), 200, own);
  }
  for (const other of [
    'rebound.example',
    `rebound.example:${port}`,
    'localhost.example',
    '127.0.0.1.example',
    'x:y:1',
  ]) {
    assert.equal(await statusFor(port, other), 403, other);
  }
});

test('what clients call a socket does not matter', async (t) => {
  const engine = await startTestEngine(t);
  for (const host of ['docker', 'api.moby.localhost', '%2Frun%2Fdocker.sock', 'rebound.example']) {
    assert.equal((await engine.ask('GET', '/_ping', { headers: { host } })).status, 200, host);
  }
});
