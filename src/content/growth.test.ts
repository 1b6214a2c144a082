import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGrowth } from './growth.ts';

const MiB = 1024 * 1024;

/** Drives a growth over a link with so many bytes per ms for each lane and in all; gives the lanes after each 300 ms. */
function drive(perLane: number, inAll: number, size: number, most = 6): number[] {
  const growth = createGrowth(most);
  const lanes: number[] = [];
  let running = 1;
  let received = 0;
  for (let now = 0; received < size; now += 50) {
    running = growth.aim(received, size - received, running, now);
    received += Math.min(running * perLane, inAll) * 50;
    if (now % 300 === 0) lanes.push(running);
  }
  return lanes;
}

test('a link that is limited per connection gets as many as are allowed', () => {
  const lanes = drive(10 * 1024, 1_000_000, 190 * MiB);
  assert.equal(Math.max(...lanes), 6);
  assert.ok(
    lanes.slice(6).every((count) => count === 6),
    lanes.join(' '),
  );
});

test('a link that is limited as a whole goes back to one', () => {
  const lanes = drive(20 * 1024, 20 * 1024, 190 * MiB);
  assert.equal(Math.max(...lanes), 2);
  assert.ok(
    lanes.slice(6).every((count) => count === 1),
    lanes.join(' '),
  );
});

test('a fast link never gets a second connection', () => {
  assert.deepEqual(new Set(drive(1000 * 1024, 2000 * 1024, 190 * MiB)), new Set([1]));
});

test('a link that pays for two, but not for four, keeps two', () => {
  const lanes = drive(10 * 1024, 20 * 1024, 190 * MiB);
  assert.ok(
    lanes.slice(10).every((count) => count === 2),
    lanes.join(' '),
  );
});

test('never more lanes than allowed, nor than the rest is worth', () => {
  assert.equal(Math.max(...drive(1024, 1_000_000, 190 * MiB, 3)), 3);
  const growth = createGrowth(6);
  growth.aim(0, 9 * MiB, 1, 0);
  assert.equal(growth.aim(1024, 9 * MiB, 1, 400), 2);
});

test('a server that refuses more settles it', () => {
  const growth = createGrowth(6);
  growth.aim(0, 100 * MiB, 1, 0);
  assert.equal(growth.aim(1024, 100 * MiB, 1, 400), 2);
  growth.settle(1);
  assert.equal(growth.aim(4096, 100 * MiB, 1, 1000), 1);
  assert.equal(growth.aim(8192, 100 * MiB, 1, 2000), 1);
});
