import { parsePlace } from '../place/parse-place.ts';
import { withImagesAt } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { wantedPlatforms } from '../wanted.ts';
import { companionsOf, type TagLists } from './companions.ts';
import { type Taken, workOf } from './copied.ts';
import { type CopyOptions, type CopyResult, resultOf } from './copy-result.ts';
import { type Destination, destinationFor } from './destination.ts';
import { holdingSource } from './hold-source.ts';
import { planCopy } from './plan-copy.ts';
import { select } from './selection.ts';
import { attempted, SourceFailures, unwrapped } from './source-failures.ts';
import type { NamedSelection } from './to-archive.ts';
import { withCompressed } from './with-compressed.ts';

/** Two places, and what has to be known of them between calls. */
export interface CopyJob {
  readonly places: Places;
  readonly destination: Destination;
  readonly tagLists: TagLists;
  readonly options: CopyOptions;
}

/**
 * Copies an image from one place to another, with every digest kept, and what refers to it. Children are there before their parents, and a name
 * changes last. Of an archive or a layout in which nothing says which image is meant, all are copied where the target says no name. Rejects with what
 * either place rejects with, UNSUPPORTED for one that cannot be read or written; what has come by then stays for the next run.
 */
export async function copyImage(
  from: string,
  to: string,
  places: Places,
  options: CopyOptions = {},
): Promise<readonly CopyResult[]> {
  const target = parsePlace(to, { plain: 'registry', target: true });
  const destination = destinationFor(target, places, {
    ...options,
    retries: places.retries,
    trustRoot: true,
  });
  return copyTo({ places, destination, tagLists: new Map(), options }, from);
}

/** Copies what `from` stands for to a destination. */
export async function copyTo(job: CopyJob, from: string): Promise<readonly CopyResult[]> {
  const { places, destination, options } = job;
  const { signal, onEvent } = options;
  const isOpen = options.platform === undefined && options.allPlatforms !== true;
  const platform = isOpen ? await destination.platform?.() : options.platform;
  const wanted = wantedPlatforms(
    { ...options, platform, allPlatforms: platform === undefined ? true : options.allPlatforms },
    places.host,
  );
  const place = parsePlace(from, { plain: 'registry' });
  const how = { action: 'copy', several: destination.takesSeveral, signal, onEvent };
  const outcome = await withImagesAt(place, places, how, async (found) => {
    const failures = new SourceFailures();
    const selections: NamedSelection[][] = [];
    for (const image of found) {
      const watched = { ...image, source: failures.watch(image.source) };
      const selection = await select(watched, {
        wanted,
        host: places.host,
        images: destination.images,
        retries: places.retries,
        signal,
        onEvent,
      });
      const main = { selection, names: destination.namesFor(image) };
      selections.push([main, ...(await companionSelections(main, job))]);
    }
    return attempted(
      () =>
        holdingSource(
          selections.flat().map(({ selection }) => selection),
          places,
          options,
          () => takeAll(selections, failures, job),
        ),
      (error) => !failures.has(error),
    );
  });
  return unwrapped(outcome);
}

async function companionSelections(
  { selection, names }: NamedSelection,
  { places, destination, tagLists, options }: CopyJob,
): Promise<readonly NamedSelection[]> {
  if (options.referrers === false || destination.kind === 'docker-archive' || destination.kind === 'docker-daemon')
    return [];
  const { signal, onEvent } = options;
  const companions = await companionsOf(selection, places, { tagLists, signal, onEvent });
  const all: NamedSelection[] = [];
  for (const { image, tag } of companions) {
    const chosen = await select(image, {
      wanted: { platforms: 'all', named: false },
      host: places.host,
      images: false,
      retries: places.retries,
      signal,
      onEvent,
    });
    const [name] = names;
    const reference = name?.reference === undefined || tag === undefined ? undefined : { ...name.reference, tag };
    all.push({ selection: chosen, names: tag === undefined ? [] : [{ tag, reference }] });
  }
  return all;
}

/** One list for each image, itself first and then what stands beside it. */
async function takeAll(
  lists: readonly (readonly NamedSelection[])[],
  failures: SourceFailures,
  { places, destination, options }: CopyJob,
): Promise<readonly CopyResult[]> {
  const begin = (list: readonly NamedSelection[]): void => announce(list, destination, options);
  if (options.dryRun === true) return planCopy(lists, destination);
  if (destination.atOnce) {
    lists.forEach(begin);
    const taken = [...(await destination.take(lists.flat(), failures))];
    return lists.map((list) => finish(list, taken.splice(0, list.length), destination, options));
  }
  const results: CopyResult[] = [];
  for (const list of lists) {
    begin(list);
    const take = async (ready: readonly NamedSelection[]): Promise<CopyResult> =>
      finish(ready, await destination.take(ready, failures), destination, options);
    results.push(await (destination.kind === 'registry' ? readily(list, places, options, take) : take(list)));
  }
  return results;
}

/** An archive without manifests has no digests to keep: its layers are compressed, as in a push. */
async function readily<T>(
  list: readonly NamedSelection[],
  places: Places,
  options: CopyOptions,
  take: (ready: readonly NamedSelection[]) => Promise<T>,
): Promise<T> {
  const [main, ...others] = list;
  if (main?.selection.image.made !== true) return take(list);
  return withCompressed(main.selection, places, options, (selection) => take([{ ...main, selection }, ...others]));
}

function announce([main]: readonly NamedSelection[], { what }: Destination, { onEvent }: CopyOptions): void {
  if (main === undefined) return;
  const { selection } = main;
  const reference = selection.image.what;
  onEvent?.({ kind: 'image-started', reference, repository: what, label: '', action: 'copy' });
  const work = new Map(workOf(selection).map(({ target }) => [target.digest, target.size]));
  const total = [...work.values()].reduce((sum, size) => sum + size, 0);
  for (const { descriptor, manifest } of selection.nodes) {
    if (manifest === undefined) continue;
    onEvent?.({ kind: 'image-planned', reference, manifest: descriptor, layers: manifest.layers, total, present: 0 });
  }
}

function finish(
  list: readonly NamedSelection[],
  taken: readonly Taken[],
  { what }: Destination,
  { onEvent }: CopyOptions,
): CopyResult {
  const result = resultOf(list, taken, { target: what, dryRun: false });
  const { digest, size } = result.root;
  onEvent?.({ kind: 'image-done', reference: result.source, digest, size, status: 'copied' });
  return result;
}
