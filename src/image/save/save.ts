import type { Source } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, familiarString } from '#oci';
import { type ArchivePlan, openOciLayout, planArchive, writeArchive, writeArchiveFile } from '#store';
import { workOf } from '../copy/copied.ts';
import { select } from '../copy/selection.ts';
import { keptNames } from '../copy/target-name.ts';
import { archiveImages, type NamedSelection, routed } from '../copy/to-archive.ts';
import { toLayout } from '../copy/to-layout.ts';
import type { Places } from '../places.ts';
import { checkOutput } from '../pull/output-check.ts';
import { holdIn } from '../stored/hold.ts';
import { expectPlatforms, wantedPlatforms } from '../wanted.ts';
import { findImages, type ImageToSave } from './find-images.ts';
import type { SaveOptions, SaveResult } from './saved.ts';
import { readWithout } from './without.ts';

/**
 * Writes images of the store into one archive (or a layout), what they share once. The same images give the same bytes, unless gzip's version differs.
 * What is written is verified on the way. Rejects with MANIFEST_UNKNOWN, PLATFORM_UNKNOWN, DIGEST_MISMATCH for content that the disk has damaged,
 * DISK_FULL and IO_FAILED; a file that fails does not appear.
 */
export async function saveImages(texts: readonly string[], places: Places, options: SaveOptions): Promise<SaveResult> {
  const { output, signal, onEvent } = options;
  const { format = 'docker-archive' } = output;
  await checkOutput({ output });
  if (format !== 'oci-dir' && /[/\\]$/.test(output.path ?? '')) {
    throw new DrayError('INVALID_OPTION', `${output.path} is a folder: all images go into one file`, {
      hint: 'name a file',
    });
  }
  if (format === 'oci-dir' && options.without !== undefined) {
    throw new DrayError(
      'INVALID_OPTION',
      'a layout folder is whole: what is left out can only be left out of an archive',
    );
  }
  const lease = holdIn(await places.store());
  try {
    const selected = await selectAll(await findImages(texts, places, { signal }), places, options);
    const work = selected.flatMap(({ selection }) => workOf(selection));
    await lease.add(
      work.map(({ target }) => target),
      { signal },
    );
    const images = selected.map(({ selection, names }) => ({
      name: names[0]?.reference === undefined ? undefined : familiarString(names[0].reference),
      root: selection.root,
      platforms: selection.images.map(({ platform }) => platform),
    }));
    if (format === 'oci-dir') return { images, size: await writeLayout(selected, places, options), leftOut: [] };
    const delta = options.without && (await readWithout(options.without, places, { signal, onEvent }));
    const plan = planArchive(selected.flatMap(archiveImages), format, delta);
    const size = await write(plan, routed(selected.map(({ selection }) => selection)), places, options);
    const there = new Set(plan.blobs.map(({ descriptor }) => descriptor.digest));
    const leftOut = new Map(work.map(({ target }) => [target.digest, target]));
    return { images, size, leftOut: [...leftOut.values()].filter(({ digest }) => !there.has(digest)) };
  } finally {
    await lease.release();
  }
}

async function selectAll(
  images: readonly ImageToSave[],
  places: Places,
  { platform, signal, onEvent }: SaveOptions,
): Promise<readonly NamedSelection[]> {
  const wanted = wantedPlatforms({ platform, allPlatforms: platform === undefined }, places.host);
  const selected: NamedSelection[] = [];
  for (const { image, name } of images) {
    const selection = await select(image, { wanted, host: places.host, images: true, signal, onEvent });
    const platforms = selection.images.map((one) => one.platform);
    // What is no image is for none.
    if (platforms.length > 0) expectPlatforms({ images: selection.images, platforms }, wanted, image.what);
    selected.push({ selection, names: name === undefined ? [] : keptNames([name]) });
  }
  return selected;
}

async function write(
  plan: ArchivePlan,
  source: Source,
  { sync }: Places,
  { output, signal, onEvent }: SaveOptions,
): Promise<number> {
  const { path, stream } = output;
  if (path === undefined) {
    if (stream === undefined) throw new DrayError('INVALID_OPTION', 'an output needs a path or a stream');
    return (await writeArchive(plan, source, stream, { signal })).size;
  }
  const gzip = /\.(tar\.gz|tgz)$/.test(path);
  const { size } = await writeArchiveFile(path, plan, source, { gzip, sync, signal, onEvent });
  onEvent?.({ kind: 'output-written', path, format: plan.format, size });
  return size;
}

async function writeLayout(
  selected: readonly NamedSelection[],
  { sync }: Places,
  { output, signal, onEvent }: SaveOptions,
): Promise<number> {
  const path = output.path ?? '.';
  const layout = await openOciLayout(path, { sync });
  const content = new Map<string, Descriptor>();
  for (const { selection, names } of selected) {
    const taken = await toLayout(selection, layout, { names, signal });
    for (const { descriptor } of [...taken.blobs, ...selection.nodes]) content.set(descriptor.digest, descriptor);
  }
  const size = [...content.values()].reduce((sum, one) => sum + one.size, 0);
  onEvent?.({ kind: 'output-written', path, format: 'oci-dir', size });
  return size;
}
