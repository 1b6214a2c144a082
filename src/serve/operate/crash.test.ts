import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Digest } from '#oci';
import { cameToEnd, forgetfulFiles, stoppingFiles } from '#testing';
import type { MaintenanceOptions } from './maintenance.ts';
import {
  filesIn,
  hasBlob,
  indexOf,
  lacks,
  maintenanceAt,
  openStorage,
  pushImage,
  putBlob,
  someBytes,
} from './registry.test.fixture.ts';
import type { TreeFiles } from './tree.ts';

const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dray-collect-crash-'));
const model = join(base, 'model');
/** Everything that has to be there, always: by tag in `app`. */
let kept: readonly Digest[];
let young: Digest;

before(async () => {
  const storage = openStorage(model);
  const image = await pushImage(storage, 'app', ['1']);
  const child = await pushImage(storage, 'app', []);
  const index = indexOf([child]);
  await storage.putManifest('app', index, ['multi']);
  const signature = await pushImage(storage, 'app', [], { subject: index });
  await pushImage(storage, 'app', ['old-1', 'old-2']);
  await pushImage(storage, 'app', []);
  await storage.uploads.begin('app');
  kept = [image.digest, index.digest, signature.digest];
  age();
  await maintenanceAt(model, 0, RULES).run();
  // What the first run has put away is in the trash; and there is more to do.
  await pushImage(storage, 'app', ['old-3']);
  const later = await pushImage(storage, 'app', ['x']);
  await storage.removeManifest('app', later.digest);
  age();
  young = await putBlob(storage, 'app', someBytes());
});
after(() => rmSync(base, { recursive: true }));

function age(): void {
  for (const path of filesIn(model)) utimesSync(join(model, path), 1_000_000, 1_000_000);
}

const RULES: Partial<MaintenanceOptions> = {
  retention: [{ tags: 'old-*', newest: 0, untagged: 3_600_000 }],
  collect: {},
  uploads: {},
  owners: { self: () => ({ pid: 1, scope: 'test' }), death: () => 'exact' },
  lockTimings: { beat: 10_000, stale: 10, poll: 1 },
};

/** Hours; the last are longer than what was half unmade is kept. */
const LATER = [9, 18, 400];

async function check(root: string, what: string): Promise<void> {
  const storage = openStorage(root);
  for (const digest of kept) assert.deepEqual(await lacks(storage, 'app', digest), [], what);
  for (const tag of ['1', 'multi']) assert.notEqual(await storage.tagged('app', tag), undefined, `${what}: ${tag}`);
  assert.equal(await hasBlob(storage, 'app', young), true, what);
}

/** True when it was stopped. */
async function runUntil(call: number, root: string, inner?: TreeFiles): Promise<boolean> {
  const stopping = stoppingFiles(call, inner);
  const fs = stopping.fs as TreeFiles;
  try {
    return !(await cameToEnd(() => maintenanceAt(root, 0.5, { ...RULES, fs, sync: true }).run()));
  } finally {
    stopping.closeAll();
  }
}

describe('a collection that is killed', () => {
  it('has lost nothing, at whichever call it was, and the next one comes to the same end', async () => {
    const whole = join(base, 'whole');
    cpSync(model, whole, { recursive: true, preserveTimestamps: true });
    assert.equal(await runUntil(Infinity, whole), false);
    for (const hours of LATER) await maintenanceAt(whole, hours, RULES).run();
    const expected = filesIn(whole);
    for (let call = 1; ; call += 1) {
      const root = join(base, `kill-${call}`);
      cpSync(model, root, { recursive: true, preserveTimestamps: true });
      if (!(await runUntil(call, root))) {
        assert.ok(call > 150, `only ${call} calls: does the test still see the file system?`);
        break;
      }
      await check(root, `killed at call ${call}`);
      for (const hours of LATER) await maintenanceAt(root, hours, RULES).run();
      const storage = openStorage(root);
      for (const digest of kept) assert.deepEqual(await lacks(storage, 'app', digest), [], `recovery from ${call}`);
      assert.deepEqual(filesIn(root), expected, `what is there after recovery from call ${call}`);
      rmSync(root, { recursive: true });
    }
  });

  it('has lost nothing when the power fails', async () => {
    for (let call = 1; ; call += 1) {
      const disk = join(base, `power-${call}`);
      mkdirSync(disk);
      const forgetful = forgetfulFiles(disk);
      const root = join(disk, 'registry');
      cpSync(model, root, { recursive: true, preserveTimestamps: true });
      await flushAll(forgetful.fs, disk);
      const isStopped = await runUntil(call, root, forgetful.fs as TreeFiles);
      for (const how of call % 4 === 0 ? (['strict', 'zeros'] as const) : (['strict'] as const)) {
        const now = `${disk}-${how}`;
        forgetful.cutPower(now, how);
        await check(join(now, 'registry'), `power cut (${how}) at call ${call}`);
        rmSync(now, { recursive: true });
      }
      rmSync(disk, { recursive: true });
      if (!isStopped) break;
    }
  });
});

/** Everything as it is now is there for good. */
async function flushAll(fs: ReturnType<typeof forgetfulFiles>['fs'], folder: string): Promise<void> {
  const { readdirSync } = await import('node:fs');
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await flushAll(fs, path);
    else await flush(fs, path);
  }
  await flush(fs, folder);
}

async function flush(fs: ReturnType<typeof forgetfulFiles>['fs'], path: string): Promise<void> {
  const fd = fs.openSync(path, 'r');
  await new Promise<void>((resolve) => {
    fs.fsync(fd, () => resolve());
  });
  fs.closeSync(fd);
}
