import { randomBytes } from 'node:crypto';
import { errnoOf } from '#errors';
import type { Clock } from '#timing';
import type { FileSystem } from '../file-system.ts';
import { readText, removeFile } from './files.ts';
import { type HeldLock, LockFile, type LockHome, type LockTimings, parse } from './lock-file.ts';
import { type Death, type OwnerProof, systemOwners } from './owner.ts';

const TIMINGS: LockTimings = { beat: 1000, stale: 8000, poll: 100 };

export interface LockKeeperOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly timings?: Partial<LockTimings> | undefined;
  readonly owners?: OwnerProof | undefined;
}

export interface AcquireOptions {
  readonly signal?: AbortSignal | undefined;
  /** Asked before each look: true ends the waiting without the lock. */
  readonly until?: (() => boolean) | undefined;
  /** Called once, when somebody else has the lock. */
  readonly onWait?: (() => void) | undefined;
}

/**
 * Locks between processes, also on different machines and in different containers: a file per lock, made with O_EXCL, that its owner writes anew every
 * second. One whose file stands still, by the waiter's own clock, is dead; so is one whose process provably ended. Locks save work,
 * data never depends on them: each owner writes files of its own name.
 */
export class LockKeeper implements LockHome {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly timings: LockTimings;
  readonly owners: OwnerProof;
  readonly #id = randomBytes(6).toString('hex');
  readonly #held = new Set<LockFile>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LockKeeperOptions) {
    this.fs = options.fs;
    this.clock = options.clock;
    this.timings = { ...TIMINGS, ...options.timings };
    this.owners = options.owners ?? systemOwners;
  }

  /** Resolves with the lock, or with undefined when `until` said so. The folder of `path` is there. */
  async acquire(path: string, options: AcquireOptions = {}): Promise<HeldLock | undefined> {
    const watch = new LockWatch(this, path);
    for (let waited = false; ; waited = true) {
      if (options.until?.() === true) return undefined;
      const lock = this.#create(path) ?? this.#succeed(path, watch);
      if (lock !== undefined) return lock;
      if (!waited) options.onWait?.();
      await this.clock.sleep(this.timings.poll, options.signal);
    }
  }

  #create(path: string, predecessor?: HeldLock['predecessor'], file = path): LockFile | undefined {
    // Found out before there is a file: a kill between its making and its first words leaves a lock that says nothing.
    this.owners.self();
    let fd: number;
    try {
      fd = this.fs.openSync(file, 'wx', 0o600);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return undefined;
      throw error;
    }
    this.#count += 1;
    const lock = new LockFile(this, { path, fd }, { id: `${this.#id}-${this.#count.toString(36)}`, predecessor });
    try {
      lock.begin();
      return lock;
    } catch (error) {
      lock.drop(file);
      throw error;
    }
  }

  /**
   * Takes the lock of a dead owner. The claim, whose name is made of the dead one's id, goes to a single successor, and becomes the
   * lock by a rename, so that there is no moment without one.
   */
  #succeed(path: string, watch: LockWatch): LockFile | undefined {
    const dead = watch.look();
    if (dead === undefined) return undefined;
    const claim = `${path}.${dead.id}.claim`;
    const lock = this.#create(path, { id: dead.id, death: dead.death }, claim);
    if (lock === undefined) {
      watch.lookAtClaim(claim);
      return undefined;
    }
    if (readText(this.fs, path) === dead.text) {
      this.fs.renameSync(claim, path);
      return lock;
    }
    lock.drop(claim);
    return undefined;
  }

  hold(lock: LockFile): void {
    this.#held.add(lock);
    this.#timer ??= setInterval(() => {
      for (const each of this.#held) each.beat();
    }, this.timings.beat).unref();
  }

  forget(lock: LockFile): void {
    this.#held.delete(lock);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** What a waiter has seen of a lock that is not its own. */
class LockWatch {
  readonly #keeper: LockKeeper;
  readonly #path: string;
  readonly #seen = new Map<string, { text: string; since: number }>();

  constructor(keeper: LockKeeper, path: string) {
    this.#keeper = keeper;
    this.#path = path;
  }

  /** The owner, when it is dead. */
  look(): { readonly id: string; readonly text: string; readonly death: Death } | undefined {
    const { fs, owners } = this.#keeper;
    const text = readText(fs, this.#path);
    if (text === undefined) return undefined;
    const owner = parse(text);
    const death = owner === undefined ? undefined : owners.death(owner);
    return death !== undefined || this.#still(this.#path, text)
      ? { id: owner?.id ?? 'unreadable', text, death }
      : undefined;
  }

  /** Removes the claim of a successor that died in the instant between claiming and succeeding. */
  lookAtClaim(claim: string): void {
    const { fs, owners } = this.#keeper;
    const text = readText(fs, claim);
    if (text === undefined) return;
    const owner = parse(text);
    const dead = owner !== undefined && owners.death(owner) !== undefined;
    if (dead || this.#still(claim, text)) removeFile(fs, claim);
  }

  /** Whether `file` has held this text for so long that its owner must be dead. */
  #still(file: string, text: string): boolean {
    const { clock, timings } = this.#keeper;
    const now = clock.monotonic();
    const seen = this.#seen.get(file);
    // An owner says at once whose a file is: one that stays without words was killed before.
    const patience = parse(text) === undefined ? Math.min(2 * timings.beat, timings.stale) : timings.stale;
    if (seen !== undefined && seen.text === text) return now - seen.since >= patience;
    this.#seen.set(file, { text, since: now });
    return false;
  }
}
