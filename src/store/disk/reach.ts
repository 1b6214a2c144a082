import { readDocument, type Source } from '#content';
import { DrayError, isDrayError, messageOf } from '#errors';
import { children, type Descriptor, type Digest, isDocumentType, isIndexType, parseIndex, parseManifest } from '#oci';

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
  const bytes = await readDocument(source, target, { signal });
  return children(
    isIndexType(target.mediaType) ? parseIndex(bytes, target.mediaType) : parseManifest(bytes, target.mediaType),
  );
}

/** For what must not be removed: it is better to remove nothing than to guess. */
export function refuse(document: Descriptor, error: unknown): never {
  const code = isDrayError(error) ? error.code : 'IO_FAILED';
  const message = `what the image ${document.digest} needs cannot be told, so nothing is removed: ${messageOf(error)}`;
  throw new DrayError(code, message, { hint: 'remove its names with dray rmi, or pull it again', cause: error });
}
