import {
  type CallOptions,
  cachedSource,
  type DocumentOptions,
  type Graph,
  type GraphNode,
  readDocument,
  readGraph,
  type Source,
} from '#content';
import { DrayError } from '#errors';
import {
  checkConfigMatches,
  type Descriptor,
  type Digest,
  familiarString,
  formatPlatform,
  type ImageConfig,
  type ImageIndex,
  isArtifact,
  isIndexType,
  isSchema1Type,
  type Manifest,
  matchesPlatform,
  type Platform,
  parseConfig,
  pickPlatform,
  type Reference,
} from '#oci';
import type { Endpoint, FetchedManifest, Repository } from '#registry';
import { chooseFrom, platformMissing, platformsIn, type Wanted } from '../wanted.ts';

/** One platform's image with its documents; the layers are still to come. */
export interface ResolvedImage {
  readonly platform: Platform;
  readonly manifest: Descriptor;
  readonly document: Manifest;
  readonly config: ImageConfig;
  readonly configBytes: Uint8Array;
}

/** Everything about a reference but its layers. */
export interface Resolved {
  readonly reference: Reference;
  readonly endpoint: Endpoint;
  /** What the name stands for: as the registry has it, or, for docker's first format, what it was converted to. */
  readonly root: Descriptor;
  /** Digest of what the registry has. */
  readonly digest: Digest;
  readonly nodes: readonly GraphNode[];
  /** The images chosen, in the order of the platforms asked for; none for an artifact. */
  readonly images: readonly ResolvedImage[];
  /** Manifests that are no image (artifacts, attestations): their blobs travel too, unlooked at. */
  readonly others: readonly Manifest[];
  /** All platforms that the root has. */
  readonly platforms: readonly Platform[];
  /** Where its blobs are on this machine, when resolving it has brought them. */
  readonly local?: Source | undefined;
}

export interface ResolveOptions extends Pick<DocumentOptions, 'retries' | 'signal' | 'onEvent'> {
  readonly wanted: Wanted;
  /** Whether manifests that are no image are taken. */
  readonly artifacts: boolean;
  /** Where documents may be here already. */
  readonly cache: Source | undefined;
}

/** Most bytes of an image's config. */
const LARGEST_CONFIG = 8 * 1024 * 1024;

/**
 * Reads and checks all documents of `root` that the wanted platforms need. Rejects with PLATFORM_UNKNOWN, UNSUPPORTED (an artifact
 * where an image is needed), MANIFEST_INVALID and what the repository rejects with.
 */
export async function resolveDocuments(
  repository: Repository,
  reference: Reference,
  fetched: FetchedManifest,
  options: ResolveOptions,
): Promise<Resolved> {
  const { wanted, cache } = options;
  const source = cache === undefined ? repository : cachedSource(cache, repository);
  const what = familiarString(reference);
  const graph = await readGraph(source, fetched.descriptor, {
    rootBytes: fetched.bytes,
    choose: (index) => chooseFrom(index, wanted),
    retries: options.retries,
    signal: options.signal,
    onEvent: options.onEvent,
  });
  const manifests = graph.nodes.flatMap((node) => (node.manifest === undefined ? [] : [node]));
  const chosen = chosenManifests(graph, manifests, wanted, what);
  const images: ResolvedImage[] = [];
  const others: Manifest[] = [];
  for (const { descriptor, manifest } of chosen) {
    if (isArtifact(manifest) || isAttestation(descriptor)) {
      if (!options.artifacts && chosen.length === 1) throw noImage(what, manifest);
      others.push(manifest);
    } else images.push(await readImage(source, descriptor, manifest, options));
  }
  warnOfOtherPlatform({ images, wanted, what, root: fetched.descriptor }, options);
  const indexes = graph.nodes.flatMap(({ index }) => (index === undefined ? [] : [index]));
  const kept = new Set(chosen.map(({ descriptor }) => descriptor.digest));
  return {
    reference,
    endpoint: repository.endpoint,
    root: fetched.descriptor,
    digest: fetched.descriptor.digest,
    nodes: graph.nodes.filter((node) => node.index !== undefined || kept.has(node.descriptor.digest)),
    images,
    others,
    platforms: indexes.length > 0 ? platformsIn(indexes) : images.map(({ platform }) => platform),
  };
}

/** True for a root that `resolveDocuments` cannot read: docker's first format, which is converted instead. */
export function isSchema1(fetched: FetchedManifest): boolean {
  return isSchema1Type(fetched.descriptor.mediaType);
}

type ManifestNode = Extract<GraphNode, { readonly manifest: Manifest }>;

function chosenManifests(
  graph: Graph,
  manifests: readonly ManifestNode[],
  wanted: Wanted,
  what: string,
): readonly ManifestNode[] {
  if (wanted.platforms === 'all' || !isIndexType(graph.root.mediaType)) return manifests;
  const indexes = graph.nodes.flatMap(({ index }) => (index === undefined ? [] : [index]));
  const entries = entriesOf(indexes);
  const chosen = new Map<string, ManifestNode>();
  for (const platform of wanted.platforms) {
    const descriptors = manifests.map((node) => entries.get(node.descriptor.digest) ?? node.descriptor);
    const picked = pickPlatform(descriptors, platform);
    const node = manifests.find(({ descriptor }) => descriptor.digest === picked?.digest);
    if (node === undefined) throw platformMissing(what, platform, platformsIn(indexes));
    chosen.set(node.descriptor.digest, node);
  }
  return [...chosen.values()];
}

function entriesOf(indexes: readonly ImageIndex[]): ReadonlyMap<string, Descriptor> {
  return new Map(indexes.flatMap((index) => index.manifests).map((entry) => [entry.digest, entry]));
}

async function readImage(
  source: Source,
  descriptor: Descriptor,
  document: Manifest,
  { retries, signal, onEvent }: DocumentOptions,
): Promise<ResolvedImage> {
  const how = { retries, signal, onEvent, limit: LARGEST_CONFIG };
  const configBytes = await readDocument(source, document.config, how);
  const config = parseConfig(configBytes);
  checkConfigMatches(document, config);
  return { platform: platformOf(config), manifest: descriptor, document, config, configBytes };
}

/** The platform alone, out of a config that says more. */
export function platformOf({ os, architecture, variant, osVersion, osFeatures }: Platform): Platform {
  return {
    os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { osVersion }),
    ...(osFeatures !== undefined && { osFeatures }),
  };
}

interface Found {
  readonly images: readonly ResolvedImage[];
  readonly wanted: Wanted;
  readonly what: string;
  readonly root: Descriptor;
}

/** Docker's warning for a name that stands for one image alone, which is of another platform than the one asked for. */
function warnOfOtherPlatform({ images, wanted, what, root }: Found, options: CallOptions): void {
  const [image] = images;
  if (!wanted.named || wanted.platforms === 'all' || isIndexType(root.mediaType) || image === undefined) return;
  for (const platform of wanted.platforms) {
    if (matchesPlatform(platform, image.platform)) continue;
    const text =
      `image with reference ${what} was found but its platform (${formatPlatform(image.platform)}) ` +
      `does not match the specified platform (${formatPlatform(platform)})`;
    options.onEvent?.({ kind: 'warning', text });
  }
}

/** Build attestations stand in an index beside the images, for a platform that does not exist. */
function isAttestation(descriptor: Descriptor): boolean {
  return (
    descriptor.platform?.os === 'unknown' ||
    descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
  );
}

function noImage(what: string, manifest: Manifest): DrayError {
  const type = manifest.artifactType ?? manifest.config.mediaType;
  return new DrayError('UNSUPPORTED', `${what} is not a container image but an artifact (${type})`, {
    hint: 'take it as it is with --as oci-archive or --as oci-dir',
    detail: { artifactType: type },
  });
}
