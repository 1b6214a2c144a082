import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

const TAR_MAGIC = 257;

/**
 * What stands at a path, told by its content: a folder with an `oci-layout` in it, or a file that begins as a tar or a gzip does (which of the
 * two archives it is, is seen when it is opened). Undefined for anything else, also for what cannot be read.
 */
export function recognise(path: string): 'oci-dir' | 'docker-archive' | undefined {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return statSync(join(path, 'oci-layout')).isFile() ? 'oci-dir' : undefined;
    return found.isFile() && isArchive(path) ? 'docker-archive' : undefined;
  } catch {
    return undefined;
  }
}

function isArchive(path: string): boolean {
  const head = Buffer.alloc(512);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const isZstd = head.readUInt32LE(0) === 0xfd2fb528;
  return isGzip || isZstd || head.toString('latin1', TAR_MAGIC, TAR_MAGIC + 5) === 'ustar';
}
