import type { GraphNode } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, type Digest, digestOf, digestParts, parseIndex } from '#oci';

/** What has become of a manifest: another one, or with undefined nothing at all. */
export type Change = (node: GraphNode) => GraphNode | undefined;

/** Documents with the one that now is the root. */
export interface Rewritten {
  readonly root: Descriptor;
  /** Children before parents. */
  readonly nodes: readonly GraphNode[];
}

/** Says of an attestation which image it is about. */
const ABOUT = 'vnd.docker.reference.digest';

/**
 * The same documents with manifests changed or left out: indexes above them name what is left, and keep all else that they say. A document that
 * nothing changes for keeps its bytes. Rejects with BUG where nothing is left.
 */
export function rewriteGraph(root: Descriptor, nodes: readonly GraphNode[], change: Change): Rewritten {
  const became = new Map<Digest, GraphNode>();
  for (const node of nodes) {
    const now = node.index === undefined ? change(node) : rewriteIndex(node, became);
    if (now !== undefined) became.set(node.descriptor.digest, now);
  }
  const top = became.get(root.digest);
  if (top === undefined) throw new DrayError('BUG', `nothing is left of ${root.digest}`);
  return { root: top.descriptor, nodes: [...became.values()] };
}

function rewriteIndex(
  node: Extract<GraphNode, { readonly index: object }>,
  became: ReadonlyMap<Digest, GraphNode>,
): GraphNode | undefined {
  const { index, descriptor } = node;
  const isSame = index.manifests.every(({ digest }) => became.get(digest)?.descriptor.digest === digest);
  if (isSame) return node;
  const document = JSON.parse(Buffer.from(node.bytes).toString('utf8')) as { manifests: readonly IndexEntry[] };
  const manifests = document.manifests.flatMap((entry) => {
    const now = became.get(entry.digest);
    return now === undefined ? [] : [entryFor(entry, now.descriptor, became)];
  });
  if (manifests.length === 0 && index.manifests.length > 0) return undefined;
  const bytes = new TextEncoder().encode(JSON.stringify({ ...document, manifests }));
  return {
    descriptor: describe(descriptor, bytes),
    bytes,
    index: parseIndex(bytes, descriptor.mediaType),
  };
}

interface IndexEntry {
  readonly digest: Digest;
  readonly annotations?: Readonly<Record<string, string>>;
}

function entryFor(entry: IndexEntry, now: Descriptor, became: ReadonlyMap<Digest, GraphNode>): IndexEntry {
  const about = entry.annotations?.[ABOUT];
  const image = about === undefined ? undefined : became.get(about as Digest)?.descriptor.digest;
  return {
    ...entry,
    ...(now.digest !== entry.digest && { mediaType: now.mediaType, digest: now.digest, size: now.size }),
    ...(image !== undefined && { annotations: { ...entry.annotations, [ABOUT]: image } }),
  };
}

/** The descriptor of new bytes in the place of `before`. */
export function describe(before: Descriptor, bytes: Uint8Array): Descriptor {
  const { algorithm } = digestParts(before.digest);
  return { ...before, digest: digestOf(bytes, algorithm), size: bytes.length };
}
