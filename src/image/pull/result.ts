import { familiarString, fullString } from '#oci';
import type { PulledImage, PullResult } from '../types.ts';
import type { FetchedBlobs } from './fetch.ts';
import type { Resolved } from './resolve.ts';

/** What a pull reports of one reference. */
export function resultOf(resolved: Resolved, fetched: FetchedBlobs, status: PullResult['status']): PullResult {
  return {
    reference: familiarString(resolved.reference),
    fullName: fullString(resolved.reference),
    root: resolved.root,
    images: pulledImages(resolved, fetched.present),
    status,
    endpoint: resolved.endpoint.url,
    bytes: fetched.bytes,
  };
}

export function pulledImages(resolved: Resolved, present: ReadonlySet<string>): readonly PulledImage[] {
  return resolved.images.map(({ platform, manifest, document }) => ({
    id: document.config.digest,
    platform,
    manifest,
    config: document.config,
    layers: document.layers.map((descriptor) => ({ descriptor, present: present.has(descriptor.digest) })),
  }));
}
