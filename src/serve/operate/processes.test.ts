import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Digest } from '#oci';
import type { ChildTask } from './processes.test.child.ts';
import { lacks, maintenanceAt, openStorage } from './registry.test.fixture.ts';

const CHILD = fileURLToPath(import.meta.url.replace(/\.test\.(ts|js)$/, '.test.child.$1'));
const root = mkdtempSync(join(tmpdir(), 'dray-collect-processes-'));
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(root, { recursive: true, maxRetries: 10 });
});

function start(task: Omit<ChildTask, 'root'>): ChildProcess {
  const child = spawn(process.execPath, [...process.execArgv, CHILD, JSON.stringify({ root, ...task })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  return child;
}

it('loses nothing while processes push and pull, and others collect and are killed', async () => {
  const kept: (readonly [string, Digest, string])[] = [];
  let errors = '';
  const pushers = ['a', 'b'].map(async (name) => {
    const child = start({ kind: 'push', images: 60, name });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    // Not `exit`: what it said last may come after that.
    const [status] = (await once(child, 'close')) as [number | null];
    for (const line of text.trim().split('\n')) {
      const [repository = '', digest = '', tag = ''] = line.split(' ');
      kept.push([repository, digest as Digest, tag]);
    }
    return status;
  });
  const done = Promise.all(pushers);
  const over = new AbortController();
  void done.finally(() => over.abort());
  const killing = (async () => {
    for (let round = 0; !over.signal.aborted; round += 1) {
      const collectors = [0, 1].map((index) => start({ kind: 'collect', images: 0, name: String(index) }));
      await sleep(300 + (round % 7) * 50);
      for (const child of collectors) child.kill('SIGKILL');
    }
  })();
  const statuses = await done;
  await killing;
  assert.deepEqual(statuses, [0, 0], errors);
  for (const hours of [3, 6]) {
    await maintenanceAt(root, hours, { collect: { deleteUntagged: true }, lockTimings: { poll: 5 } }).run();
    const storage = openStorage(root);
    for (const [repository, digest, tag] of kept) {
      assert.deepEqual(await lacks(storage, repository, digest), [], `${tag} after ${hours} hours`);
      assert.equal((await storage.tagged(repository, tag))?.digest, digest, tag);
    }
  }
  assert.equal(kept.length, 40);
});
