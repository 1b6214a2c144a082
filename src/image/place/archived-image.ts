import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { familiarString, fullString, parseReference, printable, withDefaultTag } from '#oci';
import { type ArchivedImage, type ArchiveOrigin, openArchive, type ReadableArchive } from '#store';
import type { Places } from '../places.ts';

/** Opens an archive; what has to be unpacked for that goes to the store's disk, or where the store cannot be written, to the system's temporary files. */
export async function openArchivePlace(
  origin: ArchiveOrigin,
  places: Places,
  options: CallOptions = {},
): Promise<ReadableArchive> {
  const folder = async (): Promise<string> => {
    const store = await places.store();
    return store.workFolder(options).catch(async () => (await places.scratch()).root);
  };
  return openArchive(origin, { folder, ...options });
}

/**
 * The image of an archive that `which` says: a name, a tag, or a digest; the only one where nothing is said. Rejects with NOT_FOUND, which lists
 * those that there are.
 */
export function archivedImage(archive: ReadableArchive, path: string, which: string | undefined): ArchivedImage {
  const { images } = archive;
  const [only, ...others] = images;
  if (which === undefined && only !== undefined && others.length === 0) return only;
  const full = which === undefined ? undefined : fullNameIn(which);
  const found = images.find(
    ({ names, refs, root }) =>
      which !== undefined && (names.includes(full ?? '') || refs.includes(which) || root.digest === which),
  );
  if (found !== undefined) return found;
  const message =
    which === undefined ? `${path} has ${images.length} images` : `${path} has no image ${printable(which, 255)}`;
  const known = images.slice(0, 20).map((image) => shownName(image));
  throw new DrayError('NOT_FOUND', message, {
    hint: `say which, as ${archive.format}:${path}:NAME: ${known.join(', ')}`,
  });
}

function fullNameIn(text: string): string | undefined {
  try {
    return fullString(withDefaultTag(parseReference(text)));
  } catch {
    return undefined;
  }
}

function shownName({ names, refs, root }: ArchivedImage): string {
  const [name] = names;
  return name === undefined ? printable(refs[0] ?? root.digest) : familiarString(parseReference(name));
}
