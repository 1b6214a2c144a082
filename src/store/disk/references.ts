import { createHash } from 'node:crypto';
import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import type { Descriptor } from '#oci';
import type { Clock } from '#timing';
import { digestNames } from './blobs.ts';
import type { Files } from './files.ts';
import type { LockKeeper } from './lock.ts';

/** A name in the store and what it stands for. */
export interface StoredReference {
  /** Full name: `docker.io/library/alpine:3.20`, or with `@sha256:…`. */
  readonly name: string;
  /** An index or a manifest, as the registry has it. */
  readonly root: Descriptor;
  /** Those manifests below it that were pulled, each with its platform; the root itself where it is one. */
  readonly manifests: readonly Descriptor[];
  /** The endpoint that it came from; empty when none is known. */
  readonly source: string;
  /** RFC 3339: when it was last pulled or tagged. */
  readonly pulled: string;
}

export type NewReference = Pick<StoredReference, 'name' | 'root' | 'manifests'> & { readonly source?: string };

export interface Naming {
  readonly files: Files;
  readonly locks: LockKeeper;
  readonly clock: Clock;
}

export function readReference(files: Files, name: string): StoredReference | undefined {
  return parse(files.read(referencePath(files, name)), name);
}

/** All references, in no order. A file that cannot be understood is none: the next pull writes it anew. */
export function listReferences(files: Files): readonly StoredReference[] {
  const folder = files.path('refs');
  return files
    .list(folder)
    .filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
    .map((name) => parse(files.read(files.path('refs', name))))
    .filter((reference) => reference !== undefined);
}

/** Gives a name its root. Manifests that the name had below the same root stay. */
export async function writeReference(naming: Naming, reference: NewReference, options: CallOptions): Promise<void> {
  const { files, clock } = naming;
  await alone(naming, options, async () => {
    // Blobs that another process has put there may not be durable yet; what a name stands for must be.
    if (files.sync) await syncBlobFolders(files);
    const before = readReference(files, reference.name);
    const same = before?.root.digest === reference.root.digest ? before : undefined;
    const stored: StoredReference = {
      name: reference.name,
      root: reference.root,
      manifests: union(same?.manifests ?? [], reference.manifests),
      source: reference.source ?? same?.source ?? '',
      pulled: new Date(clock.now()).toISOString(),
    };
    await files.replace(referencePath(files, reference.name), `${JSON.stringify(stored)}\n`);
  });
}

/** True when there was such a name. Its content stays. */
export async function deleteReference(naming: Naming, name: string, options: CallOptions): Promise<boolean> {
  const { files } = naming;
  return alone(naming, options, async () => {
    const removed = files.remove(referencePath(files, name));
    if (removed && files.sync) await files.syncFolder(files.path('refs'));
    return removed;
  });
}

/** Reading and writing a name is one step for all processes. */
async function alone<T>(naming: Naming, options: CallOptions, work: () => Promise<T>): Promise<T> {
  const { files, locks } = naming;
  await files.ensure(files.path('refs'));
  const lock = await locks.acquire(files.path('refs', 'refs.lock'), { signal: options.signal });
  try {
    return await work();
  } finally {
    lock?.release();
  }
}

async function syncBlobFolders(files: Files): Promise<void> {
  await files.syncFolder(files.path('blobs', 'sha256'));
  await files.syncFolder(files.path('blobs', 'sha512'));
}

function union(before: readonly Descriptor[], now: readonly Descriptor[]): readonly Descriptor[] {
  const fresh = new Set(now.map((manifest) => manifest.digest));
  return [...before.filter((manifest) => !fresh.has(manifest.digest)), ...now];
}

/** By the digest of the name: names hold slashes and colons, and differ in ways that some file systems do not see. */
function referencePath(files: Files, name: string): string {
  return files.path('refs', `${createHash('sha256').update(name).digest('hex')}.json`);
}

function parse(text: string | undefined, name?: string): StoredReference | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<StoredReference> | null;
    if (typeof value?.name !== 'string' || (name !== undefined && value.name !== name)) return undefined;
    if (!isDescriptor(value.root) || !Array.isArray(value.manifests) || !value.manifests.every(isDescriptor)) {
      return undefined;
    }
    if (typeof value.source !== 'string' || typeof value.pulled !== 'string') return undefined;
    return value as StoredReference;
  } catch {
    return undefined;
  }
}

function isDescriptor(value: unknown): value is Descriptor {
  const descriptor = value as Partial<Descriptor> | null | undefined;
  if (typeof descriptor?.digest !== 'string' || typeof descriptor.mediaType !== 'string') return false;
  digestNames(descriptor.digest);
  return Number.isSafeInteger(descriptor.size);
}

export function unknownName(root: string, name: string): DrayError {
  const hint = 'dray images lists what is there';
  return new DrayError('MANIFEST_UNKNOWN', `the store ${root} has no image ${JSON.stringify(name)}`, { hint });
}
