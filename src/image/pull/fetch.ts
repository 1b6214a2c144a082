import { bytesOf } from '#bytes';
import { type CallOptions, type CopyBlobsOptions, copyBlobs, type Store } from '#content';
import { type Descriptor, familiarString } from '#oci';
import type { RegistryClient } from '#registry';
import { blobWork, totalBytes } from './blobs.ts';
import type { Resolved } from './resolve.ts';

export interface FetchBlobsOptions extends CopyBlobsOptions {
  readonly verifyLayers: boolean;
}

/** What fetching the blobs of one reference came to. */
export interface FetchedBlobs {
  /** Digests of blobs that were there before. */
  readonly present: ReadonlySet<string>;
  readonly bytes: { readonly total: number; readonly fetched: number; readonly present: number };
}

/**
 * Brings all blobs of a resolved reference into `target`: from the endpoint that resolved it, and from those behind it in the list when it fails. What one
 * endpoint has sent is not asked of the next.
 */
export async function fetchBlobs(
  registries: RegistryClient,
  resolved: Resolved,
  target: Store,
  options: FetchBlobsOptions,
): Promise<FetchedBlobs> {
  const { signal, onEvent } = options;
  const work = blobWork(resolved, options.verifyLayers);
  const present = await whatIsPresent(
    target,
    work.map((blob) => blob.target),
    options,
  );
  const total = totalBytes(resolved);
  const missing = [...new Map(work.map((blob) => [blob.target.digest, blob.target])).values()]
    .filter((blob) => !present.has(blob.digest))
    .reduce((sum, blob) => sum + blob.size, 0);
  let areKnown = true;
  for (const { manifest, document } of resolved.images) {
    const isKnown = missing === 0 && (await target.has(document.config, { signal }));
    areKnown &&= isKnown;
    onEvent?.({
      kind: 'image-planned',
      reference: familiarString(resolved.reference),
      manifest,
      layers: document.layers,
      total,
      present: total - missing,
      isKnown,
    });
  }
  // Of layers that were another image's it is told that they are here.
  if (missing > 0 || !areKnown || present.size < new Set(work.map((blob) => blob.target.digest)).size) {
    await (resolved.local === undefined
      ? registries.over(resolved.reference, (repository) => copyBlobs(repository, target, work, options), {
          action: 'pull',
          from: resolved.endpoint,
          signal,
          onEvent,
        })
      : copyBlobs(resolved.local, target, work, { ...options, onEvent: undefined }));
  }
  return { present, bytes: { total, fetched: missing, present: total - missing } };
}

async function whatIsPresent(
  target: Store,
  blobs: readonly Descriptor[],
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  for (const blob of blobs) {
    if (!present.has(blob.digest) && (await target.has(blob, { signal: options.signal }))) present.add(blob.digest);
  }
  return present;
}

/** Puts configs, then manifests, then indexes: a document that is there has everything below it that was chosen. */
export async function putDocuments(resolved: Resolved, target: Store, { signal }: CallOptions): Promise<void> {
  const configs = resolved.images.map(({ document, configBytes }) => ({
    descriptor: document.config,
    bytes: configBytes,
  }));
  for (const { descriptor, bytes } of [...configs, ...resolved.nodes]) {
    if (!(await target.has(descriptor, { signal }))) await target.put(descriptor, bytesOf(bytes), { signal });
  }
}
