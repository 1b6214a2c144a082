import type { Clock } from '#timing';
import type { Files } from '../disk/files.ts';
import { parse } from '../disk/lock-file.ts';
import type { OwnerProof } from '../disk/owner.ts';

/** Older than any write that is still going on. */
const DAY = 24 * 60 * 60 * 1000;

export interface SweepOptions {
  readonly clock: Clock;
  readonly owners: OwnerProof;
}

/**
 * Removes what killed runs have left beside blobs that are there, whole: the folder is for others to read. What is there of other blobs stays,
 * for the next run.
 */
export function sweepLayout(files: Files, options: SweepOptions): void {
  for (const algorithm of files.list(files.path('blobs'))) {
    const folder = files.path('blobs', algorithm);
    const names = files.list(folder);
    const whole = new Set(names);
    const ours = names.filter((name) => whole.has(/^\.dray-([0-9a-f]+)\./.exec(name)?.[1] ?? ''));
    const locks = ours.filter((name) => name.endsWith('.lock'));
    const free = new Set(locks.filter((name) => isLeft(files, `${folder}/${name}`, options)));
    const taken = new Set(locks.filter((name) => !free.has(name)).map(stemOf));
    for (const name of ours) {
      if (taken.has(stemOf(name)) || (isUnlocked(name) && !isOld(files, `${folder}/${name}`, options))) continue;
      files.remove(`${folder}/${name}`);
    }
  }
}

/** Content that comes as a whole is written without a lock. */
function isUnlocked(name: string): boolean {
  return name.endsWith('.tmp');
}

/** `.dray-<hex>` of a file that belongs to a blob. */
function stemOf(name: string): string {
  return name.slice(0, name.indexOf('.', 1));
}

/** Nobody holds this lock any more. */
function isLeft(files: Files, path: string, options: SweepOptions): boolean {
  const owner = parse(files.read(path) ?? '');
  return (owner !== undefined && options.owners.death(owner) !== undefined) || isOld(files, path, options);
}

function isOld(files: Files, path: string, { clock }: SweepOptions): boolean {
  const stat = files.fs.statSync(path, { throwIfNoEntry: false });
  return stat === undefined || clock.now() - stat.mtimeMs > DAY;
}
