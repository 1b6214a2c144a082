import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ByteRange } from '#bytes';
import type { CallOptions } from '#content';
import { throwIfCancelled } from '#errors';
import { type FileRegion, readRegion, writeRegion } from '../file-region.ts';

/** Bytes copied at once. */
const COPY = 1024 * 1024;

/** Copies bytes of a blob from one place to another, with turns for others between. */
export async function copyRegion(
  from: FileRegion,
  to: FileRegion,
  range: ByteRange,
  options: CallOptions = {},
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(COPY, range.end - range.start));
  for (let at = range.start; at < range.end; at += buffer.length) {
    throwIfCancelled(options.signal);
    const chunk = buffer.subarray(0, Math.min(buffer.length, range.end - at));
    readRegion(from, at, chunk);
    writeRegion(to, at, chunk);
    await nextTurn();
  }
}
