import type { Graph, GraphNode } from '#content';
import { type Descriptor, isAttestation, isIndexType, type Manifest, type Platform, platformCandidates } from '#oci';
import { platformMissing, platformsIn, type Wanted } from '../wanted.ts';

export type ManifestNode = Extract<GraphNode, { readonly manifest: Manifest }>;

export interface ChooseOptions {
  readonly wanted: Wanted;
  /** For messages. */
  readonly what: string;
  /** The platform that a manifest's config says; undefined where it is no image. */
  readonly platformIn: (manifest: Manifest) => Promise<Platform | undefined>;
}

/**
 * The manifests of a graph that the wanted platforms need, in their order. An entry that names no platform counts by what its config says,
 * where no other is for the platform; one that is alone is taken whatever it is for. Rejects with PLATFORM_UNKNOWN, which lists those there are.
 */
export async function chooseManifests(graph: Graph, options: ChooseOptions): Promise<readonly ManifestNode[]> {
  const { wanted, what } = options;
  const manifests = graph.nodes.flatMap((node) => (node.manifest === undefined ? [] : [node]));
  if (wanted.platforms === 'all' || !isIndexType(graph.root.mediaType)) return manifests;
  const named = entriesFor(manifests, graph);
  let told: readonly Descriptor[] = [];
  const chosen = new Map<string, ManifestNode>();
  for (const platform of wanted.platforms) {
    let picked = pickNamed(named, platform);
    if (picked === undefined) {
      if (told.length === 0) told = await withPlatforms(named, manifests, options);
      picked = pickNamed(told, platform) ?? theOnly(named);
    }
    const node = manifests.find(({ descriptor }) => descriptor.digest === picked?.digest);
    if (node === undefined) {
      const indexes = graph.nodes.flatMap(({ index }) => (index === undefined ? [] : [index]));
      throw platformMissing(what, platform, [
        ...platformsIn(indexes),
        ...told.flatMap((entry) => entry.platform ?? []),
      ]);
    }
    chosen.set(node.descriptor.digest, node);
  }
  return [...chosen.values()];
}

/** All entries for the manifests that were read: one manifest may stand in an index for several platforms. */
function entriesFor(manifests: readonly ManifestNode[], { nodes }: Graph): readonly Descriptor[] {
  const entries = nodes.flatMap(({ index }) => index?.manifests ?? []);
  return manifests.flatMap(({ descriptor }) => entries.filter(({ digest }) => digest === descriptor.digest));
}

function pickNamed(entries: readonly Descriptor[], platform: Platform): Descriptor | undefined {
  return platformCandidates(entries, platform).find((entry) => entry.platform !== undefined);
}

function theOnly(entries: readonly Descriptor[]): Descriptor | undefined {
  const [only, ...others] = entries.filter((entry) => !isAttestation(entry));
  return others.length === 0 ? only : undefined;
}

/** The entries that name no platform, with that of their configs; those that are no image are left out. */
async function withPlatforms(
  entries: readonly Descriptor[],
  manifests: readonly ManifestNode[],
  { platformIn }: ChooseOptions,
): Promise<readonly Descriptor[]> {
  const told: Descriptor[] = [];
  for (const entry of entries) {
    const node = manifests.find(({ descriptor }) => descriptor.digest === entry.digest);
    if (entry.platform !== undefined || isAttestation(entry) || node === undefined) continue;
    const platform = await platformIn(node.manifest);
    if (platform !== undefined) told.push({ ...entry, platform });
  }
  return told;
}
