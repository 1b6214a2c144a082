import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { bytesOf } from '#bytes';
import type { Source, Store } from '#content';
import { type ArchivePlan, openArchiveFile, openOciLayout, planArchive, writeArchive } from '#store';
import type { OutputOptions, PullOptions } from '../types.ts';
import { archiveImage, fileNameOf } from './archive-image.ts';
import { isFolder } from './output-check.ts';
import type { Resolved } from './resolve.ts';
import { writeWholeFile } from './whole-file.ts';

/** How the blobs come into each kind of output. */
export interface Filling {
  readonly sync: boolean;
  fill(target: Store, images: readonly Resolved[]): Promise<void>;
  stream(write: (source: Source) => Promise<void>, images: readonly Resolved[]): Promise<void>;
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
    const write = (sink: Writable, gzip: boolean) => (source: Source) =>
      writeArchive(plan, source, sink, { gzip, signal });
    if (path === undefined) {
      if (output.stream !== undefined) await filling.stream(write(output.stream, false), images);
      continue;
    }
    const size = /\.(tar\.gz|tgz)$/.test(path)
      ? await writeWholeFile(path, filling.sync, (sink) => filling.stream(write(sink, true), images))
      : await writeArchiveFile({ path, plan, images }, options, filling);
    onEvent?.({ kind: 'output-written', path, format, size });
  }
}

interface OutputFile {
  readonly path: string | undefined;
  readonly images: readonly Resolved[];
}

function filesOf(all: readonly Resolved[], output: OutputOptions): readonly OutputFile[] {
  const { path } = output;
  if (path === undefined || !isFolder(output)) return [{ path, images: all }];
  return all.map((resolved) => ({ path: join(path, `${fileNameOf(resolved)}.tar`), images: [resolved] }));
}

interface PlannedFile {
  readonly path: string;
  readonly plan: ArchivePlan;
  readonly images: readonly Resolved[];
}

async function writeArchiveFile(
  { path, plan, images }: PlannedFile,
  { signal, onEvent }: PullOptions,
  filling: Filling,
): Promise<number> {
  const file = await openArchiveFile(path, plan, { sync: filling.sync, signal, onEvent });
  try {
    await filling.fill(file, images);
    const { size } = await file.finish();
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
  let size = 0;
  for (const image of all.map(archiveImage)) {
    for (const { descriptor, bytes } of [...image.images.map(({ config }) => config), ...image.documents]) {
      size += descriptor.size;
      if (!(await layout.has(descriptor))) await layout.put(descriptor, bytesOf(bytes), { signal });
    }
    await layout.tag(image.tag ?? image.root.digest, image.root, { signal });
  }
  onEvent?.({ kind: 'output-written', path, format: 'oci-dir', size });
}
