import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDiskStore } from '#store';
import { buildImage, buildLayer, holds, slow, startRegistry, type TestGraph, type TestRegistry } from '#testing';
import type { ChurnTask } from './prune.test.child.ts';

const CHILD = fileURLToPath(import.meta.url.replace(/\.test\.(ts|js)$/, '.test.child.$1'));
const KiB = 1024;

const shared = buildLayer({ fill: 300 * KiB, seed: 'shared' });
const one = buildImage({
  layers: [shared, ...[1, 2, 3].map((n) => buildLayer({ fill: 200 * KiB, seed: `one ${n}` }))],
});
const two = buildImage({ layers: [shared, buildLayer({ fill: 100 * KiB, seed: 'two' })] });

let folder = '';
let registry: TestRegistry;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dray-prune-'));
  // A pull takes about a second, and so sees others come and go.
  registry = await startRegistry({
    images: { 'one:1': one, 'two:1': two },
    faults: [slow(400 * KiB, { kind: 'blob' })],
  });
});
after(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Rounds that it went. */
  readonly rounds: number;
  readonly err: string;
}

class Process {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(task: ChurnTask) {
    this.child = spawn(process.execPath, [...process.execArgv, CHILD, JSON.stringify(task)]);
    let [out, err] = ['', ''];
    this.child.stdout?.on('data', (text) => (out += String(text)));
    this.child.stderr?.on('data', (text) => (err += String(text)));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (status, signal) => resolve({ status, signal, rounds: out.split('\n').length - 1, err }));
    });
  }

  /** Ends after the round that it is in. */
  async stop(): Promise<Ended> {
    this.child.stdin?.end();
    const ended = await this.ended;
    assert.equal(ended.status, 0, ended.err);
    return ended;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

async function checkWhole(root: string, graph: TestGraph): Promise<void> {
  const store = await openDiskStore({ root });
  for (const [digest, bytes] of graph.blobs) {
    const mediaType = graph.manifests.get(digest) ?? 'application/octet-stream';
    await holds(store, { descriptor: { mediaType, digest, size: bytes.length }, bytes });
  }
}

/** What is there of a name that is there. */
async function checkNamed(root: string): Promise<void> {
  for (const { name, root: image } of await (await openDiskStore({ root })).references()) {
    const graph = [one, two].find((each) => each.root.digest === image.digest);
    assert.ok(graph !== undefined, `${name} stands for something else`);
    await checkWhole(root, graph);
  }
}

describe('pruning beside pulls', { timeout: 110_000 }, () => {
  it('takes nothing from a pull, nor from one that shares layers with what is removed again and again', async () => {
    const root = join(folder, 'beside');
    const others = [
      new Process({ root, work: 'prune', references: [] }),
      new Process({ root, work: 'pull and remove', references: [registry.reference('two:1')] }),
    ];
    for (let round = 0; round < 2; round += 1) {
      const pull = await new Process({ root, work: 'pull', references: [registry.reference('one:1')] }).ended;
      assert.equal(pull.status, 0, pull.err);
      await checkWhole(root, one);
      const remove = await openDiskStore({ root, sync: false });
      assert.equal(await remove.removeReference(registry.reference('one:1')), true);
    }
    const rounds = await Promise.all(others.map(async (other) => (await other.stop()).rounds));
    assert.ok(
      rounds.every((count) => count > 0),
      `rounds: ${rounds.join(', ')}`,
    );
    await checkNamed(root);
  });

  it('and pulls leave a whole store, whenever either is killed', async () => {
    const root = join(folder, 'killed');
    for (let round = 0; round < 6; round += 1) {
      const served = registry.served.bytes;
      const pull = new Process({
        root,
        work: 'pull',
        references: [registry.reference('one:1'), registry.reference('two:1')],
      });
      const prune = new Process({ root, work: 'prune', references: [] });
      // By what has been served, so that each round's kill comes at another step.
      const isOver = pull.ended.then(() => true);
      while (registry.served.bytes < served + (round + 1) * 90 * KiB) {
        if (await Promise.race([isOver, new Promise<false>((resolve) => setTimeout(resolve, 5, false))])) break;
      }
      await (round % 2 === 0 ? pull : prune).kill();
      if (round % 2 === 0) await prune.stop();
      else assert.equal((await pull.ended).status, 0, (await pull.ended).err);
      await checkNamed(root);
    }
    const last = await new Process({ root, work: 'pull', references: [registry.reference('one:1')] }).ended;
    assert.equal(last.status, 0, last.err);
    await checkWhole(root, one);
    const store = await openDiskStore({ root });
    for (const { name } of await store.references()) if (name !== undefined) await store.removeReference(name);
    await store.collect({ partials: { maxAge: 0, maxSize: 0 } });
    assert.deepEqual(await store.blobs(), []);
  });
});
