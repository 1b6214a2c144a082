import { randomBytes } from 'node:crypto';
import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import { DrayError } from '#errors';
import { asFailure, Files, type HeldLock, LockKeeper, type LockTimings, type OwnerProof } from '#store';
import { type Clock, systemClock } from '#timing';
import { collect } from './collect.ts';
import type { MaintenanceRules, Schedule } from './options.ts';
import { Pace } from './pace.ts';
import type { Pass, Removal } from './pass.ts';
import { purgeTemporary, purgeUploads } from './purge-uploads.ts';
import { type MaintenanceReport, Tally } from './report.ts';
import { type Retention, retention } from './retain.ts';
import { Timetable } from './timetable.ts';
import { RegistryTree, type TreeFiles } from './tree.ts';

export interface MaintenanceOptions extends MaintenanceRules, Schedule {
  /** Folder of the storage, which other processes may be using. */
  readonly root: string;
  /** False: what a crash of the machine takes away is not waited for. */
  readonly sync?: boolean | undefined;
  /** After each run that the schedule began. */
  readonly onReport?: ((report: MaintenanceReport) => void) | undefined;
  /** A run that the schedule began has failed; there will be a next one. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Something in the folder that is not as it should be, and was left as it is; one line. */
  readonly onNotice?: ((text: string) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly fs?: TreeFiles | undefined;
  readonly owners?: OwnerProof | undefined;
  readonly lockTimings?: Partial<LockTimings> | undefined;
}

export interface RunOptions {
  /** Says what would be removed, and removes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for each thing that goes, when it has gone. */
  readonly onRemoved?: ((removal: Removal) => void) | undefined;
}

/** What is done to a registry's folder beside serving it. */
export interface Maintenance {
  /** Runs by the schedule from now on; the first time when `interval` has passed. */
  start(): void;
  /** Ends the schedule, and the run that is under way; resolves when it has ended. What it has not done a later one does. */
  stop(): Promise<void>;
  /**
   * One run at once, over processes one at a time. Rejects with BUSY where another one goes on, with CANCELLED, DISK_FULL and IO_FAILED; what was removed
   * until then nobody needs.
   */
  run(options?: RunOptions): Promise<MaintenanceReport>;
}

/** Milliseconds that a run waits for another one to end: long enough to find out that its process is dead. */
const PATIENCE = 10_000;
/** Milliseconds. */
const UPLOAD_AGE = 7 * 24 * 3_600_000;

/** Reads the rules. Throws INVALID_OPTION for those that cannot be understood. */
export function createMaintenance(options: MaintenanceOptions): Maintenance {
  const { clock = systemClock } = options;
  const rules = retention(options.retention ?? [], options.immutable ?? []);
  const run = (how: RunOptions = {}): Promise<MaintenanceReport> => runOnce(options, rules, how);
  const timetable = new Timetable(clock, options, async (signal) => {
    try {
      options.onReport?.(await run({ signal }));
    } catch (error) {
      if (!signal.aborted) options.onError?.(error);
    }
  });
  return { run, start: () => timetable.start(), stop: () => timetable.stop() };
}

async function runOnce(options: MaintenanceOptions, rules: Retention, how: RunOptions): Promise<MaintenanceReport> {
  const { root, sync = true, clock = systemClock, fs = nodeFs } = options;
  const { dryRun = false, signal } = how;
  const files = new Files({ root, fs, sync, id: randomBytes(6).toString('hex'), shared: true });
  const pace = new Pace(signal);
  const tally = new Tally(how.onRemoved);
  const tree = new RegistryTree({ root, fs, pace });
  const started = clock.monotonic();
  try {
    const lock = dryRun ? undefined : await acquire(options, files, signal);
    try {
      const notice = (text: string): void => options.onNotice?.(text);
      const removed = (removal: Removal): void => tally.add(removal);
      const pass: Pass = { tree, files, now: clock.now(), dryRun, lock, removed, notice };
      const repositories = await work(pass, options, rules);
      const { longest } = pace;
      return { ...tally.totals, dryRun, repositories, duration: clock.monotonic() - started, longest };
    } finally {
      lock?.release();
    }
  } catch (error) {
    throw asFailure(`cleaning up ${root}`, error);
  }
}

async function work(pass: Pass, options: MaintenanceOptions, rules: Retention): Promise<number> {
  let repositories = 0;
  for await (const repository of pass.tree.repositories()) {
    repositories += 1;
    if (options.uploads !== undefined) await purgeUploads(pass, repository, options.uploads.age ?? UPLOAD_AGE);
    await rules.retain(pass, repository);
  }
  if (options.uploads !== undefined) await purgeTemporary(pass, options.uploads.age ?? UPLOAD_AGE);
  if (options.collect !== undefined) await collect(pass, { rules: options.collect, untagged: rules.untagged });
  return repositories;
}

async function acquire(
  { clock = systemClock, fs = nodeFs, owners, lockTimings }: MaintenanceOptions,
  files: Files,
  signal: AbortSignal | undefined,
): Promise<HeldLock> {
  await files.ensure(files.path('dray'));
  const keeper = new LockKeeper({ fs, clock, owners, timings: lockTimings });
  const since = clock.monotonic();
  const until = (): boolean => clock.monotonic() - since > PATIENCE;
  const lock = await keeper.acquire(join(files.path('dray'), 'collect.lock'), { signal, until });
  if (lock !== undefined) return lock;
  const hint = 'wait until that has ended; a server does it by its schedule';
  throw new DrayError('BUSY', `another process is cleaning up ${files.root}`, { hint });
}
