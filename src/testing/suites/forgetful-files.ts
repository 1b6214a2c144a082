import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import type { FileSystem } from '#store';
import { callsOf, proxyOf } from './stopping-files.ts';

/**
 * `strict`: only names and bytes that were flushed are there after the power cut. `zeros`: all names are there, but bytes that
 * were not flushed are zeros, as file systems with delayed allocation may leave them.
 */
export type PowerCut = 'strict' | 'zeros';

export interface ForgetfulFiles {
  readonly fs: FileSystem;
  /** Makes `to` what a disk would hold if the power failed now. */
  cutPower(to: string, how: PowerCut): void;
}

/** Watches what is flushed below the folder `base`, whose own names are durable. */
export function forgetfulFiles(base: string): ForgetfulFiles {
  const bytes = new Map<string, Uint8Array>();
  /** By the identity of a folder, which it keeps when it is renamed. */
  const names = new Map<string, ReadonlyMap<string, string>>();
  const paths = new Map<number, string>();
  const files = callsOf(nodeFs);

  const flush = (fd: number): void => {
    const stat = nodeFs.fstatSync(fd, { bigint: true });
    const path = paths.get(fd) ?? '';
    if (stat.isDirectory()) names.set(identity(stat), listing(path));
    else bytes.set(identity(stat), nodeFs.readFileSync(path));
  };

  const fs = proxyOf((name) => (...args) => {
    if (name === 'fsync') {
      const [fd, callback] = args as [number, (error: null) => void];
      flush(fd);
      setImmediate(() => callback(null));
      return undefined;
    }
    const result = files[name](...args);
    if (name === 'openSync') paths.set(result as number, args[0] as string);
    if (name === 'renameSync') follow(paths, args[0] as string, args[1] as string);
    return result;
  });

  const restore = (from: string, to: string, how: PowerCut, durable: ReadonlyMap<string, string>): void => {
    for (const [name, id] of how === 'strict' ? durable : listing(from)) {
      const path = join(from, name);
      if (id.startsWith('folder')) {
        nodeFs.mkdirSync(join(to, name), { mode: 0o700 });
        restore(path, join(to, name), how, names.get(id) ?? new Map());
      } else nodeFs.writeFileSync(join(to, name), bytes.get(id) ?? zerosLike(path));
    }
  };
  return {
    fs,
    cutPower(to, how) {
      nodeFs.mkdirSync(to, { recursive: true });
      restore(base, to, how, listing(base));
    },
  };
}

/** What is open stays open under its new name. */
function follow(paths: Map<number, string>, from: string, to: string): void {
  for (const [fd, path] of paths) {
    if (path === from || path.startsWith(`${from}/`)) paths.set(fd, to + path.slice(from.length));
  }
}

function listing(folder: string): Map<string, string> {
  const entries = nodeFs.readdirSync(folder).map((name): [string, string] => {
    return [name, identity(nodeFs.statSync(join(folder, name), { bigint: true }))];
  });
  return new Map(entries);
}

/** Inode numbers are used again; with the time of birth they are not. */
function identity(stat: nodeFs.BigIntStats): string {
  return `${stat.isDirectory() ? 'folder' : 'file'} ${stat.ino} ${stat.birthtimeNs}`;
}

function zerosLike(path: string): Uint8Array {
  return new Uint8Array(nodeFs.statSync(path, { throwIfNoEntry: false })?.size ?? 0);
}
