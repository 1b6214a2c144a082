import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { type Digest, familiarString, fullName, fullString, type Platform, type Reference, shortId } from '#oci';
import type { DiskStore } from '#store';
import { findStored, isIdOf } from '../stored/find-stored.ts';
import { findRoot, type KeptRoot, keptRoots, shownImage } from '../stored/kept-root.ts';
import { chainIds } from './chains.ts';
import { removePlatforms } from './remove-platforms.ts';
import { isSingleReference } from './single-reference.ts';

export interface RemoveOptions extends CallOptions {
  /** Removes an image by its ID, though it has names in several repositories. */
  readonly force?: boolean | undefined;
  /** `OS/ARCH[/VARIANT]`: only these go, of an image that has others here; names stay. Other names of the same image, and other images, keep theirs. */
  readonly platforms?: readonly string[] | undefined;
}

/**
 * What was done, in order: a name was taken away, or an image, a layer (by its chain ID) or a platform's manifest that nothing needs any more is gone.
 * A platform that another name or image keeps is untagged by the digest of its manifest.
 */
export type RemovalStep = { readonly untagged: string } | { readonly deleted: Digest };

/** An image that names were taken from. */
export interface UntaggedImage {
  readonly id: Digest;
  readonly labels: Readonly<Record<string, string>>;
  /** Those that it lost, as steps have them; none of one that had none. */
  readonly names: readonly string[];
}

export interface RemoveResult {
  readonly steps: readonly RemovalStep[];
  /** One for each name of the store that went, as it was shown, also where the image stays; what is no image is left out. */
  readonly images: readonly UntaggedImage[];
  /** That the disk has more room for now. */
  readonly bytes: number;
}

/**
 * Removes a name, or by an ID an image with its names; and what nothing needs then. Rejects with MANIFEST_UNKNOWN, and with CONFLICT for the ID of
 * an image that has several names, unless forced. Of `platforms` all go or none: rejects with PLATFORM_UNKNOWN for one that is not here, with CONFLICT
 * where none would be left, and with BUSY while others work with one.
 */
export async function removeImage(
  text: string,
  store: DiskStore,
  host: Platform,
  options: RemoveOptions = {},
): Promise<RemoveResult> {
  const { signal, force = false, platforms = [] } = options;
  const found = await findStored(text, store, { signal });
  const all = await keptRoots(store, { signal });
  const target = findRoot(all, found.stored) ?? {
    stored: found.stored,
    reference: undefined,
    images: [],
    flaw: undefined,
  };
  if (platforms.length > 0) {
    const ids = [idOf(target, host), target.stored.root.digest];
    const isNamed = found.manifest === undefined && !ids.some((each) => isIdOf(each, text));
    const isMeant = (root: KeptRoot): boolean => !isNamed && root.stored.root.digest === target.stored.root.digest;
    const others = all.filter((root) => root !== target);
    return removePlatforms([target, ...others.filter(isMeant)], store, {
      platforms,
      what: text,
      others: others.filter((root) => !isMeant(root)),
      host,
      signal,
    });
  }
  const id = target.images.find(({ manifest }) => manifest.digest === found.manifest?.digest)?.id ?? idOf(target, host);
  const same = all.filter((root) => idOf(root, host) === id || root.images.some((image) => image.id === id));
  const going =
    target.reference !== undefined && found.manifest === undefined && !isIdOf(id, text)
      ? byName(target, same)
      : byId(id, same, force);
  return removeRoots([going], all, store, { host, signal });
}

/** The ID that docker would show. */
function idOf(root: KeptRoot, host: Platform): Digest {
  return shownImage(root, host)?.id ?? root.stored.root.digest;
}

/** As docker: names by digest go with the last tag of their repository, and the image with its last name. */
function byName(target: KeptRoot, same: readonly KeptRoot[]): readonly KeptRoot[] {
  const named = same.filter((root) => root.reference !== undefined && root !== target);
  const going = [target];
  const { reference } = target;
  const isTag = ({ digest }: Reference): boolean => digest === undefined;
  if (reference !== undefined && isTag(reference)) {
    const repository = named.filter((root) => root.reference && fullName(root.reference) === fullName(reference));
    const hasTag = repository.some((root) => root.reference !== undefined && isTag(root.reference));
    if (!hasTag) going.push(...byText(repository));
  }
  const isLast = named.every((root) => going.includes(root));
  return isLast ? [...going, ...same.filter((root) => root.reference === undefined)] : going;
}

function byId(id: Digest, same: readonly KeptRoot[], force: boolean): readonly KeptRoot[] {
  if (force || isSingleReference(same.flatMap(({ reference }) => reference ?? []))) return byText(same);
  const message = `conflict: unable to delete ${shortId(id)} (must be forced) - image is referenced in multiple repositories`;
  throw new DrayError('CONFLICT', message, { hint: 'remove its names one by one, or all of them with -f' });
}

function byText(roots: readonly KeptRoot[]): readonly KeptRoot[] {
  const key = ({ reference }: KeptRoot): string => (reference === undefined ? '' : fullString(reference));
  return roots.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Takes roots out of the store, image by image, of each the one that was asked for first, and then what nothing needs. */
export async function removeRoots(
  groups: readonly (readonly KeptRoot[])[],
  all: readonly KeptRoot[],
  store: DiskStore,
  { host, ...options }: CallOptions & { readonly host: Platform },
): Promise<RemoveResult> {
  const going = groups.flat();
  for (const { stored } of going) await store.removeReference(stored, options);
  const steps = stepsOf(groups, all);
  const { bytes } = await store.collect({ ...options, below: going.map(({ stored }) => stored.root) });
  return { steps, images: going.flatMap((root) => untaggedImage(root, host)), bytes };
}

function untaggedImage(root: KeptRoot, host: Platform): readonly UntaggedImage[] {
  const shown = shownImage(root, host);
  return shown === undefined ? [] : [{ id: shown.id, labels: shown.config.labels, names: [...namesOf(root).values()] }];
}

/** What goes with each group, for which nothing that stays, and no later group, has a use. */
function stepsOf(groups: readonly (readonly KeptRoot[])[], all: readonly KeptRoot[]): readonly RemovalStep[] {
  const names = new Uses(all.flatMap((root) => [...namesOf(root).keys()]));
  const ids = new Uses(all.flatMap(idsOf));
  const layers = new Map(all.flatMap(({ images }) => images.map(({ id, config }) => [id, chainIds(config)] as const)));
  const chains = new Uses([...layers.values()].flat());
  const deleted = (id: Digest): readonly Digest[] => [id, ...chains.release((layers.get(id) ?? []).toReversed())];
  return groups.flatMap((group): readonly RemovalStep[] => {
    const familiar = new Map(group.flatMap((root) => [...namesOf(root)]));
    const [first, ...others] = names.release(group.flatMap((root) => [...namesOf(root).keys()]));
    const untagged = [...(first === undefined ? [] : [first]), ...others.toSorted()];
    return [
      ...untagged.map((name) => ({ untagged: familiar.get(name) ?? name })),
      ...ids
        .release(group.flatMap(idsOf))
        .flatMap(deleted)
        .map((id) => ({ deleted: id })),
    ];
  });
}

/** How often something is used. */
class Uses<T> {
  readonly #counts = new Map<T, number>();

  constructor(uses: readonly T[]) {
    for (const use of uses) this.#counts.set(use, (this.#counts.get(use) ?? 0) + 1);
  }

  /** Takes uses away; gives what has none any more, in their order. */
  release(uses: readonly T[]): readonly T[] {
    return uses.filter((use) => {
      const left = (this.#counts.get(use) ?? 0) - 1;
      this.#counts.set(use, left);
      return left === 0;
    });
  }
}

/** As docker counts them: what came from a registry has its name there by digest too. Full names with the familiar ones. */
function namesOf({ reference, stored }: KeptRoot): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  if (reference === undefined) return names;
  const add = (name: Reference): unknown => names.set(fullString(name), familiarString(name));
  add(reference);
  if (stored.source !== '') add({ domain: reference.domain, path: reference.path, digest: stored.root.digest });
  return names;
}

function idsOf({ stored, images }: KeptRoot): readonly Digest[] {
  return images.length > 0 ? images.map(({ id }) => id) : [stored.root.digest];
}
