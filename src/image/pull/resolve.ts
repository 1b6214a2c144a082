import { type CallOptions, cachedSource, type Source } from '#content';
import { type Digest, familiarString, isSchema1Type, type Reference } from '#oci';
import type { Endpoint, FetchedManifest, Repository } from '#registry';
import { type ReadImages, type ReadImagesOptions, readImages } from '../place/read-images.ts';

/** Everything about a reference but its layers. Of docker's first format the root is what it was converted to. */
export interface Resolved extends ReadImages {
  readonly reference: Reference;
  readonly endpoint: Endpoint;
  /** Digest of what the registry has. */
  readonly digest: Digest;
  /** Where its blobs are on this machine, when resolving it has brought them. */
  readonly local?: Source | undefined;
}

export interface ResolveOptions
  extends Pick<ReadImagesOptions, 'wanted' | 'host' | 'artifacts' | 'retries'>,
    CallOptions {
  /** Where documents may be here already. */
  readonly cache: Source | undefined;
}

/** Reads and checks all documents of a root that a registry gave, with `readImages`. */
export async function resolveDocuments(
  repository: Repository,
  reference: Reference,
  fetched: FetchedManifest,
  { cache, ...options }: ResolveOptions,
): Promise<Resolved> {
  const source = cache === undefined ? repository : cachedSource(cache, repository);
  const what = familiarString(reference);
  const read = await readImages(source, fetched.descriptor, { ...options, what, rootBytes: fetched.bytes });
  return { ...read, reference, endpoint: repository.endpoint, digest: fetched.descriptor.digest };
}

/** True for a root that `resolveDocuments` cannot read: docker's first format, which is converted instead. */
export function isSchema1(fetched: FetchedManifest): boolean {
  return isSchema1Type(fetched.descriptor.mediaType);
}
