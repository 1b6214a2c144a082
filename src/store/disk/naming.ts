import type { CallOptions } from '#content';
import type { Descriptor } from '#oci';
import type { Clock } from '#timing';
import type { Files } from './files.ts';
import type { LockKeeper } from './lock.ts';
import type { HeldLock } from './lock-file.ts';
import {
  listReferences,
  type NewReference,
  type ReferenceKey,
  readReference,
  referencePath,
  type StoredReference,
} from './references.ts';

export interface Naming {
  readonly files: Files;
  readonly locks: LockKeeper;
  readonly clock: Clock;
}

/**
 * Gives a name its root, or keeps a root without one. Manifests that are known below the same root stay. A root that loses its last name stays as an
 * image without a name, and one that gets a name is no longer without.
 */
export async function writeReference(naming: Naming, reference: NewReference, options: CallOptions): Promise<void> {
  const { files } = naming;
  await alone(naming, options, async () => {
    // Blobs that another process has put there may not be durable yet; what a name stands for must be.
    if (files.sync) await syncBlobFolders(files);
    const { name, root } = reference;
    if (name === undefined) {
      const known = listReferences(files).filter((each) => each.root.digest === root.digest);
      for (const each of known) await replace(naming, { ...reference, name: each.name }, each);
      if (known.length === 0) await replace(naming, reference, undefined);
      return;
    }
    const before = readReference(files, { name });
    const nameless = readReference(files, { root });
    if (before !== undefined && before.root.digest !== root.digest) await keepNameless(naming, before);
    await replace(naming, reference, before?.root.digest === root.digest ? before : nameless);
    if (nameless !== undefined) files.remove(referencePath(files, { root }));
  });
}

/** True when there was such a name, or such a nameless image. Its content stays. */
export async function deleteReference(naming: Naming, which: ReferenceKey, options: CallOptions): Promise<boolean> {
  const { files } = naming;
  return alone(naming, options, async () => {
    const removed = files.remove(referencePath(files, which));
    if (removed && files.sync) await files.syncFolder(files.path('refs'));
    return removed;
  });
}

/** What is done to names, leases and content that nobody needs is one step for all processes: each sees what the others have done. */
export async function alone<T>(
  { files, locks }: Pick<Naming, 'files' | 'locks'>,
  options: CallOptions,
  work: (lock: HeldLock | undefined) => Promise<T>,
): Promise<T> {
  await files.ensure(files.path('refs'));
  const lock = await locks.acquire(files.path('refs', 'refs.lock'), { signal: options.signal });
  try {
    return await work(lock);
  } finally {
    lock?.release();
  }
}

/** The time of the file system, which gave the leases theirs. To be called by whoever is `alone`: the lock was written just now. */
export function lockTime({ files }: Naming): number {
  return files.fs.statSync(files.path('refs', 'refs.lock'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Before its name goes to another root. */
async function keepNameless(naming: Naming, before: StoredReference): Promise<void> {
  const others = listReferences(naming.files).filter(({ root }) => root.digest === before.root.digest);
  if (others.length > 1) return;
  await writeStored(naming.files, { ...before, name: undefined });
}

async function replace(
  { files, clock }: Naming,
  reference: NewReference,
  same: StoredReference | undefined,
): Promise<void> {
  await writeStored(files, {
    name: reference.name,
    root: reference.root,
    manifests: union(same?.manifests ?? [], reference.manifests),
    source: reference.source ?? same?.source ?? '',
    pulled: new Date(clock.now()).toISOString(),
  });
}

/** In place of what the same reference was before. To be called by whoever is `alone`. */
export async function writeStored(files: Files, stored: StoredReference): Promise<void> {
  await files.replace(referencePath(files, stored), `${JSON.stringify(stored)}\n`);
}

async function syncBlobFolders(files: Files): Promise<void> {
  await files.syncFolder(files.path('blobs', 'sha256'));
  await files.syncFolder(files.path('blobs', 'sha512'));
}

function union(before: readonly Descriptor[], now: readonly Descriptor[]): readonly Descriptor[] {
  const fresh = new Set(now.map((manifest) => manifest.digest));
  return [...before.filter((manifest) => !fresh.has(manifest.digest)), ...now];
}
