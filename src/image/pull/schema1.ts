import { type BlobWork, type CopyBlobsOptions, copyBlobs } from '#content';
import {
  type ConvertedLayer,
  convertSchema1,
  DOCKER_LAYER_GZIP,
  parseConfig,
  parseManifest,
  parseSchema1,
  type Reference,
  schema1Layers,
} from '#oci';
import type { FetchedManifest, Repository } from '#registry';
import type { DiskStore, Lease } from '#store';
import { platformOf } from '../place/read-images.ts';
import type { Resolved } from './resolve.ts';
import { findFacts } from './verify-kept.ts';

export interface Schema1Options extends Pick<CopyBlobsOptions, 'concurrency' | 'retries' | 'signal' | 'onEvent'> {
  /** Keeps the layers: what they are when uncompressed is part of the image that is made. */
  readonly store: DiskStore;
  /** Holds them there. */
  readonly lease: Lease | undefined;
}

/**
 * Pulls an image of docker's first format, whose manifest knows neither the sizes of its layers nor their diff_ids: the layers are fetched first, then
 * the image is converted to schema2, as docker did. Equal manifests give equal images.
 */
export async function resolveSchema1(
  repository: Repository,
  reference: Reference,
  fetched: FetchedManifest,
  { store, lease, ...options }: Schema1Options,
): Promise<Resolved> {
  const parsed = parseSchema1(fetched.bytes);
  const digests = schema1Layers(parsed)
    .filter(({ empty }) => !empty)
    .map(({ digest }) => digest);
  const work: BlobWork[] = [];
  for (const digest of new Set(digests)) {
    const size = await repository.blobSize(digest, options);
    work.push({ target: { mediaType: DOCKER_LAYER_GZIP, digest, size }, role: 'layer' });
  }
  const targets = work.map(({ target }) => target);
  await lease?.add(targets, { signal: options.signal });
  await copyBlobs(repository, store, work, options);
  const known = new Map<string, ConvertedLayer>();
  for (const { target } of work) {
    const facts = store.layerFacts(target.digest) ?? (await findFacts(target, 'sha256', store, options));
    known.set(target.digest, { digest: target.digest, size: target.size, diffId: facts.diffId });
  }
  const layers = digests.flatMap((digest) => known.get(digest) ?? []);
  const { manifest, config } = convertSchema1(parsed, layers);
  const document = parseManifest(manifest.bytes, manifest.descriptor.mediaType);
  const image = parseConfig(config.bytes);
  const platform = platformOf(image);
  return {
    reference,
    endpoint: repository.endpoint,
    root: manifest.descriptor,
    digest: fetched.descriptor.digest,
    nodes: [{ descriptor: manifest.descriptor, bytes: manifest.bytes, manifest: document }],
    images: [{ platform, manifest: manifest.descriptor, document, config: image, configBytes: config.bytes }],
    others: [],
    platforms: [platform],
    local: store,
  };
}
