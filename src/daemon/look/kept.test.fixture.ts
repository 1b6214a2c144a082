import { join } from 'node:path';
import { bytesOf } from '#bytes';
import type { Digest } from '#oci';
import { openDiskStore } from '#store';
import { buildArtifact, type TestGraph } from '#testing';
import type { TestAnswer, TestEngine } from '../engine.test.fixture.ts';

export interface KeepOptions {
  readonly source?: string;
  /** Graphs that are not here. */
  readonly without?: readonly TestGraph[];
}

/** Puts a graph into the engine's store, as another process would: under a full name, or without one. */
export async function keep(
  engine: TestEngine,
  name: string | undefined,
  graph: TestGraph,
  { source, without = [] }: KeepOptions = {},
): Promise<void> {
  const store = await openDiskStore({ root: join(engine.folder, 'store'), sync: false });
  const missing = new Set(without.flatMap(({ blobs }) => [...blobs.keys()]));
  const here = [...graph.blobs].filter(([digest]) => !missing.has(digest));
  for (const [digest, bytes] of here) {
    const mediaType = graph.manifests.get(digest) ?? 'application/octet-stream';
    await store.put({ mediaType, digest, size: bytes.length }, bytesOf(bytes));
  }
  const manifests = here.flatMap(([digest, { length: size }]) => {
    const mediaType = graph.manifests.get(digest) ?? '';
    return mediaType.includes('manifest.v') ? [{ mediaType, digest, size }] : [];
  });
  await store.remember({ name, root: graph.root, manifests, source });
}

/** What a builder says of an image beside it. */
export function attestationOf(of: TestGraph): {
  readonly graph: TestGraph;
  readonly platform: { os: string; architecture: string };
} {
  const content = JSON.stringify({ subject: of.root.digest });
  const graph = buildArtifact({
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    layers: [{ mediaType: 'application/vnd.in-toto+json', content }],
  });
  const annotations = {
    'vnd.docker.reference.digest': of.root.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  return {
    graph: { ...graph, root: { ...graph.root, annotations } },
    platform: { os: 'unknown', architecture: 'unknown' },
  };
}

export function messageOf(answer: TestAnswer): string {
  return (answer.json() as { readonly message: string }).message;
}

export function sizeOf(graph: TestGraph): number {
  return [...graph.blobs.values()].reduce((sum, { length }) => sum + length, 0);
}

export function withFilters(filters: unknown): string {
  const text = typeof filters === 'string' ? filters : JSON.stringify(filters);
  return `/v1.51/images/json?filters=${encodeURIComponent(text)}`;
}

export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
