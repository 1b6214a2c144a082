import { DrayError } from '#errors';
import { type Descriptor, isJsonObject, type JsonObject, parseIndex, parseJsonStrict } from '#oci';
import type { Files } from '../disk/files.ts';
import { indexEntry, NAME_ANNOTATION, type RootNames, TAG_ANNOTATION } from '../index-entry.ts';

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
/** An index.json may have this many bytes. */
const LIMIT = 4 * 1024 * 1024;

const EMPTY_INDEX: JsonObject = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };

/** Makes an empty `index.json` where there is none. */
export async function createIndex(files: Files): Promise<void> {
  if (readIndex(files) === undefined) await files.replace(files.path('index.json'), JSON.stringify(EMPTY_INDEX));
}

/** The roots that `index.json` lists. */
export function readRoots(files: Files): readonly Descriptor[] {
  const bytes = readIndex(files);
  return bytes === undefined ? [] : parseIndex(bytes, OCI_INDEX, files.path('index.json')).manifests;
}

/** The root that a full name, a tag or a digest stands for. */
export function findRoot(roots: readonly Descriptor[], name: string): Descriptor | undefined {
  const named = (annotation: string): Descriptor | undefined =>
    roots.find(({ annotations }) => annotations?.[annotation] === name);
  return named(NAME_ANNOTATION) ?? named(TAG_ANNOTATION) ?? roots.find(({ digest }) => digest === name);
}

/**
 * Lists a root in `index.json`, in place of the one that had its name; all else in the file stays as it is. A root without a name needs no
 * second entry.
 */
export async function writeRoot(files: Files, root: Descriptor, names: RootNames): Promise<void> {
  const path = files.path('index.json');
  const bytes = readIndex(files);
  const index = bytes === undefined ? EMPTY_INDEX : parseJsonStrict(bytes, path);
  const entries = Array.isArray(index['manifests']) ? index['manifests'] : [];
  const isListed = entries.some((entry) => isJsonObject(entry) && entry['digest'] === root.digest);
  if (names.tag === undefined && isListed) return;
  const kept = entries.filter((entry) => !isJsonObject(entry) || !isReplaced(entry, root, names));
  await files.replace(path, JSON.stringify({ ...index, manifests: [...kept, indexEntry(root, names)] }));
}

/** An entry makes room for one of the same name, and one without a name for one of the same root. */
function isReplaced(entry: JsonObject, root: Descriptor, { fullName, tag }: RootNames): boolean {
  const annotations = isJsonObject(entry['annotations']) ? entry['annotations'] : {};
  const itsName = annotations[NAME_ANNOTATION];
  const itsTag = annotations[TAG_ANNOTATION];
  if (itsName === undefined && itsTag === undefined) return entry['digest'] === root.digest;
  // Layouts of other tools have tags alone: theirs is taken over, unless it says that it is another image's.
  return itsName === undefined || fullName === undefined ? itsTag === tag : itsName === fullName;
}

function readIndex(files: Files): Uint8Array | undefined {
  const text = files.read(files.path('index.json'));
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text);
  if (bytes.length <= LIMIT) return bytes;
  throw new DrayError('TOO_LARGE', `${files.path('index.json')} is larger than ${LIMIT} bytes`);
}
