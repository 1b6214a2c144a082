import { createCipheriv, createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Descriptor, Digest } from '#oci';
import { descriptorOf, digestOf } from './descriptor-of.ts';
import { type LayerFile, tarOf } from './tar.ts';

export type Compression = 'gzip' | 'zstd' | 'none';
/** Which family of media types manifests, configs and layers get. */
export type Flavour = 'oci' | 'docker';

export interface LayerOptions {
  readonly files?: readonly LayerFile[] | undefined;
  /** Bytes of incompressible content besides `files`, the same ones for the same `seed`. */
  readonly fill?: number | undefined;
  readonly seed?: string | undefined;
  /** `gzip` by default. */
  readonly compression?: Compression | undefined;
  /** Gzip members or zstd frames that the content is split into; 1 by default. */
  readonly frames?: number | undefined;
  /** A layer that registries need not hold, with the places that do. It is not among the image's blobs unless `inRegistry`. */
  readonly foreign?: { readonly urls: readonly string[]; readonly inRegistry?: boolean } | undefined;
}

export interface TestLayer {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** Digest of the uncompressed tar. */
  readonly diffId: Digest;
  readonly compression: Compression;
  readonly foreign: LayerOptions['foreign'];
}

/** From here on gzip stores rather than compresses: filler gains nothing from it and tests get their layers faster. */
const STORE_FROM = 1 << 20;
/** The most that one zstd block may hold. */
const ZSTD_BLOCK = 128 << 10;

/** A layer made of code: the same options give the same tar, and on one version of Node the same bytes. */
export function buildLayer(options: LayerOptions = {}): TestLayer {
  const { files = [], fill = 0, seed = 'dray', compression = 'gzip', frames = 1, foreign } = options;
  const filler = fill === 0 ? [] : [{ name: `filler-${seed}`, content: fillerBytes(fill, seed) }];
  const tar = tarOf([...files, ...filler]);
  const bytes = compress(tar, compression, frames);
  return { bytes, digest: digestOf(bytes), diffId: digestOf(tar), compression, foreign };
}

/** `size` bytes that do not compress, determined by `seed`. */
export function fillerBytes(size: number, seed: string): Uint8Array {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

export function layerDescriptor(layer: TestLayer, flavour: Flavour): Descriptor {
  const descriptor = descriptorOf(layerType(layer, flavour), layer.bytes);
  return layer.foreign === undefined ? descriptor : { ...descriptor, urls: layer.foreign.urls };
}

function layerType(layer: TestLayer, flavour: Flavour): string {
  const foreign = layer.foreign !== undefined;
  if (flavour === 'docker') {
    const suffix = { gzip: '.gzip', zstd: '.zstd', none: '' }[layer.compression];
    return `application/vnd.docker.image.rootfs.${foreign ? 'foreign.' : ''}diff.tar${suffix}`;
  }
  const suffix = { gzip: '+gzip', zstd: '+zstd', none: '' }[layer.compression];
  return `application/vnd.oci.image.layer.${foreign ? 'nondistributable.' : ''}v1.tar${suffix}`;
}

function compress(tar: Uint8Array, compression: Compression, frames: number): Uint8Array {
  if (compression === 'none') return tar;
  const level = tar.length < STORE_FROM ? 6 : 0;
  const size = Math.ceil(tar.length / frames);
  const parts = Array.from({ length: frames }, (_, index) => tar.subarray(index * size, (index + 1) * size));
  return Buffer.concat(parts.map((part) => (compression === 'gzip' ? gzipSync(part, { level }) : zstdFrame(part))));
}

/** A zstd frame of raw blocks (RFC 8878): no compressor needed, which Node 20 does not have, and every decoder takes it. */
function zstdFrame(content: Uint8Array): Uint8Array {
  const head = Buffer.alloc(13);
  head.writeUInt32LE(0xfd2fb528, 0);
  head[4] = 0xe0; // single segment, content size in 8 bytes, no checksum
  head.writeBigUInt64LE(BigInt(content.length), 5);
  const parts: Uint8Array[] = [head];
  for (let at = 0; at === 0 || at < content.length; at += ZSTD_BLOCK) {
    const block = content.subarray(at, at + ZSTD_BLOCK);
    const last = at + ZSTD_BLOCK >= content.length;
    const blockHead = Buffer.alloc(3);
    blockHead.writeUIntLE((block.length << 3) | (last ? 1 : 0), 0, 3);
    parts.push(blockHead, block);
  }
  return Buffer.concat(parts);
}
