import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { digestOf, startRegistry, type TestRegistry, takeOver } from '#testing';
import { openFolderStorage } from '../storage/folder/folder-storage.ts';
import { blobsOnly, receive, until } from './cache.test.fixture.ts';
import type { ChildTask } from './processes.test.child.ts';

const CHILD = fileURLToPath(import.meta.url.replace(/\.test\.(ts|js)$/, '.test.child.$1'));
const SIZE = 3_000_000;
const HALF = 2_000_000;
const { graph, blobs } = blobsOnly(SIZE);
const blob = Buffer.from(blobs[0] ?? []);
const digest = digestOf(blob);
const path = `/v2/app/blobs/${digest}`;

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
}

const children = new WeakMap<TestContext, ChildProcess[]>();

/** A folder that goes when the processes that work in it have ended. */
function sharedFolder(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'dray-cache-'));
  const own: ChildProcess[] = [];
  children.set(t, own);
  t.after(async () => {
    for (const child of own.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      const over = once(child, 'exit');
      child.kill('SIGKILL');
      await over;
    }
    rmSync(root, { recursive: true });
  });
  return root;
}

async function start(t: TestContext, task: ChildTask): Promise<Running> {
  const child = spawn(process.execPath, [...process.execArgv, CHILD, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.get(t)?.push(child);
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, port: Number(text) };
}

interface Upstream {
  readonly registry: TestRegistry;
  /** Sends what is missing of the first answer. */
  go(): void;
  /** Requests for the blob, by their Range. */
  asked(): readonly (string | undefined)[];
}

/** A registry whose first answer stops after the first half. */
async function halting(t: TestContext): Promise<Upstream> {
  let first: Socket | undefined;
  const fault = takeOver(
    (socket) => {
      first = socket;
      socket.on('error', () => undefined);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\nConnection: close\r\n\r\n`);
      socket.write(blob.subarray(0, HALF));
    },
    { kind: 'blob', method: 'GET', times: 1 },
  );
  const registry = await startRegistry({ images: { app: graph }, faults: [fault] });
  t.after(() => registry.close());
  return {
    registry,
    go: () => first?.end(blob.subarray(HALF)),
    asked: () =>
      registry.requests
        .filter(({ kind, method }) => kind === 'blob' && method === 'GET')
        .map(({ headers }) => headers.range),
  };
}

/** A client that reads, and how far it is. */
function reader(port: number): { readonly done: ReturnType<typeof receive>; bytes(): number } {
  let bytes = 0;
  const done = receive(port, path, {
    onBytes: (count) => {
      bytes = count;
      return undefined;
    },
  });
  return { done, bytes: () => bytes };
}

describe('several processes with one cache', () => {
  it('fetch a blob once, and each gives it on while it comes', async (t) => {
    const upstream = await halting(t);
    const root = sharedFolder(t);
    const task = { root, url: upstream.registry.url };
    const [one, two] = [await start(t, task), await start(t, task)];
    const first = reader(one.port);
    await until(() => first.bytes() === HALF);
    const second = reader(two.port);
    await until(() => second.bytes() === HALF);
    upstream.go();
    for (const { done } of [first, second]) {
      const { isWhole, body } = await done;
      assert.ok(isWhole && body.equals(blob));
    }
    assert.deepEqual(upstream.asked(), [undefined]);
    const storage = openFolderStorage({ root });
    await until(async () => (await storage.blob('app', digest)) !== undefined);
    assert.ok((await reader(two.port).done).body.equals(blob));
    assert.deepEqual(upstream.asked(), [undefined]);
    await until(() => readdirSync(join(root, 'dray/proxy/incoming')).length === 0);
  });

  it('go on where one of them was killed', async (t) => {
    const upstream = await halting(t);
    const root = sharedFolder(t);
    const task = { root, url: upstream.registry.url };
    const [one, two] = [await start(t, task), await start(t, task)];
    const first = reader(one.port);
    await until(() => first.bytes() === HALF);
    const second = reader(two.port);
    await until(() => second.bytes() === HALF);
    one.child.kill('SIGKILL');
    assert.equal((await first.done).isWhole, false);
    const { isWhole, body } = await second.done;
    assert.ok(isWhole && body.equals(blob));
    assert.deepEqual(upstream.asked(), [undefined, `bytes=${HALF}-`]);
  });

  it('have nothing of a blob that was on its way when all were killed, and go on from there', async (t) => {
    const upstream = await halting(t);
    const root = sharedFolder(t);
    const task = { root, url: upstream.registry.url };
    const one = await start(t, task);
    const first = reader(one.port);
    await until(() => first.bytes() === HALF);
    one.child.kill('SIGKILL');
    await first.done;
    const storage = openFolderStorage({ root });
    assert.equal(await storage.blob('app', digest), undefined);
    const two = await start(t, task);
    assert.ok((await reader(two.port).done).body.equals(blob));
    assert.deepEqual(upstream.asked(), [undefined, `bytes=${HALF}-`]);
    await until(async () => (await storage.blob('app', digest)) !== undefined);
  });
});
