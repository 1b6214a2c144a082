import type { Digest } from '#oci';
import type { Files } from './files.ts';
import type { LockKeeper } from './lock.ts';

/** A blob that is there. */
export interface StoredBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** When it came, in milliseconds since 1970. */
  readonly modified: number;
}

/** What earlier runs have left of a blob that is not there. */
export interface StoredPartial {
  readonly digest: Digest;
  /** Bytes that it takes on the disk. */
  readonly size: number;
  /** When something was last added, in milliseconds since 1970. */
  readonly modified: number;
}

const HEX = { sha256: /^[0-9a-f]{64}$/, sha512: /^[0-9a-f]{128}$/ } as const;

/** All blobs, in no order. */
export function listBlobs(files: Files): readonly StoredBlob[] {
  return Object.entries(HEX).flatMap(([algorithm, hex]) =>
    files
      .list(files.path('blobs', algorithm))
      .filter((name) => hex.test(name))
      .flatMap((name) => {
        const stat = files.fs.statSync(files.path('blobs', algorithm, name), { throwIfNoEntry: false });
        if (stat?.isFile() !== true) return [];
        return { digest: `${algorithm}:${name}` as Digest, size: stat.size, modified: stat.mtimeMs };
      }),
  );
}

/** Those that somebody brings in just now are among them. */
export function listPartials(files: Files): readonly StoredPartial[] {
  const found = new Map<Digest, StoredPartial>();
  for (const name of files.list(files.path('ingest'))) {
    const digest = partialOf(name);
    const stat = digest && files.fs.statSync(files.path('ingest', name), { throwIfNoEntry: false });
    if (digest === undefined || stat === undefined) continue;
    const { size = 0, modified = 0 } = found.get(digest) ?? {};
    // With a gap the file is longer than what is there.
    const taken = Math.min(stat.size, stat.blocks * 512);
    found.set(digest, { digest, size: size + taken, modified: Math.max(modified, stat.mtimeMs) });
  }
  return [...found.values()];
}

/** Removes what there is of a blob; false where somebody brings it in just now, or there is nothing. */
export async function removePartial(files: Files, locks: LockKeeper, digest: Digest): Promise<boolean> {
  const stem = digest.replace(':', '-');
  let looks = 0;
  const until = (): boolean => looks++ > 0;
  const lock = await locks.acquire(files.path('ingest', `${stem}.lock`), { until });
  if (lock === undefined) return false;
  try {
    const ours = files.list(files.path('ingest')).filter((name) => partialOf(name) === digest);
    return ours.map((name) => files.remove(files.path('ingest', name))).includes(true);
  } finally {
    lock.release();
  }
}

function partialOf(name: string): Digest | undefined {
  const [, algorithm, hex] = /^(sha256|sha512)-([0-9a-f]+)\.(?:[^.]+\.)?part$/.exec(name) ?? [];
  return algorithm === undefined ? undefined : (`${algorithm}:${hex}` as Digest);
}
