import { PassThrough } from 'node:stream';
import { type CopyBlobsOptions, copyBlobs, type Source } from '#content';
import { planArchive, writeArchive } from '#store';
import type { EngineArchives } from '../engine-archives.ts';
import { engineOf } from '../place/engine-image.ts';
import type { Places } from '../places.ts';
import { holdIn } from '../stored/hold.ts';
import { outcomes, type Taken, workOf } from './copied.ts';
import type { Selection } from './selection.ts';
import { keyOf, type TargetName } from './target-name.ts';
import { archiveImages } from './to-archive.ts';

export interface ToEngineOptions extends CopyBlobsOptions {
  readonly names: readonly TargetName[];
}

/**
 * Gives a selection to the Docker engine. What comes from a registry goes through the store first: an engine takes an archive as one piece, and what
 * was downloaded is there for the next try.
 */
export async function toEngine(selection: Selection, places: Places, options: ToEngineOptions): Promise<Taken> {
  const { root, source, image } = selection;
  const engine = await engineOf(places);
  const names = options.names.map(keyOf);
  if (image.place !== 'registry') {
    await give(selection, source, engine, options);
    const blobs = new Map(workOf(selection).map(({ target }) => [target.digest, target]));
    return { root, names, blobs: [...blobs.values()].map((descriptor) => ({ descriptor, outcome: 'copied' })) };
  }
  const store = await places.store();
  const lease = holdIn(store);
  try {
    const work = workOf(selection);
    await lease.add(
      work.map(({ target }) => target),
      { signal: options.signal },
    );
    const copied = await copyBlobs(source, store, work, options);
    await give(selection, store, engine, options);
    return { root, names, blobs: outcomes(copied) };
  } finally {
    await lease.release();
  }
}

/** Sends the archive while it is made. Where both ends fail, the one that failed first is told of. */
async function give(
  selection: Selection,
  source: Source,
  engine: EngineArchives,
  options: ToEngineOptions,
): Promise<void> {
  const { names, signal } = options;
  const plan = planArchive(archiveImages({ selection, names }), 'docker-archive');
  const pipe = new PassThrough();
  const failures: unknown[] = [];
  const failed = (error: unknown): void => {
    failures.push(error);
    pipe.destroy();
  };
  const loading = engine.load(pipe, { signal }).catch(failed);
  await writeArchive(plan, source, pipe, { signal }).then(() => pipe.end(), failed);
  await loading;
  if (failures.length > 0) throw failures[0];
}
