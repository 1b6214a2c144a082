import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as nodeFs from 'node:fs';
import { cpSync, existsSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { digestOf } from '#oci';
import type { Order, Outcome } from './interleave.test.child.ts';
import {
  filesIn,
  hasBlob,
  imageOf,
  indexOf,
  lacks,
  maintenanceAt,
  openStorage,
  pushImage,
  putBlob,
  someBytes,
} from './registry.test.fixture.ts';
import type { TreeFiles } from './tree.ts';

const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dray-interleave-'));
const OLD = Date.now() / 1000 - 5 * 3600;
/** The registry as it is before each run: everything in it is old. */
const model = join(base, 'model');
let worker: Worker;
let order: Omit<Order, 'root' | 'done'>;

before(async () => {
  worker = new Worker(new URL(import.meta.url.replace(/\.test\.(ts|js)$/, '.test.child.$1')));
  const storage = openStorage(model);
  await pushImage(storage, 'app', ['stays']);
  const pushed = someBytes();
  await putBlob(storage, 'app', pushed);
  const mounted = await putBlob(storage, 'app', someBytes());
  const config = await putBlob(storage, 'app', someBytes());
  const image = imageOf(config, { layers: [await putBlob(storage, 'app', someBytes())] });
  const forgotten = await pushImage(storage, 'app', []);
  const child = await pushImage(storage, 'app', []);
  const index = indexOf([child]);
  order = { pushed, mounted, image, forgotten, index, child: child.digest };
  for (const path of filesIn(model)) utimesSync(join(model, path), OLD, OLD);
});
after(async () => {
  await worker.terminate();
  rmSync(base, { recursive: true });
});

/** A file system that stands still at its n-th call until the other thread has done everything. */
function interruptedFiles(call: number, root: string): { readonly fs: TreeFiles; calls(): number } {
  let calls = 0;
  const interrupt = (): void => {
    const done = new Int32Array(new SharedArrayBuffer(4));
    worker.postMessage({ ...order, root, done } satisfies Order);
    assert.notEqual(Atomics.wait(done, 0, 0, 60_000), 'timed-out');
  };
  const fs = new Proxy(nodeFs, {
    get: (_, name: keyof TreeFiles) => {
      const inner = nodeFs[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]): unknown => {
        calls += 1;
        if (calls === call) interrupt();
        return inner(...args);
      };
    },
  });
  return { fs, calls: () => calls };
}

/** What the registry has acknowledged and does not have. */
async function lost(root: string, outcome: Outcome): Promise<readonly string[]> {
  const { image, forgotten, index, mounted, pushed } = order;
  const storage = openStorage(root);
  const missing: string[] = [];
  if (outcome.forgotten) missing.push(...(await lacks(storage, 'app', forgotten.digest)));
  if (outcome.image) missing.push(...(await lacks(storage, 'app', image.digest)));
  if (outcome.index) missing.push(...(await lacks(storage, 'app', index.digest)));
  if (outcome.mounted && !(await hasBlob(storage, 'elsewhere', mounted))) missing.push('the mounted blob');
  if (!(await hasBlob(storage, 'app', digestOf(pushed)))) missing.push('the pushed blob');
  const tags = { stays: true, late: outcome.image, again: outcome.forgotten, multi: outcome.index };
  for (const [tag, isThere] of Object.entries(tags)) {
    if (isThere && (await storage.tagged('app', tag)) === undefined) missing.push(`the tag ${tag}`);
  }
  return missing;
}

describe('a push in the middle of a collection', () => {
  for (const trash of [600_000, 0]) {
    it(`loses nothing, at whichever call it is (trash: ${trash} ms)`, async () => {
      let refused = 0;
      const collect = { deleteUntagged: true, trash };
      for (let call = 1; ; call += 1) {
        const root = join(base, `call-${trash}-${call}`);
        cpSync(model, root, { recursive: true, preserveTimestamps: true });
        const files = interruptedFiles(call, root);
        const answer = once(worker, 'message');
        await maintenanceAt(root, 0, { fs: files.fs, collect }).run();
        if (files.calls() < call) {
          assert.ok(call > 150, `only ${call} calls: does the test still see the file system?`);
          break;
        }
        const [outcome] = (await answer) as [Outcome | string];
        if (typeof outcome === 'string') {
          assert.match(outcome, /removed at the same time/);
          refused += 1;
        } else {
          assert.deepEqual(await lost(root, outcome), [], `at call ${call}`);
          await maintenanceAt(root, 0.5, { collect }).run();
          assert.deepEqual(await lost(root, outcome), [], `at call ${call}, after a second run`);
        }
        rmSync(root, { recursive: true });
      }
      assert.ok(refused <= (trash === 0 ? 20 : 0), `${refused} pushes were refused`);
    });
  }
});
