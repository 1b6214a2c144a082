import { readAll } from '#bytes';
import { DrayError, hasCode, messageOf } from '#errors';
import {
  type Descriptor,
  digestOf,
  digestParts,
  type ImageIndex,
  isDocumentType,
  isIndexType,
  type Manifest,
  parseIndex,
  parseManifest,
} from '#oci';
import { type Clock, systemClock } from '#timing';
import { type BlobReport, createBlobReport } from './blob-report.ts';
import { continued } from './continued.ts';
import type { CallOptions, Source } from './ports.ts';

/** A manifest or index with its bytes as they came. */
export type GraphNode =
  | { readonly descriptor: Descriptor; readonly bytes: Uint8Array; readonly manifest: Manifest; readonly index?: never }
  | {
      readonly descriptor: Descriptor;
      readonly bytes: Uint8Array;
      readonly index: ImageIndex;
      readonly manifest?: never;
    };

/** What hangs below a root: its documents, children before parents. */
export interface Graph {
  readonly root: Descriptor;
  readonly nodes: readonly GraphNode[];
}

export interface DocumentOptions extends CallOptions {
  /** Failures in a row, without progress between, that are borne; 5 by default. */
  readonly retries?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface GraphOptions extends DocumentOptions {
  /** The root's bytes where they are here already. Verified by whoever gives them. */
  readonly rootBytes?: Uint8Array | undefined;
  /** Which children of an index to follow; all by default. */
  readonly choose?: ((index: ImageIndex) => readonly Descriptor[]) | undefined;
}

/** Most bytes of a manifest or an index. */
const LARGEST_DOCUMENT = 4 * 1024 * 1024;
/** Indexes within indexes, the root included. */
const DEEPEST = 4;
/** Documents of one graph: more is no image but an attack. */
const MOST_DOCUMENTS = 10_000;
/** Bytes of all documents of one graph, which are held together: eight of the largest. */
const MOST_BYTES = 8 * LARGEST_DOCUMENT;

/**
 * Reads the documents of a graph, each verified by size and digest. Rejects with MANIFEST_INVALID for documents that are malformed or
 * ambiguous, nested deeper than 4 or endless, and with what the source rejects with.
 */
export async function readGraph(source: Source, root: Descriptor, options: GraphOptions = {}): Promise<Graph> {
  const nodes: GraphNode[] = [];
  const seen = new Set<string>();
  let bytesLeft = MOST_BYTES;
  const visit = async (descriptor: Descriptor, depth: number, bytes?: Uint8Array): Promise<void> => {
    if (seen.has(descriptor.digest)) return;
    seen.add(descriptor.digest);
    if (seen.size > MOST_DOCUMENTS) throw tooMuch(root, `has more than ${MOST_DOCUMENTS} manifests`);
    const content = bytes ?? (await readDocument(source, descriptor, options));
    bytesLeft -= content.length;
    if (bytesLeft < 0) throw tooMuch(root, `has more than ${MOST_BYTES} bytes of manifests`);
    if (!isIndexType(descriptor.mediaType)) {
      nodes.push({ descriptor, bytes: content, manifest: parseManifest(content, descriptor.mediaType) });
      return;
    }
    if (depth >= DEEPEST) throw tooMuch(root, `nests indexes deeper than ${DEEPEST}`);
    const index = parseIndex(content, descriptor.mediaType);
    for (const child of options.choose?.(index) ?? index.manifests) await visit(child, depth + 1);
    nodes.push({ descriptor, bytes: content, index });
  };
  await visit(root, 0, options.rootBytes);
  return { root, nodes };
}

/**
 * Reads one manifest, index or config (at most `limit` bytes, 4 MiB by default) and verifies it. What breaks off is asked for again where it
 * stopped, what has another digest once more from the start.
 */
export async function readDocument(
  source: Source,
  target: Descriptor,
  options: DocumentOptions & { readonly limit?: number | undefined } = {},
): Promise<Uint8Array> {
  const { limit = LARGEST_DOCUMENT, retries = 5, clock = systemClock, signal, onEvent } = options;
  const what = `the document ${target.digest}`;
  if (target.size > limit) {
    throw new DrayError('TOO_LARGE', `${what} is ${target.size} bytes; at most ${limit} are read`, {
      detail: { limit },
    });
  }
  const role = isDocumentType(target.mediaType) ? 'manifest' : 'config';
  // Documents are over too soon for anything but what goes wrong.
  const report: BlobReport = { ...createBlobReport(target, role, onEvent), progress: () => undefined };
  for (let again = false; ; again = true) {
    const bytes = await readAll(continued(source, target, { report, retries, clock, signal }), limit, what);
    try {
      verify(bytes, target, what);
      return bytes;
    } catch (error) {
      if (again || source.steady === true || !hasCode(error, 'DIGEST_MISMATCH')) throw error;
      report.retry(1, 0, 0, `${messageOf(error)}: fetching it once more`);
    }
  }
}

function verify(bytes: Uint8Array, target: Descriptor, what: string): void {
  if (bytes.length !== target.size) {
    throw new DrayError('SIZE_MISMATCH', `${what} should have ${target.size} bytes, but has ${bytes.length}`);
  }
  const found = digestOf(bytes, digestParts(target.digest).algorithm);
  if (found === target.digest) return;
  const detail = { expected: target.digest, found };
  throw new DrayError('DIGEST_MISMATCH', `${what} has other content: ${found}`, { detail });
}

function tooMuch(root: Descriptor, what: string): DrayError {
  return new DrayError('MANIFEST_INVALID', `the index ${root.digest} ${what}`);
}
