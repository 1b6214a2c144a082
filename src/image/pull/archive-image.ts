import { type Descriptor, digestOf, familiarName, familiarString, formatPlatform, fullString, OCI_INDEX } from '#oci';
import { type ArchiveImage, indexEntry } from '#store';
import type { Resolved } from './resolve.ts';

/** A resolved reference as an archive wants it: its names, its documents, and the root that `index.json` points to. */
export function archiveImage(resolved: Resolved): ArchiveImage {
  const { reference, images, nodes } = resolved;
  const root = rootOf(resolved);
  // A pull by digest gives no tag to load under, as with docker.
  const tagged = reference.tag !== undefined && reference.digest === undefined;
  return {
    names: tagged ? [familiarString(reference)] : [],
    fullName: fullString(reference),
    tag: tagged ? reference.tag : undefined,
    root: root.descriptor,
    documents: [
      ...nodes
        .filter(({ index }) => index === undefined || root.whole)
        .map(({ descriptor, bytes }) => ({ descriptor, bytes })),
      ...(root.bytes === undefined ? [] : [{ descriptor: root.descriptor, bytes: root.bytes }]),
    ],
    images: images.map(({ platform, manifest, document, configBytes }) => ({
      platform,
      manifest,
      config: { descriptor: document.config, bytes: configBytes },
      layers: document.layers,
    })),
    blobs: resolved.others.flatMap((manifest) => [manifest.config, ...manifest.layers]),
  };
}

/** A repository name for a file: `alpine_3.20_linux-amd64`. */
export function fileNameOf(resolved: Resolved): string {
  const { reference, images } = resolved;
  const label = reference.tag ?? reference.digest?.replace(':', '-') ?? 'latest';
  const [only] = images;
  const platform = images.length === 1 && only !== undefined ? `_${formatPlatform(only.platform)}` : '';
  return `${familiarName(reference)}_${label}${platform}`.replaceAll(/[/:]/g, '-');
}

interface Root {
  readonly descriptor: Descriptor;
  /** Bytes of a root made here. */
  readonly bytes?: Uint8Array;
  /** The indexes of the registry travel too, since nothing below them is left out. */
  readonly whole: boolean;
}

/**
 * The registry's own root where all of it travels. Else one image's manifest, or, for several, an index made of the chosen entries: an
 * index whose children are missing would be refused by those who check it.
 */
function rootOf({ root, nodes, images, others }: Resolved): Root {
  const held = new Set(nodes.map(({ descriptor }) => descriptor.digest));
  const whole = nodes.every(
    ({ index }) => index === undefined || index.manifests.every(({ digest }) => held.has(digest)),
  );
  if (whole) return { descriptor: root, whole };
  const [only] = images;
  if (images.length === 1 && only !== undefined && others.length === 0) return { descriptor: only.manifest, whole };
  const bytes = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: images.map(({ manifest, platform }) => indexEntry(manifest, { platform })),
    }),
  );
  return { descriptor: { mediaType: OCI_INDEX, digest: digestOf(bytes), size: bytes.length }, bytes, whole };
}
