import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import type { Descriptor, Digest } from '#oci';
import type { Files } from './files.ts';
import { type HeldLock, parse } from './lock-file.ts';
import { alone, type Naming } from './naming.ts';
import { isDescriptor } from './references.ts';

/** A promise of the store to keep content that has no name yet, or may lose it, for as long as whoever took it lives. */
export interface Lease {
  /** Resolves when this content is safe too: what is there then stays there, so look for it afterwards. */
  add(content: readonly Descriptor[], options?: CallOptions): Promise<void>;
  /** Throws BUSY when this process stood still for so long that it was taken for dead: what it held may be gone. */
  check(): void;
  /** Lets go. Never rejects. */
  release(): Promise<void>;
}

/** Of a store that only can be read: nobody who could remove something can be told. */
export const NO_LEASE: Lease = {
  add: async () => undefined,
  check: () => undefined,
  release: async () => undefined,
};

/** Milliseconds without a sign of life after which a lease counts no more whose owner can't be proven dead: that of another machine or container. */
const SILENT = 10 * 60 * 1000;

/** Milliseconds after which a lease counts no more that says of nobody. */
const WORDLESS = 10 * 1000;

/** Takes a lease: from then on nothing that it names is removed, nor what is below that, by whatever process. */
export async function takeLease(naming: Naming, content: readonly Descriptor[], options: CallOptions): Promise<Lease> {
  const { files, locks } = naming;
  const base = files.path('leases', files.unique());
  const held = new Map<Digest, Descriptor>();
  let lock: HeldLock | undefined;
  await files.ensure(files.path('leases'));
  const lease: Lease = {
    async add(more, { signal } = {}) {
      await alone(naming, { signal }, async (turn) => {
        lease.check();
        for (const { mediaType, digest, size } of more) held.set(digest, { mediaType, digest, size });
        // A machine that loses power loses all who hold leases.
        await files.replace(`${base}.json`, `${JSON.stringify([...held.values()])}\n`, { durable: false });
        lock ??= await locks.acquire(`${base}.lock`);
        // Else somebody took us for dead, and may be removing what we ask for.
        turn?.assertHeld({ now: true });
        lease.check();
      });
    },
    check() {
      lock?.assertHeld({ now: true });
    },
    async release() {
      lock?.release();
      try {
        files.remove(`${base}.json`);
      } catch {
        // Without the lock it counts for nothing.
      }
    },
  };
  try {
    await lease.add(content, options);
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/**
 * What the leases of living processes name. Those of the dead are removed. To be called by whoever is `alone`.
 * @param now of the file system, which gave the leases their times
 */
export function leasedContent({ files, locks }: Naming, now: number): readonly Descriptor[] {
  const folder = files.path('leases');
  const leased: Descriptor[] = [];
  const names = files.list(folder);
  const alive = new Set(
    names
      .filter((name) => name.endsWith('.lock') && !isDead({ files, locks }, `${folder}/${name}`, now))
      .map((name) => name.slice(0, -'.lock'.length)),
  );
  for (const name of names) {
    const owner = name.slice(0, name.indexOf('.'));
    if (!alive.has(owner)) files.remove(`${folder}/${name}`);
    else if (name === `${owner}.json`) leased.push(...read(files, `${folder}/${name}`));
  }
  return leased;
}

function isDead({ files, locks }: Pick<Naming, 'files' | 'locks'>, path: string, now: number): boolean {
  const stat = files.fs.statSync(path, { throwIfNoEntry: false });
  const owner = parse(files.read(path) ?? '');
  if (stat === undefined) return true;
  if (owner !== undefined && locks.owners.death(owner) !== undefined) return true;
  // Its owner says at once whose it is, while nobody else may look: it was killed before.
  if (owner === undefined) return now - stat.mtimeMs > WORDLESS;
  const isProvable = owner.scope === locks.owners.self().scope;
  return !isProvable && now - stat.mtimeMs > SILENT;
}

function read(files: Files, path: string): readonly Descriptor[] {
  const text = files.read(path);
  // Released in this instant.
  if (text === undefined) return [];
  try {
    const held: unknown = JSON.parse(text);
    if (Array.isArray(held) && held.every(isDescriptor)) return held;
  } catch {
    // Told below.
  }
  const hint = 'end the dray processes that use this store, and remove the file';
  throw new DrayError('STORE_INCOMPATIBLE', `${path} cannot be understood: what it protects is not known`, { hint });
}
