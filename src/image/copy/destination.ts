import type { CopyBlobsOptions } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, familiarString, fullString, parseReference, type Reference, withDefaultTag } from '#oci';
import { openOciLayout } from '#store';
import { engineOf } from '../place/engine-image.ts';
import type { EnginePlace, Place } from '../place/place.ts';
import type { Places } from '../places.ts';
import type { Taken } from './copied.ts';
import { mountCandidates } from './mount-candidates.ts';
import { attempted, type SourceFailures, unwrapped } from './source-failures.ts';
import { fileName, keptNames, nameOf, type TargetName, withTags } from './target-name.ts';
import { type NamedSelection, toArchive } from './to-archive.ts';
import { toEngine } from './to-engine.ts';
import { toLayout } from './to-layout.ts';
import { toRegistry } from './to-registry.ts';
import { toStore } from './to-store.ts';

export interface DestinationOptions extends CopyBlobsOptions {
  /** Further tags for all that goes there. */
  readonly tags?: readonly string[] | undefined;
  readonly trustRoot: boolean;
}

/** A place as the target of a copy. */
export interface Destination {
  readonly kind: Place['kind'];
  /** For messages and results. */
  readonly what: string;
  /** Of a registry. */
  readonly reference?: Reference;
  /** All images have to be known before the first is written, and are named as the table of an archive names them. */
  readonly atOnce: boolean;
  /** The platform that is taken of an index where nobody says which; all where it is not there, or undefined. */
  platform?(): Promise<string | undefined>;
  /** Images are told from what is none, and configs are read. */
  readonly images: boolean;
  /** It says no name: it can take several images. */
  readonly takesSeveral: boolean;
  /** What an image is called there: as the place says, or as it is called where it comes from. */
  namesFor(image: {
    readonly names: readonly string[];
    readonly refs?: readonly string[] | undefined;
  }): readonly TargetName[];
  /** Takes all of them; one at a time where it need not be at once. */
  take(all: readonly NamedSelection[], failures: SourceFailures): Promise<readonly Taken[]>;
  /** Lets `use` ask what is there. */
  look<T>(use: (has: (target: Descriptor) => Promise<boolean>) => Promise<T>): Promise<T>;
}

/** The place that is written to. Rejects with INVALID_OPTION for one that cannot be. */
export function destinationFor(place: Place, places: Places, options: DestinationOptions): Destination {
  const { tags = [] } = options;
  switch (place.kind) {
    case 'registry':
      return registryDestination(place, places, options);
    case 'store':
      return storeDestination(place, places, options);
    case 'oci-dir':
      return {
        kind: place.kind,
        what: pathOf('oci', place),
        atOnce: false,
        images: false,
        takesSeveral: place.tag === undefined,
        namesFor: (image) => withTags(fileNames(place, image), tags),
        look: async (use) => {
          const layout = await openOciLayout(place.path, { sync: places.sync });
          return use((target) => layout.has(target));
        },
        take: async (all) => {
          const layout = await openOciLayout(place.path, { sync: places.sync });
          return oneByOne(all, ({ selection, names }) => toLayout(selection, layout, { ...options, names }));
        },
      };
    case 'oci-archive':
    case 'docker-archive':
      return {
        kind: place.kind,
        what: pathOf(place.kind, place),
        atOnce: true,
        images: place.kind === 'docker-archive',
        takesSeveral: place.tag === undefined,
        look: (use) => use(() => Promise.resolve(false)),
        namesFor: (image) => withTags(fileNames(place, image), tags),
        take: (all) => toArchive(all, { ...options, path: place.path, format: place.kind, sync: places.sync }),
      };
    case 'docker-daemon':
      return engineDestination(place, places, options);
  }
}

function registryDestination(
  { reference }: Extract<Place, { readonly kind: 'registry' }>,
  places: Places,
  options: DestinationOptions,
): Destination {
  const { signal, onEvent } = options;
  return {
    kind: 'registry',
    reference,
    what: `docker://${familiarString(reference)}`,
    atOnce: false,
    images: false,
    takesSeveral: false,
    look: (use) =>
      (places.targets ?? places.registries).writing(
        reference,
        (repository) => use((target) => repository.has(target, { signal })),
        { action: 'look at', signal, onEvent },
      ),
    namesFor: () => {
      const own = reference.tag === undefined ? [] : [{ tag: reference.tag, reference }];
      const base = { domain: reference.domain, path: reference.path };
      const more = (options.tags ?? []).map((tag) => ({ tag, reference: { ...base, tag } }));
      return withTags([...own, ...more], []);
    },
    take: (all, failures) =>
      oneByOne(all, async ({ selection, names }) => {
        if (reference.digest !== undefined && reference.digest !== selection.root.digest) {
          throw otherDigest(fullString(reference), selection.root.digest);
        }
        const mountFrom = await mountCandidates(selection, reference, places, options);
        const tags = names.map(({ tag }) => tag);
        // Of what lies here it is easily found out who was wrong; what passes from one registry to another is gone.
        const targetVerifies = selection.image.place !== 'registry';
        const write = places.targets ?? places.registries;
        const outcome = await write.writing(
          reference,
          (repository) =>
            attempted(
              () => toRegistry(selection, repository, reference, { ...options, tags, mountFrom, targetVerifies }),
              (error) => failures.has(error),
            ),
          { action: 'push', signal, onEvent },
        );
        return unwrapped(outcome);
      }),
  };
}

function storeDestination(
  { text }: Extract<Place, { readonly kind: 'store' }>,
  places: Places,
  options: DestinationOptions,
): Destination {
  const named = text === '' ? undefined : nameOf(withDefaultTag(parseReference(text)));
  return {
    kind: 'store',
    what: `store:${text}`,
    atOnce: false,
    images: true,
    takesSeveral: named === undefined,
    look: async (use) => {
      const store = await places.store();
      return use((target) => store.has(target));
    },
    namesFor: ({ names }) => withTags(named === undefined ? keptNames(names) : [named], options.tags ?? []),
    take: (all) =>
      oneByOne(all, async ({ selection, names }) => {
        const from = selection.image.repository?.endpoint.url ?? '';
        return toStore(selection, await places.store(), { ...options, names, from, carrier: places.carrier });
      }),
  };
}

function engineDestination({ name, reference }: EnginePlace, places: Places, options: DestinationOptions): Destination {
  if (reference === undefined || reference.digest !== undefined) {
    throw new DrayError('INVALID_OPTION', `an image cannot be brought into a Docker engine as ${name}`, {
      hint: 'name it docker-daemon:NAME:TAG',
    });
  }
  return {
    kind: 'docker-daemon',
    platform: async () => (await engineOf(places)).platform({ signal: options.signal }),
    what: `docker-daemon:${name}`,
    atOnce: false,
    images: true,
    takesSeveral: false,
    look: (use) => use(() => Promise.resolve(false)),
    namesFor: () => withTags([nameOf(reference)], options.tags ?? []),
    take: (all) => oneByOne(all, ({ selection, names }) => toEngine(selection, places, { ...options, names })),
  };
}

function fileNames(
  place: Extract<Place, { readonly path: string }>,
  { names, refs = [] }: { readonly names: readonly string[]; readonly refs?: readonly string[] | undefined },
): readonly TargetName[] {
  if (place.tag !== undefined) return [fileName(place.tag, place.kind === 'docker-archive')];
  const kept = keptNames(names);
  return kept.length > 0 || place.kind === 'docker-archive' ? kept : refs.map((tag) => ({ tag }));
}

async function oneByOne<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const one of all) results.push(await work(one));
  return results;
}

function pathOf(scheme: string, { path, tag }: { readonly path: string; readonly tag?: string | undefined }): string {
  return tag === undefined ? `${scheme}:${path}` : `${scheme}:${path}:${tag}`;
}

function otherDigest(name: string, found: string): DrayError {
  return new DrayError('INVALID_OPTION', `what is copied is ${found}, which cannot be ${name}`, {
    hint: 'name the target by a tag, or without any',
  });
}
