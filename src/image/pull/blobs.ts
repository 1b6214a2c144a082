import type { BlobWork } from '#content';
import type { Descriptor } from '#oci';
import type { ReadImages, ResolvedImage } from '../place/read-images.ts';

/** Layers of an image with what each must be when uncompressed. */
export function layerWork(image: ResolvedImage, verify: boolean): readonly BlobWork[] {
  return image.document.layers.map((target, at) => ({
    target,
    role: 'layer',
    diffId: verify ? image.config.rootfs.diffIds[at] : undefined,
  }));
}

/** Every blob that a resolved reference still needs, configs of images excepted: those are here already. */
export function blobWork(resolved: ReadImages, verify: boolean): readonly BlobWork[] {
  const images = resolved.images.flatMap((image) => layerWork(image, verify));
  const others = resolved.others.flatMap((manifest) => [
    { target: manifest.config, role: 'config' as const },
    ...manifest.layers.map((target) => ({ target, role: 'layer' as const })),
  ]);
  return [...images, ...others];
}

/** Every blob of a resolved reference once, configs too. */
export function allBlobs(resolved: ReadImages): readonly Descriptor[] {
  const blobs = [
    ...blobWork(resolved, false).map(({ target }) => target),
    ...resolved.images.map(({ document }) => document.config),
  ];
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

/** Everything that a resolved reference is made of, its documents too. */
export function allContent(resolved: ReadImages): readonly Descriptor[] {
  return [...resolved.nodes.map(({ descriptor }) => descriptor), ...allBlobs(resolved)];
}

/** Bytes of all blobs of a resolved reference, each counted once. */
export function totalBytes(resolved: ReadImages): number {
  return allBlobs(resolved).reduce((sum, { size }) => sum + size, 0);
}
