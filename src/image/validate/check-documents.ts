import { type DocumentOptions, type GraphNode, readDocument, type Source } from '#content';
import { type Descriptor, type ImageIndex, isIndexType, parseIndex, parseManifest } from '#oci';
import { asFault, type Fault } from './fault.ts';

export interface CheckDocumentsOptions extends DocumentOptions {
  /** The root's bytes where they are here already, verified. */
  readonly rootBytes?: Uint8Array | undefined;
  /** Which children of an index to follow. */
  readonly choose: (index: ImageIndex) => readonly Descriptor[];
}

/** Manifests and indexes that could be read, children before parents, and what is wrong with the others. */
export interface CheckedDocuments {
  readonly nodes: readonly GraphNode[];
  readonly faults: readonly Fault[];
}

/** As a pull takes them. */
const DEEPEST = 4;
const MOST_DOCUMENTS = 10_000;
/** Bytes of all documents, which are held together. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Reads the documents below a root and goes on where one is missing or wrong. */
export async function checkDocuments(
  source: Source,
  root: Descriptor,
  options: CheckDocumentsOptions,
): Promise<CheckedDocuments> {
  const nodes: GraphNode[] = [];
  const faults: Fault[] = [];
  const seen = new Set<string>();
  let bytesLeft = MOST_BYTES;
  const visit = async (descriptor: Descriptor, depth: number, known?: Uint8Array): Promise<void> => {
    const { digest, mediaType } = descriptor;
    if (seen.has(digest)) return;
    seen.add(digest);
    let index: ImageIndex;
    let bytes: Uint8Array;
    try {
      bytes = known ?? (await readDocument(source, descriptor, options));
      if (!isIndexType(mediaType)) {
        nodes.push({ descriptor, bytes, manifest: parseManifest(bytes, mediaType, `the manifest ${digest}`) });
        return;
      }
      index = parseIndex(bytes, mediaType, `the index ${digest}`);
    } catch (error) {
      faults.push(asFault(error, digest));
      return;
    } finally {
      bytesLeft -= descriptor.size;
    }
    if (depth >= DEEPEST || seen.size > MOST_DOCUMENTS || bytesLeft < 0) {
      faults.push({ code: 'MANIFEST_INVALID', message: `the index ${digest} leads to too many manifests`, digest });
      return;
    }
    for (const child of options.choose(index)) await visit(child, depth + 1);
    nodes.push({ descriptor, bytes, index });
  };
  await visit(root, 0, options.rootBytes);
  return { nodes, faults };
}
