import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Writes a file from its first byte to its last; it has its name only once it is complete. What a failure leaves is removed. */
export async function writeWholeFile(
  path: string,
  sync: boolean,
  write: (sink: Writable) => Promise<void>,
): Promise<number> {
  const partial = `${path}.dray-partial`;
  const sink = createWriteStream(partial, { highWaterMark: 1024 * 1024 });
  try {
    await write(sink);
    sink.end();
    await finished(sink);
    if (sync) await flush(partial);
    await rename(partial, path);
    return sink.bytesWritten;
  } catch (error) {
    sink.destroy();
    await rm(partial, { force: true });
    throw error;
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
