import assert from 'node:assert/strict';
import * as nodeFs from 'node:fs';
import type { FileSystem } from '#store';

const PAGE = 4096;

type Name = keyof FileSystem;
type Call = (...args: readonly unknown[]) => unknown;

/** Thrown by every call to a file system that has stopped. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

export interface StoppingFiles {
  readonly fs: FileSystem;
  /** Calls so far. */
  calls(): number;
  /** What the kernel does with the files of a dead process. */
  closeAll(): void;
}

/**
 * A file system as a process sees it that is killed at its n-th call: that call does half of its work (a write) or none, and all later ones
 * fail, so that no clean-up runs either.
 */
export function stoppingFiles(stopAt: number, inner: FileSystem = nodeFs): StoppingFiles {
  let calls = 0;
  const open = new Set<number>();
  const files = callsOf(inner);
  const fs = proxyOf((name) => (...args) => {
    calls += 1;
    if (calls >= stopAt) {
      if (calls === stopAt && name === 'writeSync') writeHalf(files, args);
      return fail(args);
    }
    if (name === 'fsync' && inner === nodeFs) return succeed(args);
    const result = files[name](...args);
    if (name === 'openSync') open.add(result as number);
    if (name === 'closeSync') open.delete(args[0] as number);
    return result;
  });
  return {
    fs,
    calls: () => calls,
    closeAll() {
      for (const fd of open) nodeFs.closeSync(fd);
      open.clear();
    },
  };
}

/** True when `work` came to its end, false when its file system stopped before; it may fail with nothing else. */
export async function cameToEnd(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    assert.ok(isStop(error), `an error that is no stop: ${String(error)}`);
    return false;
  }
}

function isStop(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof Stopped) return true;
  return false;
}

/** `node:fs` with every call given to `handle`. */
export function proxyOf(handle: (name: Name) => Call): FileSystem {
  return new Proxy(nodeFs, { get: (_, name) => handle(name as Name) });
}

export function callsOf(fs: FileSystem): Record<Name, Call> {
  return fs as unknown as Record<Name, Call>;
}

function writeHalf(files: Record<Name, Call>, args: readonly unknown[]): void {
  const [fd, bytes, offset, length, position] = args;
  // The kernel copies what lies within a page in one go.
  const half = Math.floor((length as number) / 2 / PAGE) * PAGE;
  if (half > 0) files.writeSync(fd, bytes, offset, half, position);
}

/** Flushing takes long, and makes no difference to who comes after a process. */
function succeed(args: readonly unknown[]): undefined {
  const callback = args.at(-1);
  if (typeof callback === 'function') setImmediate(() => callback(null));
  return undefined;
}

/** As the call would: by its callback, or by throwing. */
function fail(args: readonly unknown[]): unknown {
  const callback = args.at(-1);
  if (typeof callback !== 'function') throw new Stopped('the process was killed');
  setImmediate(() => callback(new Stopped('the process was killed')));
  return undefined;
}
