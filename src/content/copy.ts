import { bytesOf } from '#bytes';
import type { Descriptor } from '#oci';
import { type CopyBlobsOptions, copyBlobs } from './copy-blobs.ts';
import { type Graph, type GraphOptions, readGraph } from './graph.ts';
import type { Source, Store } from './ports.ts';
import type { BlobWork } from './transfer.ts';

export interface CopyOptions extends CopyBlobsOptions, Pick<GraphOptions, 'rootBytes' | 'choose'> {}

/**
 * The one verb: brings `root` and everything below it from one place to another, children before parents, so that a manifest that is
 * there is whole. What is there already is not fetched. Resolves with the graph that was copied.
 */
export async function copy(source: Source, target: Store, root: Descriptor, options: CopyOptions = {}): Promise<Graph> {
  const graph = await readGraph(source, root, options);
  await copyBlobs(source, target, blobsOf(graph), options);
  for (const { descriptor, bytes } of graph.nodes) {
    if (await target.has(descriptor, { signal: options.signal })) continue;
    await target.put(descriptor, bytesOf(bytes), { signal: options.signal });
  }
  return graph;
}

/** Configs and layers of all manifests in a graph, in their order. */
export function blobsOf(graph: Graph): readonly BlobWork[] {
  return graph.nodes.flatMap(({ manifest }) =>
    manifest === undefined
      ? []
      : [
          { target: manifest.config, role: 'config' as const },
          ...manifest.layers.map((target) => ({ target, role: 'layer' as const })),
        ],
  );
}
