import { basename } from 'node:path';
import { DrayError } from '#errors';
import type { Clock } from '#timing';
import { fileFailure } from '../failure.ts';
import type { FileSystem } from '../file-system.ts';
import { readText, removeFile } from './files.ts';
import type { Death, Owner, OwnerProof } from './owner.ts';

/** Milliseconds. */
export interface LockTimings {
  /** Between two heartbeats of an owner. */
  readonly beat: number;
  /** Without a heartbeat, by the clock of whoever waits, until a lock may be taken over. */
  readonly stale: number;
  /** Between two looks of whoever waits. */
  readonly poll: number;
}

/** What a lock file holds. */
interface LockText extends Owner {
  readonly id: string;
  readonly beat: number;
}

export type LockIdentity = Pick<HeldLock, 'id' | 'predecessor'>;

/** A lock of one's own, until it is released or lost to somebody who took its owner for dead. */
export interface HeldLock {
  /** Unlike that of any other lock, ever. */
  readonly id: string;
  /** The owner whose lock was taken over, and how sure it is that it writes no more. */
  readonly predecessor: { readonly id: string; readonly death: Death } | undefined;
  /**
   * Throws BUSY when the lock was lost. Looks at the file when `now` is true, or when the last look is so long ago
   * that somebody may have taken us for dead.
   */
  assertHeld(options?: { readonly now?: boolean }): void;
  /** Lets go. Nothing happens to a lock that was lost. Never rejects. */
  release(): void;
}

/** What a lock file asks of its keeper. */
export interface LockHome {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly timings: LockTimings;
  readonly owners: OwnerProof;
  /** Beats for the lock until it is forgotten. */
  hold(lock: LockFile): void;
  forget(lock: LockFile): void;
}

export class LockFile implements HeldLock {
  readonly id: string;
  readonly predecessor: HeldLock['predecessor'];
  readonly #home: LockHome;
  readonly #path: string;
  readonly #fd: number;
  #beats = 0;
  #checked: number;
  #state: 'held' | 'lost' | 'released' = 'held';

  /** @param file open, new and empty; `path` is where the lock is, or will be */
  constructor(home: LockHome, file: { readonly path: string; readonly fd: number }, lock: LockIdentity) {
    this.#home = home;
    this.#path = file.path;
    this.#fd = file.fd;
    this.id = lock.id;
    this.predecessor = lock.predecessor;
    this.#checked = home.clock.monotonic();
  }

  /** Says in the file whose it is. */
  begin(): void {
    this.#write();
    this.#home.hold(this);
  }

  beat(): void {
    try {
      if (this.#check()) this.#write();
    } catch {
      // The file system is out of order just now: `assertHeld` looks again before anything is done.
    }
  }

  assertHeld(options: { readonly now?: boolean } = {}): void {
    const { clock, timings } = this.#home;
    const suspect = options.now === true || clock.monotonic() - this.#checked > timings.stale / 2;
    try {
      if (this.#state === 'held' && suspect) this.#check();
    } catch (error) {
      throw fileFailure(`looking at the lock ${this.#path}`, error);
    }
    if (this.#state === 'held') return;
    const message = `another process took over ${basename(this.#path, '.lock')} while this one stood still`;
    throw new DrayError('BUSY', message, { hint: 'run the same command again: what has arrived is kept' });
  }

  release(): void {
    if (this.#state === 'released') return;
    try {
      if (this.#check()) removeFile(this.#home.fs, this.#path);
    } catch {
      // It goes stale by itself.
    }
    this.#end('released');
  }

  /** Gives up the file that it is in, which is not the lock, or not whole. */
  drop(file: string): void {
    removeFile(this.#home.fs, file);
    this.#end('released');
  }

  /** Looks whether the lock is still ours. */
  #check(): boolean {
    const text = readText(this.#home.fs, this.#path);
    const ours = text !== undefined && parse(text)?.id === this.id;
    if (ours) this.#checked = this.#home.clock.monotonic();
    else this.#end('lost');
    return ours;
  }

  #write(): void {
    this.#beats += 1;
    const text: LockText = { id: this.id, beat: this.#beats, ...this.#home.owners.self() };
    const bytes = Buffer.from(`${JSON.stringify(text)}\n`);
    this.#home.fs.writeSync(this.#fd, bytes, 0, bytes.length, 0);
  }

  #end(state: 'lost' | 'released'): void {
    if (this.#state === 'held') {
      this.#home.forget(this);
      try {
        this.#home.fs.closeSync(this.#fd);
      } catch {
        // Nothing depends on it.
      }
    }
    this.#state = state;
  }
}

export function parse(text: string): LockText | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockText> | null;
    if (typeof value?.id !== 'string' || !/^[0-9a-z-]{1,40}$/.test(value.id)) return undefined;
    if (typeof value.pid !== 'number' || typeof value.scope !== 'string') return undefined;
    return value as LockText;
  } catch {
    return undefined;
  }
}
