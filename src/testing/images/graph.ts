import type { Descriptor, Digest } from '#oci';
import { descriptorOf, digestOf } from './descriptor-of.ts';

/** Something a repository can hold: a root and all the bytes below it. */
export interface TestGraph {
  readonly root: Descriptor;
  /** Everything by digest, manifests and indexes too. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  /** The media type of each of `blobs` that is a manifest or an index. */
  readonly manifests: ReadonlyMap<Digest, string>;
}

/** What a manifest made by hand is, and what it needs besides itself. */
export interface SealOptions {
  readonly mediaType: string;
  /** Graphs whose content comes along. */
  readonly with?: readonly TestGraph[];
  /** Blobs that come along. */
  readonly blobs?: readonly Uint8Array[];
}

/** A graph whose root is `document`: JSON for a value, the bytes as they are for text or bytes, however wrong they may be. */
export function sealManifest(document: unknown, options: SealOptions): TestGraph {
  const bytes = bytesOfDocument(document);
  const root = descriptorOf(options.mediaType, bytes);
  const below = options.with ?? [];
  const blobs = new Map(below.flatMap((graph) => [...graph.blobs]));
  const manifests = new Map(below.flatMap((graph) => [...graph.manifests]));
  for (const blob of options.blobs ?? []) blobs.set(digestOf(blob), blob);
  blobs.set(root.digest, bytes);
  manifests.set(root.digest, root.mediaType);
  return { root, blobs, manifests };
}

/** A copy of `graph` whose root document was put through `change`; what it gives becomes the root, as with `sealManifest`. */
export function editManifest(graph: TestGraph, change: (manifest: Record<string, unknown>) => unknown): TestGraph {
  const bytes = graph.blobs.get(graph.root.digest) ?? new Uint8Array();
  const manifest = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
  return sealManifest(change(manifest), { mediaType: graph.root.mediaType, with: [graph] });
}

function bytesOfDocument(document: unknown): Uint8Array {
  if (document instanceof Uint8Array) return document;
  return Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
}
