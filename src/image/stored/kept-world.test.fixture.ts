import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOf } from '#bytes';
import { createRegistryClient } from '#registry';
import { type DiskStore, openDiskStore } from '#store';
import type { TestGraph } from '#testing';
import type { Places } from '../places.ts';

export const HOST = { os: 'linux', architecture: 'amd64' };

/** A store with what a test puts into it. */
export interface KeptWorld {
  readonly store: DiskStore;
  readonly places: Places;
  /** Keeps a graph, under a full name or without one. */
  keep(name: string | undefined, graph: TestGraph, options?: { readonly source?: string }): Promise<void>;
  close(): void;
}

export async function openKeptWorld(): Promise<KeptWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-kept-'));
  const store = await openDiskStore({ root: join(folder, 'store'), sync: false });
  const registries = createRegistryClient({ hosts: {}, retries: 0 });
  const places: Places = {
    registries,
    store: async () => store,
    scratch: async () => store,
    carrier: undefined,
    retries: 0,
    host: HOST,
    sync: false,
  };
  return {
    store,
    places,
    async keep(name, graph, { source } = {}) {
      for (const [digest, bytes] of graph.blobs) {
        const mediaType = graph.manifests.get(digest) ?? 'application/octet-stream';
        await store.put({ mediaType, digest, size: bytes.length }, bytesOf(bytes));
      }
      const manifests = [...graph.manifests]
        .filter(([, mediaType]) => mediaType.includes('manifest.v'))
        .map(([digest, mediaType]) => ({ mediaType, digest, size: graph.blobs.get(digest)?.length ?? 0 }));
      await store.remember({ name, root: graph.root, manifests, source });
    },
    close() {
      registries.close();
      rmSync(folder, { recursive: true });
    },
  };
}
