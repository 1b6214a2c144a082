import { type CallOptions, readGraph, type Source } from '#content';
import { isDrayError } from '#errors';
import { type Descriptor, type Digest, isDocumentType } from '#oci';

/** What a manifest or index says that it is about; undefined where it is about nothing, or cannot be read. */
export async function readSubject(
  source: Source,
  root: Descriptor,
  { signal }: CallOptions,
): Promise<Digest | undefined> {
  if (!isDocumentType(root.mediaType)) return undefined;
  try {
    const { nodes } = await readGraph(source, root, { choose: () => [], signal });
    const [node] = nodes;
    return (node?.manifest ?? node?.index)?.subject?.digest;
  } catch (error) {
    if (isDrayError(error) && error.facts.family !== 'cancelled') return undefined;
    throw error;
  }
}
