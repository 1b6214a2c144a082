import * as nodeFs from 'node:fs';

/**
 * What the store and a registry's storage ask of the operating system. `node:fs` is one; tests use others that stop at the n-th call, or that
 * forget what was not synced. Metadata calls are synchronous (they take microseconds); what moves or flushes much data is not.
 */
export type FileSystem = Pick<
  typeof nodeFs,
  | 'chmodSync'
  | 'closeSync'
  | 'copyFile'
  | 'fstatSync'
  | 'fsync'
  | 'ftruncateSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'openSync'
  | 'readdirSync'
  | 'read'
  | 'readFileSync'
  | 'readSync'
  | 'renameSync'
  | 'rm'
  | 'rmdirSync'
  | 'statSync'
  | 'unlinkSync'
  | 'utimesSync'
  | 'writeSync'
> &
  Partial<Pick<typeof nodeFs, 'statfsSync'>>;

export const systemFiles: FileSystem = nodeFs;

/** Resolves when everything written to `fd` would survive a power cut. */
export function syncFile(fs: Pick<FileSystem, 'fsync'>, fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(fd, (error) => (error ? reject(error) : resolve()));
  });
}
