import { createHash } from 'node:crypto';
import { DrayError } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { digestNames } from './blobs.ts';
import type { Files } from './files.ts';

/** A root that is kept, and the name that it has. */
export interface StoredReference {
  /** Full name: `docker.io/library/alpine:3.20`, or with `@sha256:…`. Undefined for an image that has none: its root's digest is all. */
  readonly name: string | undefined;
  /** An index or a manifest, as the registry has it. */
  readonly root: Descriptor;
  /** Those manifests below it that were pulled, each with its platform; the root itself where it is one. */
  readonly manifests: readonly Descriptor[];
  /** The endpoint that it came from; empty when none is known. */
  readonly source: string;
  /** RFC 3339: when it was last pulled or tagged. */
  readonly pulled: string;
}

export interface NewReference extends Pick<StoredReference, 'root' | 'manifests'> {
  readonly name?: string | undefined;
  readonly source?: string | undefined;
}

/** What holds `name`, or the nameless image with this root. */
export function readReference(files: Files, which: ReferenceKey): StoredReference | undefined {
  const text = files.read(referencePath(files, which));
  const found = text === undefined ? undefined : parse(text);
  if (found === undefined || found.name !== which.name) return undefined;
  return found.name === undefined && found.root.digest !== which.root?.digest ? undefined : found;
}

interface Listing {
  /** Of all files. */
  readonly texts: readonly string[];
  readonly parsed: readonly (StoredReference | undefined)[];
  readonly all: readonly StoredReference[];
}

/** What was there when all were last read. */
const listings = new WeakMap<Files, Listing>();
/** Characters of a listing that is remembered, which takes a multiple of that in memory: tens of thousands of names. */
const MOST_REMEMBERED = 16 * 1024 * 1024;

/**
 * All references, in no order. A file that cannot be understood is none: the next pull writes it anew. A root that has a name is not nameless,
 * whatever a killed process has left. All files are read each time, as other processes change them, and neither times nor sizes tell that for sure; but what
 * says the same as before is the same object, and so is the whole.
 */
export function listReferences(files: Files): readonly StoredReference[] {
  const names = files.list(files.path('refs')).filter((name) => REFERENCE_FILE.test(name));
  const texts = names.flatMap((name) => files.read(files.path('refs', name)) ?? []);
  const before = listings.get(files);
  if (before?.texts.length === texts.length && texts.every((text, at) => text === before.texts[at])) return before.all;
  const known = new Map(before?.texts.map((text, at) => [text, before.parsed[at]]));
  const parsed = texts.map((text) => known.get(text) ?? parse(text));
  const found = parsed.filter((reference) => reference !== undefined);
  const named = new Set(found.filter(({ name }) => name !== undefined).map(({ root }) => root.digest));
  const all = found.filter(({ name, root }) => name !== undefined || !named.has(root.digest));
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (length <= MOST_REMEMBERED) listings.set(files, { texts, parsed, all });
  else listings.delete(files);
  return all;
}

const REFERENCE_FILE = /^(?:[0-9a-f]{64}|sha(?:256|512)-[0-9a-f]+)\.json$/;

/** A name, or where there is none a root. */
export interface ReferenceKey {
  readonly name?: string | undefined;
  readonly root?: { readonly digest: Digest } | undefined;
}

/**
 * By the digest of the name: names hold slashes and colons, and differ in ways that some file systems do not see. Without a name by the digest of the
 * root.
 */
export function referencePath(files: Files, { name, root }: ReferenceKey): string {
  if (name !== undefined) return files.path('refs', `${createHash('sha256').update(name).digest('hex')}.json`);
  if (root === undefined) throw new DrayError('BUG', 'a reference without a name and without a root');
  return files.path('refs', `${digestNames(root.digest).join('-')}.json`);
}

function parse(text: string): StoredReference | undefined {
  try {
    const value = JSON.parse(text) as Partial<StoredReference> | null;
    const { name, root, manifests, source, pulled } = value ?? {};
    if (name !== undefined && typeof name !== 'string') return undefined;
    if (!isDescriptor(root) || !Array.isArray(manifests) || !manifests.every(isDescriptor)) return undefined;
    if (typeof source !== 'string' || typeof pulled !== 'string') return undefined;
    return { name, root, manifests, source, pulled };
  } catch {
    return undefined;
  }
}

export function isDescriptor(value: unknown): value is Descriptor {
  const descriptor = value as Partial<Descriptor> | null | undefined;
  if (typeof descriptor?.digest !== 'string' || typeof descriptor.mediaType !== 'string') return false;
  digestNames(descriptor.digest);
  return Number.isSafeInteger(descriptor.size);
}

export function unknownName(root: string, name: string): DrayError {
  const hint = 'dray images lists what is there';
  return new DrayError('MANIFEST_UNKNOWN', `the store ${root} has no image ${JSON.stringify(name)}`, { hint });
}
