import { dirname } from 'node:path';
import { type CallOptions, readDocument, type Source } from '#content';
import { DrayError, isDrayError } from '#errors';
import { children, type Descriptor, type Digest, parseManifest } from '#oci';
import { blobPath } from './blobs.ts';
import { removeBlob } from './collect.ts';
import { leasedContent } from './leases.ts';
import { alone, lockTime, type Naming, writeStored } from './naming.ts';
import { reach, refuse } from './reach.ts';
import { listReferences, type ReferenceKey, type StoredReference } from './references.ts';

export interface Dropped {
  /** Manifests that are gone; those that something else needs are not among them. */
  readonly manifests: readonly Digest[];
  /** Bytes that the disk has more room for now. */
  readonly bytes: number;
}

/** Which manifests, and from whom they are taken: names, or roots without one. */
export interface Dropping {
  readonly manifests: readonly Descriptor[];
  readonly from: readonly ReferenceKey[];
}

export interface Uncollected extends Dropped {
  /** What the manifests that went have named: it is to be collected next. */
  readonly below: readonly Descriptor[];
}

/**
 * Takes manifests below an index from references to it, and removes those that no other reference has, in one step for all processes. The references come
 * first: stopped in the middle, what is left is whole, and the same call and the next collection do the rest. Rejects with BUSY, with everything still there, where a lease of a
 * living process holds one of them.
 */
export async function dropManifests(
  naming: Naming,
  source: Source,
  { manifests, from }: Dropping,
  { signal }: CallOptions,
): Promise<Uncollected> {
  const { files } = naming;
  return alone(naming, { signal }, async (lock) => {
    const leased = new Set<Digest>();
    await reach(source, leasedContent(naming, lockTime(naming)), leased, { signal, onUnreadable: () => undefined });
    const held = manifests.find(({ digest }) => leased.has(digest));
    if (held !== undefined) throw inUse(held);
    const all = listReferences(files);
    const losing = all.filter((one) => from.some((key) => isMeant(one, key)));
    const others = all.filter((one) => !losing.includes(one));
    const needed = await neededBy(others, source, { signal });
    for (const { root } of losing) needed.add(root.digest);
    const going = new Set(manifests.map(({ digest }) => digest));
    for (const one of losing) {
      const staying = one.manifests.filter(({ digest }) => !going.has(digest));
      if (staying.length < one.manifests.length) await writeStored(files, { ...one, manifests: staying });
    }
    const gone: Descriptor[] = [];
    const below: Descriptor[] = [];
    for (const manifest of manifests.filter(({ digest }) => !needed.has(digest))) {
      below.push(...(await named(manifest, source, { signal })));
      if (!removeBlob(naming, manifest.digest, lock)) continue;
      gone.push(manifest);
      // One that a power cut brings back would be there without what it names.
      if (files.sync) await files.syncFolder(dirname(blobPath(files, manifest.digest)));
    }
    return { manifests: gone.map(({ digest }) => digest), bytes: gone.reduce((sum, { size }) => sum + size, 0), below };
  });
}

function isMeant({ name, root }: StoredReference, key: ReferenceKey): boolean {
  return key.name === name && (name !== undefined || key.root?.digest === root.digest);
}

/** Roots and the manifests that were brought in for them; of an index of which none is told, all that are there. */
async function neededBy(
  references: readonly StoredReference[],
  source: Source,
  { signal }: CallOptions,
): Promise<Set<Digest>> {
  const told = references.flatMap(({ root, manifests }) => (manifests.length === 0 ? [] : [root, ...manifests]));
  const untold = references.flatMap(({ root, manifests }) => (manifests.length === 0 ? [root] : []));
  const needed = new Set<Digest>();
  await reach(source, untold, needed, { signal, onUnreadable: refuse });
  for (const { digest } of told) needed.add(digest);
  return needed;
}

/** Nothing of one that is not there, or that a disk has damaged: what it named goes with the next collection of everything. */
async function named(manifest: Descriptor, source: Source, options: CallOptions): Promise<readonly Descriptor[]> {
  if (!(await source.has(manifest, options))) return [];
  try {
    return children(parseManifest(await readDocument(source, manifest, options), manifest.mediaType));
  } catch (error) {
    if (!isDrayError(error) || error.code === 'CANCELLED') throw error;
    return [];
  }
}

function inUse({ digest }: Descriptor): DrayError {
  const message = `${digest} is in use: a pull, push, save or copy of its image is going on`;
  return new DrayError('BUSY', message, { hint: 'try again when that is over', detail: { digest } });
}
