import { type CallOptions, readDocument } from '#content';
import {
  type Descriptor,
  type Digest,
  type ImageConfig,
  isArtifact,
  labelsOf,
  type Manifest,
  type Platform,
  parseConfig,
  parseManifest,
} from '#oci';
import type { DiskStore } from '#store';
import { platformOf, type ResolvedImage } from '../place/read-images.ts';

/** One platform's image in the store, as far as lists need it. */
export interface KeptImage {
  /** Digest of the config. */
  readonly id: Digest;
  readonly platform: Platform;
  readonly manifest: Descriptor;
  readonly document: Manifest;
  readonly config: KeptConfig;
}

export interface KeptConfig extends Platform, Pick<ImageConfig, 'created' | 'rootfs'> {
  readonly labels: Readonly<Record<string, string>>;
}

/** An image with all that its config says. */
export interface WholeImage extends ResolvedImage {
  /** Digest of the config. */
  readonly id: Digest;
}

const LARGEST_CONFIG = 8 * 1024 * 1024;

/** Reads an image of the store, verified; undefined for what is no image. Rejects where something of it is missing or damaged. */
export async function readWhole(
  manifest: Descriptor,
  store: DiskStore,
  options: CallOptions,
): Promise<WholeImage | undefined> {
  const document = parseManifest(await readDocument(store, manifest, options), manifest.mediaType);
  if (isArtifact(document)) return undefined;
  const configBytes = await readDocument(store, document.config, { ...options, limit: LARGEST_CONFIG });
  const config = parseConfig(configBytes);
  const platform = manifest.platform ?? platformOf(config);
  return { id: document.config.digest, platform, manifest, document, config, configBytes };
}

export function keptImage({ id, platform, manifest, document, config }: WholeImage): KeptImage {
  const { created, rootfs } = config;
  const made = created === undefined ? undefined : { created };
  return {
    id,
    platform,
    manifest,
    document,
    config: { ...platformOf(config), ...made, rootfs, labels: labelsOf(config) },
  };
}
