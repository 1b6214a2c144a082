import type { CallOptions } from '#content';
import { DrayError, hasCode } from '#errors';
import {
  type Descriptor,
  familiarString,
  formatPlatform,
  type ImageIndex,
  isAttestation,
  isIndexType,
  matchesPlatform,
  type Platform,
  parseIndex,
  parsePlatform,
} from '#oci';
import type { Places } from '../places.ts';
import { type RemoteName, remoteName } from '../remote/remote-name.ts';
import { bring, type Ingredient, type IngredientOptions, readIngredient } from './ingredient.ts';
import { writeIndex } from './write-index.ts';

export interface EditIndexOptions extends IngredientOptions {
  /** Annotations of the index itself. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface RemoveFromIndexOptions extends CallOptions {
  /** Entries of these platforms, with what is attested of them. */
  readonly platform?: string | readonly string[] | undefined;
  /** Entries with these digests. */
  readonly digests?: readonly string[] | undefined;
}

/** An index that was written. */
export interface IndexResult {
  /** Familiar name with tag. */
  readonly reference: string;
  readonly root: Descriptor;
  readonly manifests: readonly Descriptor[];
}

/**
 * Makes an index of images, which are copied into the target's repository where they are elsewhere, and gives it the target's name; what had that name
 * loses it. Of images that are indexes themselves all entries are taken. Rejects with INVALID_OPTION where two are for the same platform.
 */
export async function createIndex(
  target: string,
  images: readonly string[],
  places: Places,
  options: EditIndexOptions = {},
): Promise<IndexResult> {
  const name = tagged(target);
  const entries = await bringAll(images, name, places, options);
  return written(name, { entries, annotations: options.annotations }, places, options);
}

/** Adds images to an index that is there; those of a platform or digest that it has already take its place. Rejects as `createIndex`. */
export async function appendToIndex(
  target: string,
  images: readonly string[],
  places: Places,
  options: EditIndexOptions = {},
): Promise<IndexResult> {
  const name = tagged(target);
  const index = await readIndex(name, places, options);
  const fresh = await bringAll(images, name, places, options);
  const replaced = index.manifests.filter((entry) => fresh.some((one) => isSameKind(one, entry)));
  const entries = [...without(index.manifests, replaced), ...fresh];
  return written(name, { entries, annotations: { ...index.annotations, ...options.annotations } }, places, options);
}

/** Takes entries out of an index; their manifests stay in the repository. Rejects with PLATFORM_UNKNOWN or MANIFEST_UNKNOWN for what it does not have. */
export async function removeFromIndex(
  target: string,
  places: Places,
  options: RemoveFromIndexOptions,
): Promise<IndexResult> {
  const name = tagged(target);
  const platforms = [options.platform ?? []].flat().map((text) => parsePlatform(text, places.host));
  const { digests = [] } = options;
  if (platforms.length + digests.length === 0) {
    throw new DrayError('INVALID_OPTION', 'nothing was said of what to remove', { hint: 'name platforms or digests' });
  }
  const index = await readIndex(name, places, options);
  const gone = [
    ...platforms.flatMap((platform) => ofPlatform(index, platform, name)),
    ...digests.map((digest) => ofDigest(index, digest, name)),
  ];
  const entries = without(index.manifests, gone);
  return written(name, { entries, annotations: index.annotations }, places, options);
}

/** An index is known by a tag: the digest that it will have is not known before. */
function tagged(target: string): RemoteName {
  const name = remoteName(target);
  if (name.reference.digest === undefined) return name;
  throw new DrayError('INVALID_REFERENCE', `an index gets a tag, not the digest in ${familiarString(name.reference)}`);
}

/** Looks at all images, and copies them when they fit together. */
async function bringAll(
  images: readonly string[],
  { reference }: RemoteName,
  places: Places,
  options: IngredientOptions,
): Promise<readonly Descriptor[]> {
  const ingredients: Ingredient[] = [];
  for (const image of images) ingredients.push(await readIngredient(image, places, options));
  const all = ingredients.flatMap((ingredient) => ingredient.entries);
  const entries = [...new Map(all.map((entry) => [entry.digest, entry])).values()];
  refuseTwice(entries);
  for (const ingredient of ingredients) await bring(ingredient, reference, places, options);
  return entries;
}

async function readIndex(name: RemoteName, places: Places, { signal, onEvent }: CallOptions): Promise<ImageIndex> {
  const what = familiarString(name.reference);
  const read = places.registries.writing(name.reference, (one) => one.manifest(name.label, { signal, onEvent }), {
    action: 'change',
    signal,
    onEvent,
  });
  const { descriptor, bytes } = await read.catch((error: unknown) => {
    if (!hasCode(error, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN')) throw error;
    const hint = 'dray index create makes one';
    throw new DrayError(error.code, `there is no index ${what}: ${error.message}`, { hint, cause: error });
  });
  if (isIndexType(descriptor.mediaType)) return parseIndex(bytes, descriptor.mediaType);
  throw new DrayError('UNSUPPORTED', `${what} is one image, not an index of several`, {
    hint: 'dray index create makes an index of images',
  });
}

async function written(
  name: RemoteName,
  index: { readonly entries: readonly Descriptor[]; readonly annotations?: ImageIndex['annotations'] | undefined },
  places: Places,
  options: CallOptions,
): Promise<IndexResult> {
  const root = await writeIndex(name, index, places, options);
  return { reference: familiarString(name.reference), root, manifests: index.entries };
}

function refuseTwice(entries: readonly Descriptor[]): void {
  for (const [at, entry] of entries.entries()) {
    const other = entries.slice(at + 1).find((one) => isSameKind(one, entry));
    if (other?.platform === undefined) continue;
    throw new DrayError('INVALID_OPTION', `two images are for ${formatPlatform(other.platform)}: an index has one`, {
      hint: 'choose with --platform',
      detail: { digests: [entry.digest, other.digest] },
    });
  }
}

/** The same manifest, or an image for the same platform. */
function isSameKind(a: Descriptor, b: Descriptor): boolean {
  if (a.digest === b.digest) return true;
  if (a.platform === undefined || b.platform === undefined || isAttestation(a) || isAttestation(b)) return false;
  return formatPlatform(a.platform) === formatPlatform(b.platform);
}

/** All but those that are gone, and what is attested of them. */
function without(entries: readonly Descriptor[], gone: readonly Descriptor[]): readonly Descriptor[] {
  const digests = new Set<string>(gone.map(({ digest }) => digest));
  return entries.filter(({ digest, annotations }) => !digests.has(digest) && !digests.has(annotations?.[ABOUT] ?? ''));
}

const ABOUT = 'vnd.docker.reference.digest';

function ofPlatform({ manifests }: ImageIndex, platform: Platform, { reference }: RemoteName): readonly Descriptor[] {
  const images = manifests.filter((entry) => !isAttestation(entry) && entry.platform !== undefined);
  const found = images.filter((entry) => entry.platform !== undefined && matchesPlatform(platform, entry.platform));
  if (found.length > 0) return found;
  const has = images.flatMap((entry) => (entry.platform === undefined ? [] : [formatPlatform(entry.platform)]));
  const text = formatPlatform(platform);
  throw new DrayError('PLATFORM_UNKNOWN', `${familiarString(reference)} has no ${text}; it has ${has.join(', ')}`);
}

function ofDigest({ manifests }: ImageIndex, digest: string, { reference }: RemoteName): Descriptor {
  const found = manifests.find((entry) => entry.digest === digest);
  if (found !== undefined) return found;
  throw new DrayError('MANIFEST_UNKNOWN', `${familiarString(reference)} has no entry ${JSON.stringify(digest)}`);
}
