import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as nodeFs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { rejects } from '#testing';
import { type Clock, systemClock } from '#timing';
import { LockKeeper } from './lock.ts';
import type { HeldLock, LockTimings } from './lock-file.ts';
import { type OwnerProof, systemOwners } from './owner.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = nodeFs.mkdtempSync(join(tmpdir(), 'dray-lock-'));
  path = join(folder, 'x.lock');
});
afterEach(() => nodeFs.rmSync(folder, { recursive: true }));

/** Nothing proves anybody's death. */
const strangers: OwnerProof = { self: () => ({ pid: 1, scope: 'elsewhere' }), death: () => undefined };

interface Fake extends Clock {
  time: number;
}

/** A clock that goes on when somebody sleeps: not at all, or, `real`, as long as is said. */
function fakeClock({ real = false } = {}): Fake {
  const clock: Fake = {
    time: 0,
    now: () => 0,
    monotonic: () => clock.time,
    async sleep(ms, signal) {
      await systemClock.sleep(real ? ms : 0, signal);
      clock.time += ms;
    },
  };
  return clock;
}

function keeper(options: { clock?: Clock; owners?: OwnerProof; timings?: Partial<LockTimings> } = {}): LockKeeper {
  return new LockKeeper({ fs: nodeFs, clock: systemClock, ...options });
}

async function take(locks: LockKeeper): Promise<HeldLock> {
  const lock = await locks.acquire(path);
  assert.ok(lock !== undefined);
  return lock;
}

function writeLock(owner: Record<string, unknown>): void {
  nodeFs.writeFileSync(path, JSON.stringify({ id: 'somebody-1', beat: 1, ...owner }));
}

describe('a lock', () => {
  it('is one file, there while it is held', async () => {
    const lock = await take(keeper());
    assert.ok(nodeFs.existsSync(path));
    lock.assertHeld({ now: true });
    lock.release();
    lock.release();
    assert.equal(nodeFs.existsSync(path), false);
  });

  it('is waited for, and that is said once', async () => {
    const first = await take(keeper());
    let said = 0;
    let looks = 0;
    const timings = { poll: 5 };
    const lock = await keeper({ timings }).acquire(path, {
      onWait: () => (said += 1),
      until() {
        if (++looks === 6) first.release();
        return false;
      },
    });
    assert.ok(looks >= 6);
    assert.equal(said, 1);
    assert.ok(lock !== undefined);
    assert.notEqual(lock.id, first.id);
    assert.equal(lock.predecessor, undefined);
    lock.release();
  });

  it('is not waited for when nobody needs it any more, or when cancelled', async () => {
    const first = await take(keeper());
    let looks = 0;
    const timings = { poll: 1 };
    assert.equal(await keeper({ timings }).acquire(path, { until: () => ++looks > 3 }), undefined);
    const controller = new AbortController();
    const waiting = keeper({ timings }).acquire(path, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await rejects(waiting, 'CANCELLED');
    first.release();
  });

  it('is kept by heartbeats, however long it takes', async () => {
    const timings = { beat: 20, stale: 120, poll: 10 };
    const first = await take(keeper({ owners: strangers, timings }));
    // For whoever waits a pause of the process is no time in which the other's heart stood still.
    const clock = fakeClock({ real: true });
    const second = keeper({ clock, owners: strangers, timings }).acquire(path, { until: () => clock.time > 400 });
    assert.equal(await second, undefined);
    first.assertHeld({ now: true });
    first.release();
  });
});

describe('a lock whose owner died', () => {
  it('is taken over when it has stood still for 8 s by the clock of the one who waits', async () => {
    writeLock({ pid: 1, scope: 'elsewhere' });
    // What the file's times say does not count: they come from another machine's clock.
    nodeFs.utimesSync(path, 1, 1);
    const clock = fakeClock();
    const lock = await take(keeper({ clock, owners: strangers }));
    assert.ok(clock.time >= 8000 && clock.time < 9000, `taken after ${clock.time} ms`);
    assert.deepEqual(lock.predecessor, { id: 'somebody-1', death: undefined });
    lock.release();
  });

  it('is not taken over while its file changes', async () => {
    writeLock({ pid: 1, scope: 'elsewhere' });
    const clock = fakeClock();
    let beat = 1;
    const lock = await keeper({ clock, owners: strangers }).acquire(path, {
      until() {
        beat += 1;
        if (beat % 70 === 0) writeLock({ pid: 1, scope: 'elsewhere', beat });
        return clock.time > 60_000;
      },
    });
    assert.equal(lock, undefined);
  });

  it('is taken over at once when its process is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeLock({ ...systemOwners.self(), pid });
    const clock = fakeClock();
    const lock = await take(keeper({ clock }));
    assert.ok(clock.time <= 100);
    assert.equal(lock.predecessor?.id, 'somebody-1');
    assert.equal(lock.predecessor.death, process.platform === 'linux' ? 'exact' : 'likely');
    lock.release();
  });

  it('is waited for when the pid is of another container or machine', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeLock({ ...systemOwners.self(), pid, scope: 'linux another-boot pid:[1]' });
    const clock = fakeClock();
    const lock = await take(keeper({ clock }));
    assert.ok(clock.time >= 8000);
    lock.release();
  });

  it('is waited for while a process with its pid and start runs', async () => {
    writeLock(systemOwners.self() as object as Record<string, unknown>);
    const clock = fakeClock();
    const lock = await take(keeper({ clock }));
    assert.ok(clock.time >= 8000);
    lock.release();
  });

  it('is taken over at once when its pid belongs to a later process', { skip: noProc() }, async () => {
    writeLock({ ...systemOwners.self(), started: '1' });
    const clock = fakeClock();
    const lock = await take(keeper({ clock }));
    assert.ok(clock.time <= 100);
    lock.release();
  });

  for (const [what, text] of [
    ['empty', ''],
    ['no JSON', '{"id":'],
    ['null', 'null'],
    ['an id that is a path', '{"id":"../../x","pid":1,"scope":"s"}'],
  ]) {
    it(`is taken over when its file says nothing: ${what}`, async () => {
      nodeFs.writeFileSync(path, text ?? '');
      const clock = fakeClock();
      const lock = await take(keeper({ clock, owners: strangers }));
      assert.ok(clock.time >= 2000 && clock.time < 3000, `taken after ${clock.time} ms`);
      lock.release();
      assert.deepEqual(nodeFs.readdirSync(folder), []);
    });
  }

  it('is taken over although a successor died in the act', async () => {
    writeLock({ pid: 1, scope: 'elsewhere' });
    nodeFs.writeFileSync(`${path}.somebody-1.claim`, '');
    const lock = await take(keeper({ clock: fakeClock(), owners: strangers }));
    lock.release();
    assert.deepEqual(nodeFs.readdirSync(folder), []);
  });

  it('goes to one of many who wait, and from it to the next', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeLock({ ...systemOwners.self(), pid });
    let holders = 0;
    let taken = 0;
    const waiters = Array.from({ length: 12 }, async () => {
      const lock = await take(keeper({ timings: { poll: 1 } }));
      holders += 1;
      taken += 1;
      assert.equal(holders, 1, 'two hold the lock');
      await systemClock.sleep(2);
      lock.assertHeld({ now: true });
      holders -= 1;
      lock.release();
    });
    await Promise.all(waiters);
    assert.equal(taken, 12);
    assert.deepEqual(nodeFs.readdirSync(folder), []);
  });
});

describe('a lock that was lost', () => {
  it('is noticed, and left to its new owner', async () => {
    const clock = fakeClock();
    const first = await take(keeper({ clock, owners: strangers, timings: { beat: 1_000_000 } }));
    first.assertHeld();
    const second = await take(keeper({ clock: fakeClock(), owners: strangers }));
    assert.equal(second.predecessor?.id, first.id);
    // Too early to doubt …
    first.assertHeld();
    // … but not after half of the time that others wait.
    clock.time += 4001;
    assert.throws(() => first.assertHeld(), { code: 'BUSY' });
    first.release();
    second.assertHeld({ now: true });
    second.release();
  });

  it('is noticed when its file is gone', async () => {
    const lock = await take(keeper());
    nodeFs.unlinkSync(path);
    assert.throws(() => lock.assertHeld({ now: true }), { code: 'BUSY' });
    assert.throws(() => lock.assertHeld(), { code: 'BUSY' });
    lock.release();
  });
});

function noProc(): string | false {
  return systemOwners.self().started === undefined ? 'there is no /proc here' : false;
}
