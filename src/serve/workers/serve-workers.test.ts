import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SettingsPart } from '../settings.ts';
import { type RegistryServer, startRegistryServer } from '../start-registry-server.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const worker = { script: new URL(`./serve-workers.test.child.${extension}`, import.meta.url), argv: [] };

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dray-workers-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
}

async function started(t: TestContext, settings: SettingsPart): Promise<RegistryServer> {
  const server = await startRegistryServer({ listen: '127.0.0.1:0', workers: 2, sync: false, ...settings }, { worker });
  t.after(() => server.close({ timeout: 0 }));
  return server;
}

/** Those that live: one that has ended stays in the list until its channel is closed, too. */
function workers(): readonly number[] {
  const living = Object.values(cluster.workers ?? {}).filter((each) => each?.isDead() === false);
  return living.flatMap((each) => each?.process.pid ?? []);
}

/** A request over a connection of its own, so that any worker may get it. Undefined: the connection broke. */
async function ask(
  url: string,
  method = 'GET',
  body?: Buffer,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  const sent = request(url, { method, agent: false });
  sent.end(body);
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode ?? 0, text };
  } catch {
    return undefined;
  }
}

function contentNumber(index: number): { readonly bytes: Buffer; readonly digest: string } {
  const bytes = Buffer.from(`content ${index}`);
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

async function pushed(url: string, index: number): Promise<boolean> {
  const { bytes, digest } = contentNumber(index);
  return (await ask(`${url}/v2/app/blobs/uploads/?digest=${digest}`, 'POST', bytes))?.status === 201;
}

test('workers share a folder, an address and their figures', async (t) => {
  const server = await started(t, { data: folder(t), metrics: '/metrics' });
  assert.equal(workers().length, 2);
  for (let index = 0; index < 20; index += 1) assert.ok(await pushed(server.url, index));
  for (let index = 0; index < 20; index += 1) {
    const { digest, bytes } = contentNumber(index);
    assert.deepEqual(await ask(`${server.url}/v2/app/blobs/${digest}`), { status: 200, text: bytes.toString() });
  }
  let figures = '';
  let counted = 0;
  // Of a worker that does not tell its own in time the last known ones are given.
  for (const end = Date.now() + 30_000; counted < 40 && Date.now() < end; ) {
    figures = (await ask(`${server.url}/metrics`))?.text ?? '';
    const found = figures.matchAll(/^registry_http_requests_total\{code="(?:200|201)",[^\n]*\} (\d+)$/gm);
    counted = [...found].reduce((sum, [, count]) => sum + Number(count), 0);
  }
  assert.equal(counted, 40, figures);
  assert.equal(await server.close(), 0);
  assert.deepEqual(workers(), []);
});

test('workers that are killed under load are replaced, and what was acknowledged is there', async (t) => {
  const server = await started(t, { data: folder(t) });
  const acknowledged: number[] = [];
  let next = 0;
  const kills = { left: 2 };
  const push = async (): Promise<void> => {
    while (kills.left > 0 || acknowledged.length < 150) {
      next += 1;
      const index = next;
      if (await pushed(server.url, index)) acknowledged.push(index);
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const kill = async (): Promise<void> => {
    while (kills.left > 0) {
      const before = acknowledged.length;
      const [pid] = workers();
      if (pid !== undefined && kills.left === 2) process.kill(pid, 'SIGKILL');
      // both at once: nobody answers until the next ones do
      else for (const each of workers()) process.kill(each, 'SIGKILL');
      while (acknowledged.length < before + 20) await new Promise((resolve) => setTimeout(resolve, 5));
      kills.left -= 1;
    }
  };
  await Promise.all([push(), push(), push(), kill()]);
  for (const index of acknowledged) {
    const { digest, bytes } = contentNumber(index);
    assert.deepEqual(await ask(`${server.url}/v2/app/blobs/${digest}`), { status: 200, text: bytes.toString() });
  }
});

test('a push through a worker ends well when the server is closed, one that does not end is cut', async (t) => {
  const server = await started(t, { data: folder(t) });
  const { bytes, digest } = contentNumber(1);
  const half = async (): Promise<ReturnType<typeof request>> => {
    const sent = request(`${server.url}/v2/app/blobs/uploads/?digest=${digest}`, {
      method: 'POST',
      headers: { 'content-length': String(bytes.length), expect: '100-continue' },
      agent: false,
    });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.write(bytes.subarray(0, 3));
    return sent;
  };
  const [good, bad] = [await half(), await half()];
  bad.on('error', () => {});
  const hurry = new AbortController();
  const closed = server.close({ hurry: hurry.signal });
  const response = once(good, 'response') as Promise<[IncomingMessage]>;
  good.end(bytes.subarray(3));
  assert.equal((await response)[0].statusCode, 201);
  hurry.abort();
  assert.equal(await closed, 1);
});

test('a worker that cannot start ends the start, with its reason', async (t) => {
  const data = folder(t);
  writeFileSync(join(data, 'users'), 'nonsense');
  await assert.rejects(started(t, { data, access: { htpasswd: { path: join(data, 'users') } } }), {
    code: 'INVALID_CONFIGURATION',
  });
  await assert.rejects(started(t, { memory: true }), { code: 'INVALID_OPTION' });
  assert.deepEqual(workers(), []);
});

test('webhooks are told by the first process, whoever was asked', async (t) => {
  const told: string[] = [];
  const hook = createServer((message, response) => {
    message.on('data', (chunk) => told.push(String(chunk)));
    message.once('end', () => response.end());
  }).listen(0, '127.0.0.1');
  t.after(() => hook.close());
  await once(hook, 'listening');
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
  // On a slow machine the usual second may pass, and at the end nothing is told again.
  const webhooks = [{ name: 'a', url, headers: {}, timeout: 60_000, references: false }];
  const server = await started(t, { data: folder(t), webhooks });
  for (let index = 0; index < 4; index += 1) assert.ok(await pushed(server.url, index));
  await server.close();
  for (let index = 0; index < 4; index += 1)
    assert.ok(told.join('').includes(contentNumber(index).digest), String(index));
});
