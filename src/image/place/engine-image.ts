import type { CallOptions } from '#content';
import { DrayError, hasCode } from '#errors';
import { fullString } from '#oci';
import type { EngineArchives } from '../engine-archives.ts';
import type { Places } from '../places.ts';
import { archivedImage, openArchivePlace } from './archived-image.ts';
import type { EnginePlace } from './place.ts';
import type { PlacedImage } from './placed-image.ts';

/** The engine of `docker-daemon:`. Rejects with UNSUPPORTED where whoever built the places knows none. */
export async function engineOf(places: Places): Promise<EngineArchives> {
  if (places.engine !== undefined) return places.engine();
  throw new DrayError('UNSUPPORTED', 'no Docker engine is known here');
}

/** Lets `work` use an image of a Docker engine, which is fetched whole for it. Rejects with MANIFEST_UNKNOWN and what the engine rejects with. */
export async function withEngineImage<T>(
  { name, reference }: EnginePlace,
  places: Places,
  { signal }: CallOptions,
  work: (image: PlacedImage) => Promise<T>,
): Promise<T> {
  const engine = await engineOf(places);
  const stream = await engine.save(name, { signal }).catch((error: unknown) => {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
    throw new DrayError('MANIFEST_UNKNOWN', `the Docker engine at ${engine.host} has no image ${name}`, {
      hint: 'docker images lists those that it has',
      cause: error,
    });
  });
  const archive = await openArchivePlace({ stream, name: `docker-daemon:${name}` }, places, { signal });
  try {
    const { root, refs } = archivedImage(archive, name, reference && fullString(reference));
    return await work({
      place: 'docker-daemon',
      what: `docker-daemon:${name}`,
      source: archive,
      root,
      names: reference === undefined ? [] : [fullString(reference)],
      refs,
      made: archive.format === 'docker-archive',
    });
  } finally {
    await archive.close();
  }
}
