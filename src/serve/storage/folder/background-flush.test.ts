import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FileSystem, systemFiles } from '#store';
import { BackgroundFlush } from './background-flush.ts';

const MIB = 1024 * 1024;

type Done = Parameters<FileSystem['fsync']>[1];

/** Files of which the test ends each flush. */
function held(): { readonly fs: FileSystem; readonly flushes: Done[] } {
  const flushes: Done[] = [];
  const fsync = (_fd: number, done: Done): void => void flushes.push(done);
  return { fs: { ...systemFiles, fsync: fsync as FileSystem['fsync'] }, flushes };
}

test('one flush at a time, each after another stride', async () => {
  const { fs, flushes } = held();
  const flush = new BackgroundFlush(fs, 7, 100 * MIB);
  flush.written(107 * MIB);
  assert.equal(flushes.length, 0);
  flush.written(109 * MIB);
  flush.written(130 * MIB);
  assert.equal(flushes.length, 1);
  flushes[0]?.(null);
  await flush.settled();
  flush.written(131 * MIB);
  assert.equal(flushes.length, 2);
  flushes[1]?.(null);
  await flush.settled();
});

test('what a flush was refused with is not forgotten when the next one is not', async () => {
  const { fs, flushes } = held();
  const flush = new BackgroundFlush(fs, 7, 0);
  flush.written(9 * MIB);
  flushes[0]?.(new Error('EIO'));
  await assert.rejects(flush.settled(), /EIO/);
  flush.written(30 * MIB);
  flushes[1]?.(null);
  await assert.rejects(flush.settled(), /EIO/);
});
