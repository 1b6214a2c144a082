import { createHash } from 'node:crypto';
import { SNIFF_LENGTH, sniffCompression } from '#archive';
import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import {
  type Descriptor,
  type Digest,
  DOCKER_CONFIG,
  DOCKER_LAYER,
  DOCKER_LAYER_GZIP,
  DOCKER_LAYER_ZSTD,
  DOCKER_MANIFEST,
  digestOf,
  parseConfig,
} from '#oci';
import type { ArchivedImage } from './archive.ts';
import type { DockerItem } from './docker-table.ts';
import { DOCKER_TABLE } from './docker-table.ts';
import { type Entries, type Stretch, shown } from './entries.ts';
import { mergeImages } from './names.ts';

/** What docker's tables come to. */
export interface DockerImages {
  readonly images: readonly ArchivedImage[];
  /** Where configs and layers are. */
  readonly blobs: ReadonlyMap<Digest, Stretch>;
  /** The manifests that were made. */
  readonly made: ReadonlyMap<Digest, Uint8Array>;
}

export interface DockerImagesOptions extends CallOptions {
  /** Bytes of a stretch. */
  readonly read: (at: Stretch, options: CallOptions) => AsyncIterable<Uint8Array>;
}

const LARGEST_CONFIG = 8 * 1024 * 1024;
const MEDIA_TYPES = { none: DOCKER_LAYER, gzip: DOCKER_LAYER_GZIP, zstd: DOCKER_LAYER_ZSTD } as const;
/** A file that is named after its digest, as `sha256:HEX`, `HEX.json`, `HEX.tar.gz` or `blobs/sha256/HEX`. */
const DIGEST_NAME = /(?:^|[/:])([0-9a-f]{64})(?:\.json|\.tar\.gz|\.tgz|\.gz|\.tar\.zst|\.tar)?$/;

/**
 * Makes each image of docker's format a manifest. A layer that is not compressed is known by its diff_id; one that is, by the name of its file where
 * that is a digest, else it is read once. Whether content is what its digest says is found out by whoever reads it. Rejects with
 * MANIFEST_INVALID, BLOB_UNKNOWN for a file that is not there, and DIGEST_MISMATCH for a config that its name does not fit.
 */
export async function dockerImages(
  items: readonly DockerItem[],
  entries: Entries,
  options: DockerImagesOptions,
): Promise<DockerImages> {
  const blobs = new Map<Digest, Stretch>();
  const made = new Map<Digest, Uint8Array>();
  const images: ArchivedImage[] = [];
  for (const item of items) {
    const config = readConfigFile(item.config, entries);
    blobs.set(config.digest, config.at);
    const { diffIds } = parseConfig(config.bytes, `the config ${shown(item.config)} of ${entries.what}`).rootfs;
    if (diffIds.length !== item.layers.length) {
      throw entries.failure(
        `invalid manifest, layers length mismatch: expected ${item.layers.length}, got ${diffIds.length}`,
      );
    }
    const layers: Descriptor[] = [];
    for (const [index, name] of item.layers.entries()) {
      const diffId = diffIds[index];
      if (diffId === undefined) continue;
      const at = fileOf(name, entries);
      const layer = await layerOf({ name, at, diffId }, entries, options);
      blobs.set(layer.digest, at);
      layers.push(layer);
    }
    const bytes = manifestOf({ mediaType: DOCKER_CONFIG, digest: config.digest, size: config.bytes.length }, layers);
    const root = { mediaType: DOCKER_MANIFEST, digest: digestOf(bytes), size: bytes.length };
    made.set(root.digest, bytes);
    images.push({ names: item.names, refs: [], root });
  }
  return { images: mergeImages(images), blobs, made };
}

function fileOf(name: string, entries: Entries): Stretch {
  const at = entries.find(name);
  if (at !== undefined) return at;
  const message = `${DOCKER_TABLE} of ${entries.what} names ${shown(name)}, which is no file in it`;
  throw new DrayError('BLOB_UNKNOWN', message, { detail: { name } });
}

interface ConfigFile {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly at: Stretch;
}

/** Nothing but its name says what a config should be, and every writer names it so. */
function readConfigFile(name: string, entries: Entries): ConfigFile {
  const at = fileOf(name, entries);
  const bytes = entries.read(name, LARGEST_CONFIG) ?? new Uint8Array(0);
  const digest = digestOf(bytes);
  const named = DIGEST_NAME.exec(name)?.[1];
  if (named !== undefined && digest !== `sha256:${named}`) {
    const message = `the config ${shown(name)} of ${entries.what} has the digest ${digest}`;
    throw new DrayError('DIGEST_MISMATCH', message, { detail: { expected: `sha256:${named}`, found: digest } });
  }
  return { digest, bytes, at };
}

interface LayerFile {
  readonly name: string;
  readonly at: Stretch;
  readonly diffId: Digest;
}

async function layerOf(
  { name, at, diffId }: LayerFile,
  entries: Entries,
  options: DockerImagesOptions,
): Promise<Descriptor> {
  const compression = sniffCompression(entries.head(at, SNIFF_LENGTH));
  const mediaType = MEDIA_TYPES[compression];
  const { size } = at;
  if (compression === 'none') return { mediaType, digest: diffId, size };
  const named = DIGEST_NAME.exec(name)?.[1];
  // Some name a compressed layer after what it is when uncompressed.
  if (named !== undefined && diffId !== `sha256:${named}`) return { mediaType, digest: `sha256:${named}`, size };
  const hash = createHash('sha256');
  for await (const chunk of options.read(at, { signal: options.signal })) hash.update(chunk);
  return { mediaType, digest: `sha256:${hash.digest('hex')}`, size };
}

function manifestOf(config: Descriptor, layers: readonly Descriptor[]): Uint8Array {
  const plain = ({ mediaType, digest, size }: Descriptor): object => ({ mediaType, size, digest });
  const manifest = { schemaVersion: 2, mediaType: DOCKER_MANIFEST, config: plain(config), layers: layers.map(plain) };
  return Buffer.from(JSON.stringify(manifest));
}
