import { DrayError } from '#errors';
import { familiarString, fullName, fullString, type Reference } from '#oci';
import { bytesOfBlobs, type Taken, workOf } from '../copy/copied.ts';
import { type Destination, destinationFor } from '../copy/destination.ts';
import { holdingSource } from '../copy/hold-source.ts';
import { type Selection, select } from '../copy/selection.ts';
import { SourceFailures } from '../copy/source-failures.ts';
import { withCompressed } from '../copy/with-compressed.ts';
import { parsePlace } from '../place/parse-place.ts';
import type { PlacedImage } from '../place/placed-image.ts';
import { withImagesAt } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { wantedPlatforms } from '../wanted.ts';
import { blameStore } from './blame-store.ts';
import { notLocal } from './not-local.ts';
import { notePushed } from './note-pushed.ts';
import { parsePushNames, storedTags } from './push-names.ts';
import type { PushOptions, PushResult } from './push-result.ts';

/**
 * Pushes images of the store, or one of an archive or a layout, to the registries that their names say. Layers go several at a time, and none that is
 * there or that another repository of the registry can give; a name changes when all below it is there. Resolves with one result per name, in
 * order. Rejects with NOT_FOUND for an image that is not there; nothing is pushed then.
 */
export async function pushAll(
  texts: readonly string[],
  places: Places,
  options: PushOptions = {},
): Promise<readonly PushResult[]> {
  const names = parsePushNames(texts, options);
  if (names.length > 1) await expectLocal(names, places, options);
  const results: PushResult[] = [];
  for (const name of names) {
    started(name, options);
    const references = options.allTags === true ? await storedTags(name, await places.store(), options) : [name];
    for (const reference of references) results.push(await pushOne(reference, places, options));
  }
  return results;
}

/** Of several names all have to be there before the first goes out. */
async function expectLocal(names: readonly Reference[], places: Places, options: PushOptions): Promise<void> {
  const { from, allTags, signal } = options;
  if (from !== undefined || allTags === true) return;
  const store = await places.store();
  for (const name of names) {
    if ((await store.reference(fullString(name), { signal })) === undefined) throw notLocal(name, names);
  }
}

function started(name: Reference, { onEvent }: PushOptions): void {
  onEvent?.({
    kind: 'image-started',
    reference: familiarString(name),
    repository: fullName(name),
    label: name.tag ?? '',
    action: 'push',
  });
}

async function pushOne(reference: Reference, places: Places, options: PushOptions): Promise<PushResult> {
  const { signal, onEvent, from } = options;
  const destination = destinationFor({ kind: 'registry', reference }, places, {
    ...options,
    retries: places.retries,
    trustRoot: false,
  });
  const work = ([image]: readonly [PlacedImage, ...PlacedImage[]]): Promise<PushResult> =>
    pushImage(image, reference, { places, destination, options });
  const how = { action: 'push', several: false, signal, onEvent };
  if (from !== undefined) return withImagesAt(parsePlace(from, { plain: 'store' }), places, how, work);
  const name = fullString(reference);
  if ((await (await places.store()).reference(name, { signal })) === undefined) throw notLocal(reference);
  return withImagesAt({ kind: 'store', text: name }, places, how, work);
}

interface Pushing {
  readonly places: Places;
  readonly destination: Destination;
  readonly options: PushOptions;
}

async function pushImage(
  image: PlacedImage,
  reference: Reference,
  { places, destination, options }: Pushing,
): Promise<PushResult> {
  const { signal, onEvent } = options;
  const { platform } = options;
  const selection = await select(image, {
    wanted: wantedPlatforms({ platform, allPlatforms: platform === undefined }, places.host),
    host: places.host,
    images: true,
    retries: places.retries,
    signal,
    onEvent,
  });
  planned(selection, reference, options);
  const names = destination.namesFor(image);
  const take = async (ready: Selection): Promise<Taken> => {
    if (ready !== selection) planned(ready, reference, options);
    const [taken] = await destination
      .take([{ selection: ready, names }], new SourceFailures())
      .catch(async (error: unknown) => {
        throw image.stored === undefined ? error : await blameStore(error, ready, await places.store(), { signal });
      });
    if (taken === undefined) throw new DrayError('BUG', `nothing was pushed as ${fullString(reference)}`);
    return taken;
  };
  const taken = await holdingSource([selection], places, options, () =>
    isCompressed(image) ? take(selection) : withCompressed(selection, places, options, take),
  );
  await notePushed(image, taken.root, reference, { places, options });
  const { digest, size } = taken.root;
  onEvent?.({
    kind: 'image-done',
    reference: familiarString(reference),
    label: reference.tag,
    digest,
    size,
    status: 'pushed',
  });
  return {
    reference: familiarString(reference),
    fullName: fullString(reference),
    root: taken.root,
    blobs: taken.blobs,
    bytes: bytesOfBlobs(taken.blobs),
  };
}

/**
 * What came from a registry, and a layout, which is what a registry has, go out as they are: their digests are known to others. All else is
 * compressed as docker does.
 */
function isCompressed({ place, stored }: PlacedImage): boolean {
  return place === 'oci-dir' || (stored !== undefined && stored.stored.source !== '');
}

function planned(selection: Selection, reference: Reference, { onEvent }: PushOptions): void {
  const sizes = new Map(workOf(selection).map(({ target }) => [target.digest, target.size]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  for (const { manifest, document, config } of selection.images) {
    onEvent?.({
      kind: 'image-planned',
      reference: familiarString(reference),
      manifest,
      layers: document.layers,
      diffIds: config.rootfs.diffIds,
      total,
      present: 0,
    });
  }
}
