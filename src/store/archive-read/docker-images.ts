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
  const reader = new DockerReader(entries, options);
  for (const item of items) {
    const config = reader.config(item.config);
    blobs.set(config.digest, config.at);
    const { diffIds } = config;
    if (diffIds.length !== item.layers.length) {
      throw entries.failure(
        `invalid manifest, layers length mismatch: expected ${item.layers.length}, got ${diffIds.length}`,
      );
    }
    const layers: Descriptor[] = [];
    for (const [index, name] of item.layers.entries()) {
      const diffId = diffIds[index];
      if (diffId === undefined) continue;
      const { at, layer } = await reader.layer(name, diffId);
      blobs.set(layer.digest, at);
      layers.push(layer);
    }
    const bytes = manifestOf({ mediaType: DOCKER_CONFIG, digest: config.digest, size: config.at.size }, layers);
    const root = { mediaType: DOCKER_MANIFEST, digest: digestOf(bytes), size: bytes.length };
    made.set(root.digest, bytes);
    images.push({ names: item.names, refs: [], root });
  }
  return { images: mergeImages(images), blobs, made };
}

interface ConfigFile {
  readonly digest: Digest;
  readonly diffIds: readonly Digest[];
  readonly at: Stretch;
}

/** Reads configs and layers, each once, however often they are named. */
class DockerReader {
  readonly #entries: Entries;
  readonly #options: DockerImagesOptions;
  readonly #configs = new Map<string, ConfigFile>();
  readonly #digests = new Map<number, Digest>();

  constructor(entries: Entries, options: DockerImagesOptions) {
    this.#entries = entries;
    this.#options = options;
  }

  /** Nothing but its name says what a config should be, and every writer names it so. */
  config(name: string): ConfigFile {
    const known = this.#configs.get(name);
    if (known !== undefined) return known;
    const at = this.#file(name);
    const bytes = this.#entries.read(name, LARGEST_CONFIG) ?? new Uint8Array(0);
    const digest = digestOf(bytes);
    const named = DIGEST_NAME.exec(name)?.[1];
    if (named !== undefined && digest !== `sha256:${named}`) {
      const message = `the config ${shown(name)} of ${this.#entries.what} has the digest ${digest}`;
      throw new DrayError('DIGEST_MISMATCH', message, { detail: { expected: `sha256:${named}`, found: digest } });
    }
    const { diffIds } = parseConfig(bytes, `the config ${shown(name)} of ${this.#entries.what}`).rootfs;
    const config = { digest, diffIds, at };
    this.#configs.set(name, config);
    return config;
  }

  async layer(name: string, diffId: Digest): Promise<{ readonly at: Stretch; readonly layer: Descriptor }> {
    const at = this.#file(name);
    const { size } = at;
    const compression = sniffCompression(this.#entries.head(at, SNIFF_LENGTH));
    const mediaType = MEDIA_TYPES[compression];
    if (compression === 'none') return { at, layer: { mediaType, digest: diffId, size } };
    const named = DIGEST_NAME.exec(name)?.[1];
    // Some name a compressed layer after what it is when uncompressed.
    const isDigest = named !== undefined && diffId !== `sha256:${named}`;
    return { at, layer: { mediaType, digest: isDigest ? `sha256:${named}` : await this.#digest(at), size } };
  }

  async #digest(at: Stretch): Promise<Digest> {
    const known = this.#digests.get(at.offset);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    for await (const chunk of this.#options.read(at, { signal: this.#options.signal })) hash.update(chunk);
    const digest: Digest = `sha256:${hash.digest('hex')}`;
    this.#digests.set(at.offset, digest);
    return digest;
  }

  #file(name: string): Stretch {
    const at = this.#entries.find(name);
    if (at !== undefined) return at;
    const message = `${DOCKER_TABLE} of ${this.#entries.what} names ${shown(name)}, which is no file in it`;
    throw new DrayError('BLOB_UNKNOWN', message, { detail: { name } });
  }
}

function manifestOf(config: Descriptor, layers: readonly Descriptor[]): Uint8Array {
  const plain = ({ mediaType, digest, size }: Descriptor): object => ({ mediaType, size, digest });
  const manifest = { schemaVersion: 2, mediaType: DOCKER_MANIFEST, config: plain(config), layers: layers.map(plain) };
  return Buffer.from(JSON.stringify(manifest));
}
