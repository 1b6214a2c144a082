import { type CallOptions, type DocumentOptions, type GraphNode, readGraph, type Source } from '#content';
import { type Descriptor, type Digest, isAttestation, isIndexType, type Manifest, type Platform } from '#oci';
import { type ReadImages, type ResolvedImage, readImages } from '../place/read-images.ts';
import type { PlacedImage } from '../place/with-image.ts';
import type { Wanted } from '../wanted.ts';
import { rewriteGraph } from './rewrite-graph.ts';

/** What is to be copied, and where it comes from. */
export interface Selection {
  readonly image: PlacedImage;
  /** Where the blobs are. */
  readonly source: Source;
  readonly root: Descriptor;
  /** Every document from the root down, children before parents. */
  readonly nodes: readonly GraphNode[];
  /** The images among them, the machine's own first; none where they were not asked for. */
  readonly images: readonly ResolvedImage[];
}

export interface SelectOptions extends Pick<DocumentOptions, 'retries' | 'signal' | 'onEvent'> {
  readonly wanted: Wanted;
  readonly host: Platform;
  /** Configs are read and images told from what is none. */
  readonly images: boolean;
}

/**
 * Reads the documents of an image that the wanted platforms need. Of one platform its manifest becomes the root; of several the index is written anew,
 * with them and what is attested of them. So it is with an image of which not all is there. Rejects as `readImages`.
 */
export async function select(image: PlacedImage, options: SelectOptions): Promise<Selection> {
  const { source, root, rootBytes } = image;
  const { wanted, host, retries, signal, onEvent } = options;
  const available = await whatIsAvailable(image, options);
  const reading = { rootBytes, retries, signal, onEvent };
  if (wanted.platforms === 'all' && !options.images) {
    const choose = available === undefined ? undefined : onlyThose(available);
    const graph = await readGraph(source, root, { ...reading, choose });
    return { image, source, ...narrowed(root, graph.nodes), images: [] };
  }
  const how = { ...reading, wanted, host, artifacts: true, what: image.what };
  const read = await readImages(source, root, {
    ...how,
    ...(available !== undefined && { available: ({ digest }) => available.has(digest) }),
  });
  const { images } = read;
  const nodes = wanted.platforms === 'all' ? read.nodes : await withAttestations(read, image, options);
  return { image, source, ...narrowed(root, nodes), images };
}

function onlyThose(available: ReadonlySet<Digest>) {
  return ({ manifests }: { readonly manifests: readonly Descriptor[] }): readonly Descriptor[] =>
    manifests.filter(({ digest }) => available.has(digest));
}

/**
 * Which entries of the root, and of indexes in it, are there, where that can be looked up at no cost; undefined where all are taken to be. A
 * store holds of an index what was pulled.
 */
async function whatIsAvailable(image: PlacedImage, options: CallOptions): Promise<ReadonlySet<Digest> | undefined> {
  const { source, root, place } = image;
  if (place === 'registry' || !isIndexType(root.mediaType)) return undefined;
  const there = new Set<Digest>();
  const look = async (index: Descriptor, rootBytes?: Uint8Array): Promise<void> => {
    const { nodes } = await readGraph(source, index, { rootBytes, choose: () => [], signal: options.signal });
    for (const entry of nodes.flatMap((node) => node.index?.manifests ?? [])) {
      if (there.has(entry.digest) || !(await source.has(entry, { signal: options.signal }))) continue;
      there.add(entry.digest);
      if (isIndexType(entry.mediaType)) await look(entry);
    }
  };
  await look(root, image.rootBytes);
  return there;
}

/** Of several platforms: what the index says of the chosen images travels with them. */
async function withAttestations(
  { nodes, images, root }: ReadImages,
  { source }: PlacedImage,
  { retries, signal, onEvent }: SelectOptions,
): Promise<readonly GraphNode[]> {
  if (images.length < 2 || !isIndexType(root.mediaType)) return nodes;
  const chosen = new Set<string>(images.map(({ manifest }) => manifest.digest));
  const more: GraphNode[] = [];
  for (const { index } of nodes) {
    for (const entry of index?.manifests ?? []) {
      if (!isAttestation(entry) || !chosen.has(entry.annotations?.['vnd.docker.reference.digest'] ?? '')) continue;
      if (!(await source.has(entry, { signal }))) continue;
      more.push(...(await readGraph(source, entry, { retries, signal, onEvent })).nodes);
    }
  }
  return [...more, ...nodes];
}

/** The root and its documents, where not all that the indexes name is among them. */
function narrowed(root: Descriptor, nodes: readonly GraphNode[]): Pick<Selection, 'root' | 'nodes'> {
  const manifests = nodes.filter(({ manifest }) => manifest !== undefined);
  const held = new Set(nodes.map(({ descriptor }) => descriptor.digest));
  const isWhole = nodes.every(({ index }) => index?.manifests.every(({ digest }) => held.has(digest)) !== false);
  const [only] = manifests;
  if (isWhole) return { root, nodes };
  if (only !== undefined && manifests.length === 1) return { root: withoutPlatform(only.descriptor), nodes: [only] };
  return rewriteGraph(root, nodes, (node) => node);
}

/** As a root it is a descriptor of its own, not an index's entry. */
function withoutPlatform({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/** The manifests of a selection. */
export function manifestsOf({ nodes }: Pick<Selection, 'nodes'>): readonly Manifest[] {
  return nodes.flatMap(({ manifest }) => (manifest === undefined ? [] : [manifest]));
}
