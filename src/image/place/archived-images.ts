import type { CallOptions } from '#content';
import { parseReference } from '#oci';
import type { Places } from '../places.ts';
import { archivedImage, openArchivePlace } from './archived-image.ts';
import type { ArchivePlace } from './place.ts';
import type { PlacedImage } from './placed-image.ts';

export interface ArchivedImagesOptions extends CallOptions {
  /** Where nothing says which, all images of the archive; else the only one. */
  readonly several: boolean;
}

/** Lets `work` use images of an archive, which is closed again. Rejects as `openArchive` and `archivedImage`. */
export async function withArchivedImages<T>(
  { kind, path, tag }: ArchivePlace,
  places: Places,
  { several, signal }: ArchivedImagesOptions,
  work: (images: readonly [PlacedImage, ...PlacedImage[]]) => Promise<T>,
): Promise<T> {
  const archive = await openArchivePlace({ path }, places, { signal });
  try {
    const [first, ...others] = archive.images;
    const [chosen, ...more] =
      several && tag === undefined && first !== undefined ? [first, ...others] : [archivedImage(archive, path, tag)];
    const placed = ({ root, names, refs }: typeof chosen): PlacedImage => ({
      place: kind,
      what: tag === undefined ? path : `${path}:${tag}`,
      source: archive,
      root,
      names,
      refs,
      siblings: archive.images.map((image) => ({ root: image.root, tags: [...image.refs, ...tagsOf(image.names)] })),
      made: archive.format === 'docker-archive',
    });
    return await work([placed(chosen), ...more.map(placed)]);
  } finally {
    await archive.close();
  }
}

function tagsOf(fullNames: readonly string[]): readonly string[] {
  return fullNames.flatMap((name) => parseReference(name).tag ?? []);
}
