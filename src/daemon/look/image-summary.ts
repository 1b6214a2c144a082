import type { ImageManifest, ImageRow } from '#dray';
import type { ImageManifestSummary, ImageSummary } from '#engine';
import { platformDocument } from '#oci';
import type { EngineExchange } from '../http/exchange.ts';
import { engineDescriptor } from './engine-descriptor.ts';
import { unixSeconds } from './unix-time.ts';

export interface ImageSummaryOptions {
  /** How many containers are made of the image; -1 is "not asked for". */
  readonly containers: number;
  /** Where an image has no names of a kind: nothing at all, or an empty list. */
  readonly noNames: null | readonly [];
}

/** Makes rows of a list of images, with the fields in docker's order, in the form of the client's version of the API. */
export function imageSummaries(
  exchange: EngineExchange,
  { containers, noNames }: ImageSummaryOptions,
): (row: ImageRow) => ImageSummary {
  const hasDescriptor = exchange.isAtLeast('1.48');
  const hasVirtualSize = !exchange.isAtLeast('1.44');
  return (row) => ({
    Containers: containers,
    Created: unixSeconds(row.created),
    Id: row.id,
    Labels: Object.keys(row.labels).length === 0 ? null : row.labels,
    ParentId: '',
    ...(hasDescriptor && { Descriptor: engineDescriptor(row.root) }),
    ...(row.manifests !== undefined && { Manifests: row.manifests.map(manifestSummary) }),
    RepoDigests: row.digests.length === 0 ? noNames : row.digests,
    RepoTags: row.tags.length === 0 ? noNames : row.tags,
    SharedSize: row.shared ?? -1,
    Size: row.size,
    ...(hasVirtualSize && { VirtualSize: row.size }),
  });
}

/** Nothing is unpacked here, so that a manifest takes the room of its blobs alone. */
export function manifestSummary(manifest: ImageManifest): ImageManifestSummary {
  const { descriptor, kind, available, contentSize, platform } = manifest;
  const subject = descriptor.annotations?.['vnd.docker.reference.digest'];
  return {
    ID: descriptor.digest,
    Descriptor: engineDescriptor(descriptor),
    Available: available,
    Size: { Content: contentSize, Total: contentSize },
    // docker itself breaks off where an attestation does not say whose it is.
    Kind: kind === 'attestation' && subject === undefined ? 'unknown' : kind,
    ...(kind === 'image' && {
      ImageData: {
        Platform: platform === undefined ? { architecture: '', os: '' } : platformDocument(platform),
        Size: { Unpacked: 0 },
        Containers: null,
      },
    }),
    ...(kind === 'attestation' && subject !== undefined && { AttestationData: { For: subject } }),
  };
}
