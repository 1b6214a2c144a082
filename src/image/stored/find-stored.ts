import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import {
  type Descriptor,
  type Digest,
  familiarString,
  fullName,
  fullString,
  isDigest,
  type Platform,
  parseReference,
  pickPlatform,
  printable,
  type Reference,
  withDefaultTag,
} from '#oci';
import type { DiskStore, StoredReference } from '#store';
import type { KeptImage } from './kept-image.ts';
import { type KeptRoot, keptRoots } from './kept-root.ts';

/** An image of the store that a text stands for. */
export interface FoundStored {
  readonly stored: StoredReference;
  /** The manifest that the text means, where it is an image's ID; undefined where a name stands for all that it has. */
  readonly manifest: Descriptor | undefined;
}

/**
 * Finds an image in the store by its name (`latest` where no tag is given; by digest also `name@sha256:…` of what a tag stands for), by its ID or the
 * beginning of that, or by the digest of its root or a manifest. What could be both is a name. Rejects with MANIFEST_UNKNOWN, also where several IDs begin
 * so, or with INVALID_REFERENCE for what is none of these.
 */
export async function findStored(text: string, store: DiskStore, options: CallOptions = {}): Promise<FoundStored> {
  const reference = isWholeId(text) ? undefined : parseName(text);
  const named = reference === undefined ? undefined : await storedAs(reference, store, options);
  if (named !== undefined) return { stored: named, manifest: undefined };
  const found = ID.test(text) ? byId(text, await keptRoots(store, options)) : undefined;
  if (found !== undefined) return found;
  throw noSuchImage(text, reference);
}

const ID = /^(?:sha256:)?[0-9a-f]{1,64}$/;

/** True for what can be nothing but an ID. */
export function isWholeId(text: string): boolean {
  return isDigest(text) || /^[0-9a-f]{64}$/.test(text);
}

/** docker's words for what is not there. */
export function noSuchImage(text: string, named?: Reference): DrayError {
  const reference = named ?? (isWholeId(text) ? undefined : parseName(text));
  const shown = reference === undefined ? withAlgorithm(text) : familiarString(withDefaultTag(reference));
  const message = `No such image: ${printable(shown, 255)}`;
  return new DrayError('MANIFEST_UNKNOWN', message, { hint: 'dray images lists what is there' });
}

function parseName(text: string): Reference {
  const reference = parseReference(text);
  const { domain, path, digest } = reference;
  // As in docker, of a tag and a digest the digest counts.
  return digest === undefined ? withDefaultTag(reference) : { domain, path, digest };
}

/** What a full name stands for in the store; by digest also what a tag of its repository does. */
export async function storedAs(
  reference: Reference,
  store: DiskStore,
  options: CallOptions,
): Promise<StoredReference | undefined> {
  const exact = await store.reference(fullString(reference), options);
  if (exact !== undefined || reference.digest === undefined) return exact;
  const repository = `${fullName(reference)}:`;
  const all = await store.references(options);
  return all.find(({ name, root }) => root.digest === reference.digest && name?.startsWith(repository) === true);
}

/** By the ID of an image, else by the digest of a manifest or a root. */
function byId(text: string, roots: readonly KeptRoot[]): FoundStored | undefined {
  const wanted = withAlgorithm(text);
  const matches = (digest: Digest): boolean => digest.startsWith(wanted);
  const images = roots.flatMap(({ stored, images: some }) => some.map((image) => ({ stored, image })));
  const byConfig = images.filter(({ image }) => matches(image.id));
  if (new Set(byConfig.map(({ image }) => image.id)).size > 1) return undefined;
  const [first] = byConfig;
  if (first !== undefined) return { stored: first.stored, manifest: first.image.manifest };
  const root = roots.find(({ stored }) => matches(stored.root.digest));
  if (root !== undefined) return { stored: root.stored, manifest: undefined };
  const other = images.find(({ image }) => matches(image.manifest.digest));
  return other && { stored: other.stored, manifest: other.image.manifest };
}

function withAlgorithm(id: string): string {
  return id.includes(':') ? id : `sha256:${id}`;
}

/** True where `text` means the image by its ID, rather than by a name. As in docker, a name that begins as the ID does counts as one. */
export function isIdOf(image: KeptImage | Digest, text: string): boolean {
  const id = typeof image === 'string' ? image : image.id;
  return id.startsWith(text) || id.slice(id.indexOf(':') + 1).startsWith(text);
}

/** The manifest that is shown of an image: the machine's own platform where it has that, else its first. */
export function shownManifest({ stored, manifest }: FoundStored, host: Platform): Descriptor | undefined {
  return manifest ?? pickPlatform(stored.manifests, host) ?? stored.manifests[0];
}
