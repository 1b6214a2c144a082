import assert from 'node:assert/strict';
import type { Digest } from '#oci';
import type { TestGraph } from '#testing';
import { type Answer, pushBlob, type Served } from './served.test.fixture.ts';

/** Pushes all of a graph, and its root under a tag. */
export async function pushGraph(registry: Served, repository: string, graph: TestGraph, tag: string): Promise<void> {
  await pushBlobs(registry, repository, graph);
  for (const digest of graph.manifests.keys()) {
    assert.equal((await pushManifest(registry, repository, graph, { digest })).status, 201, digest);
  }
  assert.equal((await pushManifest(registry, repository, graph, { to: tag })).status, 201, tag);
}

/** Everything that is no manifest. */
export async function pushBlobs(registry: Served, repository: string, graph: TestGraph): Promise<void> {
  for (const [digest, bytes] of graph.blobs) {
    if (!graph.manifests.has(digest)) await pushBlob(registry, repository, bytes);
  }
}

export interface PushManifest {
  /** The root by default. */
  readonly digest?: Digest;
  /** A tag or a digest, maybe with a query; the digest by default. */
  readonly to?: string;
  readonly type?: string;
}

export function pushManifest(
  registry: Served,
  repository: string,
  graph: TestGraph,
  { digest = graph.root.digest, to = digest, type = graph.manifests.get(digest) }: PushManifest = {},
): Promise<Answer> {
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
  const body = graph.blobs.get(digest) ?? new Uint8Array();
  return registry.ask('PUT', `/v2/${repository}/manifests/${to}`, { headers, body });
}

/** Pushes a document, JSON unless it is text, to `app`. */
export function putDocument(registry: Served, reference: string, document: unknown, type?: string): Promise<Answer> {
  const body = typeof document === 'string' || document instanceof Uint8Array ? document : JSON.stringify(document);
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
  return registry.ask('PUT', `/v2/app/manifests/${reference}`, { headers, body });
}

/** The digest that stands behind a tag of `app`; undefined where there is none. */
export async function tagOf(registry: Served, tag: string): Promise<unknown> {
  return (await registry.ask('HEAD', `/v2/app/manifests/${tag}`)).headers['docker-content-digest'];
}
