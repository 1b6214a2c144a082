import { type CallOptions, createLimit } from '#content';
import { hasCode, isDrayError } from '#errors';
import { type Descriptor, type Digest, fullString, isAttestation, isDocumentType, parseReference } from '#oci';
import type { PlacedImage } from '../place/placed-image.ts';
import type { Places } from '../places.ts';
import { readSubject } from './read-subject.ts';
import type { Selection } from './selection.ts';

/** What stands beside an image: a manifest that refers to it, or one that a tag ties to it. */
export interface Companion {
  readonly image: PlacedImage;
  /** cosign's; without one it is known by its subject. */
  readonly tag: string | undefined;
}

/** Tags of repositories by what they stand beside, read once for all images of a copy. */
export type TagLists = Map<string, Promise<readonly string[]>>;

/** cosign's signatures, attestations and bills of material: `sha256-<hex>.sig`. */
const COSIGN = /^sha256-(?<hex>[0-9a-f]{64})\.(?:sig|att|sbom)$/;
/** The list of referrers of registries without one of their own: whoever puts a referrer writes that anew. */
const REFERRERS_TAG = /^sha(?:256|512)-[0-9a-f]{64,}$/;
/** A referrer of a referrer of a referrer: a signature of a bill of material, and one more. */
const DEEPEST = 3;

/** True for tags that stand beside images and for none themselves. */
export function isCompanionTag(tag: string): boolean {
  return COSIGN.test(tag) || REFERRERS_TAG.test(tag);
}

/**
 * Finds what stands beside the manifests of a selection, where they are as they are there: referrers, those of referrers too, and what cosign's tags name.
 */
export async function companionsOf(
  selection: Selection,
  places: Places,
  options: CallOptions & { readonly tagLists: TagLists },
): Promise<readonly Companion[]> {
  const subjects = subjectsOf(selection);
  const found = new Map<Digest, Companion>();
  let asked: readonly Digest[] = subjects;
  for (let depth = 0; depth < DEEPEST && asked.length > 0; depth += 1) {
    const fresh = (await referrersOf(asked, selection.image, places, options)).filter(
      ({ digest }) => !found.has(digest) && !subjects.includes(digest),
    );
    for (const root of fresh) found.set(root.digest, { image: beside(selection.image, root), tag: undefined });
    asked = fresh.map(({ digest }) => digest);
  }
  return [...found.values(), ...(await taggedBeside([...subjects, ...found.keys()], selection.image, places, options))];
}

/** The manifests and indexes that something may be said about; attestations are what is said already. */
function subjectsOf({ nodes }: Selection): readonly Digest[] {
  const attestations = new Set(
    nodes.flatMap(({ index }) => index?.manifests.filter(isAttestation).map(({ digest }) => digest) ?? []),
  );
  return nodes.map(({ descriptor }) => descriptor.digest).filter((digest) => !attestations.has(digest));
}

async function referrersOf(
  subjects: readonly Digest[],
  image: PlacedImage,
  places: Places,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  const { signal, onEvent } = options;
  const { repository } = image;
  if (repository === undefined) {
    const known =
      image.stored === undefined
        ? (image.siblings ?? []).map(({ root }) => root)
        : await namelessRoots(places, options);
    return havingSubject(known, new Set(subjects), image, options);
  }
  const limit = createLimit(6);
  const lists = subjects.map(async (digest) => {
    const leave = await limit.acquire(signal);
    try {
      return await repository.referrers(digest, { signal, onEvent });
    } catch (error) {
      if (!isBearable(error)) throw error;
      onEvent?.({ kind: 'warning', text: `what refers to ${digest} is not copied: ${error.message}` });
      return [];
    } finally {
      leave();
    }
  });
  return (await Promise.all(lists)).flat().filter(({ mediaType }) => isDocumentType(mediaType));
}

async function namelessRoots(places: Places, options: CallOptions): Promise<readonly Descriptor[]> {
  const references = await (await places.store()).references(options);
  return references.filter(({ name }) => name === undefined).map(({ root }) => root);
}

async function havingSubject(
  known: readonly Descriptor[],
  subjects: ReadonlySet<Digest>,
  { source }: PlacedImage,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  const referring: Descriptor[] = [];
  for (const root of known) {
    if (subjects.has(root.digest)) continue;
    const subject = await readSubject(source, root, options);
    if (subject !== undefined && subjects.has(subject)) referring.push(root);
  }
  return referring;
}

/** What cosign's tags say of the manifests. */
async function taggedBeside(
  subjects: readonly Digest[],
  image: PlacedImage,
  places: Places,
  options: CallOptions & { readonly tagLists: TagLists },
): Promise<readonly Companion[]> {
  const wanted = new Set<string>(subjects);
  const companions: Companion[] = [];
  for (const tag of await tagsBeside(image, places, options)) {
    const hex = COSIGN.exec(tag)?.groups?.['hex'];
    if (hex === undefined || !wanted.has(`sha256:${hex}`)) continue;
    const root = await rootOfTag(tag, image, places, options);
    if (root !== undefined) companions.push({ image: beside(image, root), tag });
  }
  return companions;
}

async function tagsBeside(
  { repository, stored, siblings = [] }: PlacedImage,
  places: Places,
  { tagLists, signal, onEvent }: CallOptions & { readonly tagLists: TagLists },
): Promise<readonly string[]> {
  if (repository !== undefined) {
    const key = `${repository.endpoint.url} ${repository.path}`;
    const known = tagLists.get(key) ?? allTags(repository, { signal, onEvent });
    tagLists.set(key, known);
    return known;
  }
  if (stored === undefined) return siblings.flatMap(({ tags }) => tags);
  const name = stored.stored.name === undefined ? undefined : parseReference(stored.stored.name);
  const references = await (await places.store()).references({ signal });
  return references.flatMap((reference) => {
    const other = reference.name === undefined ? undefined : parseReference(reference.name);
    const isBeside = other?.domain === name?.domain && other?.path === name?.path;
    return isBeside && other?.tag !== undefined ? [other.tag] : [];
  });
}

async function allTags(
  repository: NonNullable<PlacedImage['repository']>,
  options: CallOptions,
): Promise<readonly string[]> {
  const tags: string[] = [];
  try {
    for await (const tag of repository.tags(options)) if (COSIGN.test(tag)) tags.push(tag);
  } catch (error) {
    // Not every registry tells its tags to everybody who may pull.
    if (!isBearable(error)) throw error;
    options.onEvent?.({ kind: 'debug', text: `no tags of ${repository.path}: ${error.message}` });
  }
  return tags;
}

async function rootOfTag(
  tag: string,
  { repository, stored, siblings = [] }: PlacedImage,
  places: Places,
  { signal, onEvent }: CallOptions,
): Promise<Descriptor | undefined> {
  if (repository !== undefined) {
    try {
      return await repository.resolve(tag, { signal, onEvent });
    } catch (error) {
      if (hasCode(error, 'MANIFEST_UNKNOWN', 'UNSUPPORTED')) return undefined;
      throw error;
    }
  }
  if (stored?.stored.name === undefined) return siblings.find(({ tags }) => tags.includes(tag))?.root;
  const { domain, path } = parseReference(stored.stored.name);
  const store = await places.store();
  return (await store.reference(fullString({ domain, path, tag }), { signal }))?.root;
}

function beside(image: PlacedImage, { mediaType, digest, size }: Descriptor): PlacedImage {
  return { ...image, root: { mediaType, digest, size }, rootBytes: undefined, names: [], refs: [] };
}

function isBearable(error: unknown): error is Error {
  return (
    isDrayError(error) &&
    (error.facts.family === 'access' ||
      error.facts.family === 'absence' ||
      hasCode(error, 'UNSUPPORTED', 'BAD_RESPONSE'))
  );
}
