import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { type Digest, familiarString, fullName, fullString, type Platform, type Reference, shortId } from '#oci';
import type { DiskStore } from '#store';
import { findStored, isIdOf } from '../stored/find-stored.ts';
import { type KeptRoot, keptRoots, shownImage } from '../stored/kept-root.ts';
import { chainIds } from './chains.ts';
import { isSingleReference } from './single-reference.ts';

export interface RemoveOptions extends CallOptions {
  /** Removes an image by its ID, though it has names in several repositories. */
  readonly force?: boolean | undefined;
}

/** What was done, in order: a name was taken away, or an image or a layer (by its chain ID) that nothing needs any more is gone. */
export type RemovalStep = { readonly untagged: string } | { readonly deleted: Digest };

export interface RemoveResult {
  readonly steps: readonly RemovalStep[];
  /** That the disk has more room for now. */
  readonly bytes: number;
}

/**
 * Removes a name, or by an ID an image with its names; and what nothing needs then. Rejects with MANIFEST_UNKNOWN, and with CONFLICT for the ID of
 * an image that has several names, unless forced.
 */
export async function removeImage(
  text: string,
  store: DiskStore,
  host: Platform,
  options: RemoveOptions = {},
): Promise<RemoveResult> {
  const { signal, force = false } = options;
  const found = await findStored(text, store, { signal });
  const all = await keptRoots(store, { signal });
  const target = all.find(({ stored }) => isSame(stored, found.stored)) ?? {
    stored: found.stored,
    reference: undefined,
    images: [],
    flaw: undefined,
  };
  const id = target.images.find(({ manifest }) => manifest.digest === found.manifest?.digest)?.id ?? idOf(target, host);
  const same = all.filter((root) => idOf(root, host) === id || root.images.some((image) => image.id === id));
  const going =
    target.reference !== undefined && found.manifest === undefined && !isIdOf(id, text)
      ? byName(target, same)
      : byId(id, same, force);
  return removeRoots(going, all, store, { signal });
}

/** The ID that docker would show. */
function idOf(root: KeptRoot, host: Platform): Digest {
  return shownImage(root, host)?.id ?? root.stored.root.digest;
}

function isSame(a: KeptRoot['stored'], b: KeptRoot['stored']): boolean {
  return a.name === b.name && a.root.digest === b.root.digest;
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

/** Takes roots out of the store, the one that was asked for first, and then what nothing needs. */
export async function removeRoots(
  going: readonly KeptRoot[],
  all: readonly KeptRoot[],
  store: DiskStore,
  options: CallOptions,
): Promise<RemoveResult> {
  for (const { stored } of going) await store.removeReference(stored, options);
  const staying = all.filter((root) => !going.includes(root));
  const kept = namesOf(staying);
  const [first, ...others] = [...namesOf(going)].filter(([name]) => !kept.has(name));
  const inOrder = others.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const untagged = [...(first === undefined ? [] : [first]), ...inOrder].map(([, familiar]) => familiar);
  const steps: RemovalStep[] = [...untagged.map((name) => ({ untagged: name })), ...deleted(going, staying)];
  const { bytes } = await store.collect({ ...options, below: going.map(({ stored }) => stored.root) });
  return { steps, bytes };
}

/** As docker counts them: what came from a registry has its name there by digest too. Full names with the familiar ones. */
function namesOf(roots: readonly KeptRoot[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const add = (reference: Reference): unknown => names.set(fullString(reference), familiarString(reference));
  for (const { reference } of roots) if (reference !== undefined) add(reference);
  for (const { reference, stored } of roots) {
    if (reference === undefined || stored.source === '') continue;
    add({ domain: reference.domain, path: reference.path, digest: stored.root.digest });
  }
  return names;
}

function deleted(going: readonly KeptRoot[], staying: readonly KeptRoot[]): readonly RemovalStep[] {
  const idsOf = (roots: readonly KeptRoot[]): Set<Digest> =>
    new Set(
      roots.flatMap(({ stored, images }) => (images.length > 0 ? images.map(({ id }) => id) : stored.root.digest)),
    );
  const kept = idsOf(staying);
  const chains = new Set(staying.flatMap(({ images }) => images.flatMap(({ config }) => chainIds(config))));
  const gone = [...idsOf(going)].filter((id) => !kept.has(id));
  const images = new Map(going.flatMap((root) => root.images.map((image) => [image.id, image] as const)));
  return gone.flatMap((id) => {
    const config = images.get(id)?.config;
    const layers = config === undefined ? [] : chainIds(config).toReversed();
    const fresh = layers.filter((chain) => !chains.has(chain));
    for (const chain of fresh) chains.add(chain);
    return [{ deleted: id }, ...fresh.map((chain) => ({ deleted: chain }))];
  });
}
