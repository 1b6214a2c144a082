import { type CallOptions, readDocument } from '#content';
import { DrayError } from '#errors';
import {
  type Descriptor,
  type Digest,
  fullString,
  isDigest,
  type Platform,
  parseManifest,
  parseReference,
  pickPlatform,
  printable,
  withDefaultTag,
} from '#oci';
import type { DiskStore, StoredReference } from '#store';

/** An image of the store that a text stands for. */
export interface FoundStored {
  readonly stored: StoredReference;
  /** The manifest that the text means, where it is an image's ID; undefined where a name stands for all that it has. */
  readonly manifest: Descriptor | undefined;
}

/**
 * Finds an image in the store by its name (`latest` where no tag is given), its ID or the beginning of that, or the digest of its root or manifest.
 * Rejects with MANIFEST_UNKNOWN, or INVALID_REFERENCE for what is none of these.
 */
export async function findStored(text: string, store: DiskStore, options: CallOptions = {}): Promise<FoundStored> {
  const named = await byName(text, store, options);
  if (named !== undefined) return { stored: named, manifest: undefined };
  const found = await byId(text, store, options);
  if (found !== undefined) return found;
  if (!ID.test(text)) parseReference(text);
  throw new DrayError('MANIFEST_UNKNOWN', `No such image: ${printable(shownName(text), 255)}`, {
    hint: 'dray images lists what is there',
  });
}

const ID = /^(?:sha256:)?[0-9a-f]{1,64}$/;

async function byName(text: string, store: DiskStore, options: CallOptions): Promise<StoredReference | undefined> {
  if (text.startsWith('sha256:') || /^[0-9a-f]{64}$/.test(text)) return undefined;
  const reference = withDefaultTag(parseReference(text));
  return store.reference(fullString(reference), options);
}

/** By ID: of the config, of a manifest, or of the root. */
async function byId(text: string, store: DiskStore, options: CallOptions): Promise<FoundStored | undefined> {
  if (!ID.test(text)) return undefined;
  const wanted = text.startsWith('sha256:') ? text : `sha256:${text}`;
  const matches = (digest: Digest): boolean => (isDigest(wanted) ? digest === wanted : digest.startsWith(wanted));
  for (const stored of await store.references(options)) {
    if (matches(stored.root.digest)) return { stored, manifest: undefined };
    for (const manifest of stored.manifests) {
      if (matches(manifest.digest) || matches(await configOf(manifest, store, options))) return { stored, manifest };
    }
  }
  return undefined;
}

async function configOf(manifest: Descriptor, store: DiskStore, options: CallOptions): Promise<Digest> {
  const bytes = await readDocument(store, manifest, options);
  return parseManifest(bytes, manifest.mediaType).config.digest;
}

function shownName(text: string): string {
  return ID.test(text) || text.includes('@') || /:[^/]*$/.test(text) ? text : `${text}:latest`;
}

/** The manifest that is shown of an image: the machine's own platform where it has that, else its first. */
export function shownManifest({ stored, manifest }: FoundStored, host: Platform): Descriptor | undefined {
  return manifest ?? pickPlatform(stored.manifests, host) ?? stored.manifests[0];
}
