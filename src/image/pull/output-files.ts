import { join } from 'node:path';
import { bytesOf } from '#bytes';
import type { Source, Store } from '#content';
import { fullString, shortId } from '#oci';
import { type ArchivePlan, openArchiveFile, openOciLayout, planArchive, writeArchive, writeArchiveFile } from '#store';
import type { OutputOptions, PullOptions } from '../types.ts';
import { archiveImage, fileNameOf } from './archive-image.ts';
import { isFolder } from './output-check.ts';
import type { Resolved } from './resolve.ts';

/** How the blobs come into each kind of output. */
export interface Filling {
  readonly sync: boolean;
  /** Brings blobs to a place that takes them in any order. */
  fill(target: Store, images: readonly Resolved[]): Promise<void>;
  /** Gives a source of all blobs to `use`, which reads them in order. */
  read<T>(images: readonly Resolved[], use: (source: Source) => Promise<T>): Promise<T>;
  /** Blobs come from afar, several at a time: an archive is filled at its offsets, and goes on later where it stopped. */
  readonly inAnyOrder: boolean;
}

/** Opens each file or folder of the output in turn, has it filled, and gives it its name. */
export async function eachFile(all: readonly Resolved[], options: PullOptions, filling: Filling): Promise<void> {
  const { output = {}, signal, onEvent } = options;
  const format = output.format ?? 'docker-archive';
  if (format === 'oci-dir') {
    await writeLayout(output.path ?? '.', all, options, filling);
    return;
  }
  for (const { path, images } of filesOf(all, output)) {
    const plan = planArchive(images.map(archiveImage), format);
    const { stream } = output;
    if (path !== undefined) {
      const size = await writeFile({ path, plan, images }, options, filling);
      onEvent?.({ kind: 'output-written', path, format, size });
    } else if (stream !== undefined) {
      await filling.read(images, (source) => writeArchive(plan, source, stream, { signal }));
    }
  }
}

interface OutputFile {
  readonly path: string | undefined;
  readonly images: readonly Resolved[];
}

function filesOf(all: readonly Resolved[], output: OutputOptions): readonly OutputFile[] {
  const { path } = output;
  if (path === undefined || !isFolder(output)) return [{ path, images: all }];
  const files = new Map<string, Resolved>();
  for (const resolved of all) {
    const name = fileNameOf(resolved);
    const other = files.get(name);
    // `a/b` and `a-b` would be one file: the later one gets part of its digest besides.
    const isOther = other !== undefined && fullString(other.reference) !== fullString(resolved.reference);
    files.set(isOther ? `${name}_${shortId(resolved.digest)}` : name, resolved);
  }
  return [...files].map(([name, resolved]) => ({ path: join(path, `${name}.tar`), images: [resolved] }));
}

interface PlannedFile {
  readonly path: string;
  readonly plan: ArchivePlan;
  readonly images: readonly Resolved[];
}

async function writeFile(
  { path, plan, images }: PlannedFile,
  { signal, onEvent }: PullOptions,
  { sync, inAnyOrder, fill, read }: Filling,
): Promise<number> {
  const gzip = /\.(tar\.gz|tgz)$/.test(path);
  if (gzip || !inAnyOrder) {
    const { size } = await read(images, (source) =>
      writeArchiveFile(path, plan, source, { gzip, sync, signal, onEvent }),
    );
    return size;
  }
  const file = await openArchiveFile(path, plan, { sync, signal, onEvent });
  try {
    await fill(file, images);
    const { size } = await file.finish({ signal });
    return size;
  } finally {
    await file.release();
  }
}

async function writeLayout(
  path: string,
  all: readonly Resolved[],
  { signal, onEvent }: PullOptions,
  filling: Filling,
): Promise<void> {
  const layout = await openOciLayout(path, { sync: filling.sync });
  await filling.fill(layout, all);
  const sizes = new Map<string, number>();
  for (const image of all.map(archiveImage)) {
    const documents = [...image.images.map(({ config }) => config), ...image.documents];
    for (const { descriptor, bytes } of documents) {
      if (!(await layout.has(descriptor))) await layout.put(descriptor, bytesOf(bytes), { signal });
    }
    const { fullName, tag, root } = image;
    await layout.list(root, tag === undefined ? {} : { fullName, tag, platform: root.platform }, { signal });
    const blobs = [...image.images.flatMap(({ layers }) => layers), ...(image.blobs ?? [])];
    for (const { digest, size } of [...documents.map(({ descriptor }) => descriptor), ...blobs])
      sizes.set(digest, size);
  }
  const size = [...sizes.values()].reduce((sum, one) => sum + one, 0);
  onEvent?.({ kind: 'output-written', path, format: 'oci-dir', size });
}
