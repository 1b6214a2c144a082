import { type CopyBlobsOptions, continuedSource, copyBlobs, type Source } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, type Digest, familiarString, fullString } from '#oci';
import { type ArchiveFormat, type ArchiveImage, openArchiveFile, planArchive, writeArchiveFile } from '#store';
import { type BlobOutcome, type Taken, workOf } from './copied.ts';
import { manifestsOf, type Selection } from './selection.ts';
import { keyOf, type TargetName } from './target-name.ts';

/** An image with the names that it gets in an archive. */
export interface NamedSelection {
  readonly selection: Selection;
  readonly names: readonly TargetName[];
}

export interface ToArchiveOptions extends CopyBlobsOptions {
  readonly path: string;
  readonly format: ArchiveFormat;
  /** False: not flushed to the disk before it counts as written. */
  readonly sync: boolean;
}

/**
 * Writes selections into one archive, what they share once; it appears complete or not at all. What comes from a registry goes to its place in the
 * file in any order, and what has come is kept for the next run.
 */
export async function toArchive(all: readonly NamedSelection[], options: ToArchiveOptions): Promise<readonly Taken[]> {
  const { path, format, sync, signal, onEvent } = options;
  const plan = planArchive(all.flatMap(archiveImages), format);
  const source = routed(all.map(({ selection }) => selection));
  const gzip = /\.(tar\.gz|tgz)$/.test(path);
  const isNear = all.every(({ selection }) => selection.image.place !== 'registry');
  const { size } =
    gzip || isNear
      ? await writeArchiveFile(path, plan, continuedSource(source, options), { gzip, sync, signal, onEvent })
      : await fill(all, source, { ...options, plan });
  onEvent?.({ kind: 'output-written', path, format, size });
  const copied: BlobOutcome = 'copied';
  return all.map(({ selection, names }) => ({
    root: selection.root,
    names: names.map(keyOf),
    blobs: [...new Map(workOf(selection).map(({ target }) => [target.digest, target])).values()].map((descriptor) => {
      return { descriptor, outcome: copied };
    }),
  }));
}

async function fill(
  all: readonly NamedSelection[],
  source: Source,
  { plan, path, sync, ...options }: ToArchiveOptions & { readonly plan: ReturnType<typeof planArchive> },
): Promise<{ readonly size: number }> {
  const { signal, onEvent } = options;
  const file = await openArchiveFile(path, plan, { sync, signal, onEvent });
  try {
    const work = all.flatMap(({ selection }) => workOf(selection));
    await copyBlobs(
      source,
      file,
      work.map(({ target, role }) => ({ target, role })),
      options,
    );
    return await file.finish({ signal });
  } finally {
    await file.release();
  }
}

/** An image of the archive for each of its names: each is an entry of `index.json` of its own. */
export function archiveImages({ selection, names }: NamedSelection): readonly ArchiveImage[] {
  const { root, nodes, images } = selection;
  const platforms = images.map(({ platform, manifest, document, configBytes }) => ({
    platform,
    manifest,
    config: { descriptor: document.config, bytes: configBytes },
    layers: document.layers,
  }));
  const known = new Set(images.map(({ manifest }) => manifest.digest));
  const rest = nodes.filter(({ descriptor }) => !known.has(descriptor.digest));
  const facts = {
    root,
    documents: nodes.map(({ descriptor, bytes }) => ({ descriptor, bytes })),
    images: platforms,
    blobs: manifestsOf({ nodes: rest }).flatMap(({ config, layers }) => [config, ...layers]),
  };
  if (names.length === 0) return [{ ...facts, names: [] }];
  return names.map(({ tag, reference }) => ({
    ...facts,
    names: reference === undefined ? [] : [familiarString(reference)],
    fullName: reference === undefined ? undefined : fullString(reference),
    tag,
  }));
}

/** Asks each source for what is its own. */
export function routed(all: readonly Selection[]): Source {
  const sources = new Map<Digest, Source>();
  for (const selection of all) {
    for (const { target } of workOf(selection)) sources.set(target.digest, selection.source);
  }
  const sourceOf = ({ digest }: Descriptor): Source => {
    const source = sources.get(digest);
    if (source === undefined) throw new DrayError('BLOB_UNKNOWN', `nothing is known of ${digest}`);
    return source;
  };
  return {
    has: async (target, options) => sourceOf(target).has(target, options),
    fetch: async (target, options) => sourceOf(target).fetch(target, options),
  };
}
