import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cancelled } from '#errors';
import type { Clock } from '#timing';
import { Timetable } from './timetable.ts';

/** Time that passes only by sleeping, and then at once. */
function hastyClock(): Clock {
  let time = 0;
  return {
    now: () => time,
    monotonic: () => time,
    sleep: async (ms, signal) => {
      if (signal?.aborted === true) throw cancelled(signal);
      time += ms;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    },
  };
}

const HOUR = 3_600_000;

it('has work done at every interval, one at a time, until it is stopped', async () => {
  const clock = hastyClock();
  const times: number[] = [];
  let stop: Promise<void> | undefined;
  let wasStopped = false;
  await new Promise<void>((resolve) => {
    const timetable = new Timetable(clock, { interval: 30 * HOUR }, async (signal) => {
      times.push(clock.now() / HOUR);
      if (times.length < 3) return;
      stop = timetable.stop();
      wasStopped = signal.aborted;
      resolve();
    });
    timetable.start();
    timetable.start();
  });
  await stop;
  assert.deepEqual(times, [30, 60, 90]);
  assert.equal(wasStopped, true);
});

it('waits for its window', async () => {
  const clock = hastyClock();
  const times: number[] = [];
  await new Promise<void>((resolve) => {
    const timetable = new Timetable(clock, { interval: HOUR, window: { from: 22 * 60, to: 4 * 60 } }, async () => {
      times.push(clock.now() / HOUR);
      if (times.length === 6) void timetable.stop().then(resolve);
    });
    timetable.start();
  });
  assert.deepEqual(times, [1, 2, 3, 22, 23, 24]);
});
