import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadBuffers } from './read-buffers.ts';

const MIB = 1024 * 1024;

test('few readers have large buffers, many have small ones, and those that are given back are used again', () => {
  const all = Array.from({ length: 200 }, () => new ReadBuffers(100 * MIB));
  const sizes = all.map(({ size }) => size);
  assert.equal(sizes[0], MIB);
  assert.ok(sizes.slice(100).every((size) => size <= 64 * 1024));
  assert.ok(sizes.reduce((sum, size) => sum + 2 * size, 0) < 60 * MIB);
  const [first] = all;
  const buffer = first?.take();
  for (const each of all) each.giveBack();
  const next = new ReadBuffers(MIB);
  assert.equal(next.take(), buffer);
  next.giveBack();
});

test('a small file has a small buffer', () => {
  const buffers = new ReadBuffers(1000);
  assert.equal(buffers.take().length, 1000);
  buffers.giveBack();
});
