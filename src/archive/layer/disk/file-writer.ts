import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { TarEntry } from '../../tar/read.ts';
import type { Segment } from '../../tar/sparse.ts';
import type { FileSink } from '../tree.ts';
import { diskFailure } from './disk-failure.ts';
import type { DiskPath } from './folder.ts';

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Opens a file that was not there; throws EEXIST where something is, a link too. */
export function openNewFile(path: DiskPath, mode = 0o600): number {
  return openSync(path, NEW_FILE, mode);
}

/**
 * Writes a file's content, holes where a sparse one has them.
 * @param settle is given the file when its content is complete, and may keep it: then it gives true
 */
export function fileWriter(fd: number, entry: TarEntry, settle: (fd: number) => boolean): FileSink {
  const { sparse, name } = entry;
  const write = sparse === undefined ? straight(fd) : withHoles(fd, sparse.segments);
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  return {
    write: (chunk) => guarded(name, () => write(chunk)),
    end: () =>
      guarded(name, () => {
        if (sparse !== undefined) ftruncateSync(fd, sparse.size);
        if (settle(fd)) open = false;
        else close();
      }),
    abandon: close,
  };
}

/** What `work` gives; what the system refuses is told with the name of the file. */
export function guarded<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw diskFailure(name, error);
  }
}

function straight(fd: number): (chunk: Uint8Array) => void {
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at, chunk.length - at);
  };
}

function withHoles(fd: number, segments: readonly Segment[]): (chunk: Uint8Array) => void {
  let index = 0;
  let within = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const segment = segments[index];
      if (segment === undefined) throw new Error('a sparse file has more data than its map');
      const length = Math.min(segment.length - within, chunk.length - at);
      const written = writeSync(fd, chunk, at, length, segment.offset + within);
      at += written;
      within += written;
      if (within < segment.length) continue;
      index += 1;
      within = 0;
    }
  };
}
