import { readDocument, type Source } from '#content';
import { DrayError, isDrayError, messageOf } from '#errors';
import { children, type Descriptor, type Digest, isDocumentType, isIndexType, parseIndex, parseManifest } from '#oci';
import { BoundedCache } from '../bounded-cache.ts';

export interface ReachOptions {
  readonly signal?: AbortSignal | undefined;
  /** What to do where a document cannot be read, and so what it names is not known. */
  readonly onUnreadable: (document: Descriptor, error: unknown) => void;
}

/** Adds `roots` and all that hangs below them, as far as its documents are there, to `reached`. */
export async function reach(
  source: Source,
  roots: readonly Descriptor[],
  reached: Set<Digest>,
  { signal, onUnreadable }: ReachOptions,
): Promise<void> {
  const left = [...roots];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (reached.has(next.digest)) continue;
    reached.add(next.digest);
    if (!isDocumentType(next.mediaType) || !(await source.has(next))) continue;
    try {
      left.push(...(await below(source, next, signal)));
    } catch (error) {
      if (!isDrayError(error) || error.code === 'CANCELLED') throw error;
      onUnreadable(next, error);
    }
  }
}

async function below(
  source: Source,
  target: Descriptor,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const documents = known.get(source) ?? new BoundedCache<readonly Descriptor[]>(MOST_BYTES);
  known.set(source, documents);
  const key = `${target.mediaType} ${target.digest}`;
  const before = documents.get(key);
  if (before !== undefined) return before;
  const bytes = await readDocument(source, target, { signal });
  const named = children(
    isIndexType(target.mediaType) ? parseIndex(bytes, target.mediaType) : parseManifest(bytes, target.mediaType),
  );
  documents.set(key, named, target.size);
  return named;
}

/** Bytes of documents, of which what they name takes a multiple in memory: thousands of manifests. */
const MOST_BYTES = 8 * 1024 * 1024;

/** What verified documents name, which cannot change: whoever removes many images looks at all of them each time. */
const known = new WeakMap<Source, BoundedCache<readonly Descriptor[]>>();

/** For what must not be removed: it is better to remove nothing than to guess. */
export function refuse(document: Descriptor, error: unknown): never {
  const code = isDrayError(error) ? error.code : 'IO_FAILED';
  const message = `what the image ${document.digest} needs cannot be told, so nothing is removed: ${messageOf(error)}`;
  throw new DrayError(code, message, { hint: 'remove its names with dray rmi, or pull it again', cause: error });
}
