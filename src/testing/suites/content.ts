import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createLayerDigester } from '#archive';
import type { Bytes, PourableBytes } from '#bytes';
import type { Descriptor, Digest } from '#oci';

/** Some bytes and what they are. */
export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface LayerContent extends Content {
  readonly diffId: Digest;
}

type Algorithm = 'sha256' | 'sha512';

/** Bytes that look random and are the same every time; other seeds give others. */
export function contentOf(size: number, seed = 1, algorithm: Algorithm = 'sha256'): Content {
  const bytes = Buffer.alloc(size);
  let state = seed * 2_654_435_761;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return described(bytes, algorithm);
}

export function described(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): Content {
  const descriptor = { mediaType: 'application/octet-stream', digest: digest(bytes, algorithm), size: bytes.length };
  return { bytes, descriptor };
}

/** A layer that is not compressed, or gzipped. */
export function layerOf(size: number, compression: 'none' | 'gzip', algorithm: Algorithm = 'sha256'): LayerContent {
  const plain = contentOf(size, 77).bytes;
  const bytes = compression === 'gzip' ? gzipSync(plain) : plain;
  return { ...described(bytes), diffId: digest(plain, algorithm) };
}

/** What a layer is when it is uncompressed. */
export async function diffIdOf(layer: Uint8Array, algorithm: Algorithm): Promise<Digest> {
  const digester = createLayerDigester({ algorithm });
  await digester.write(layer);
  return (await digester.end()).digest;
}

/** The bytes in chunks of `length`, all in one buffer that is used again and again. */
export async function* inChunks(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(length);
  for (let at = 0; at < bytes.length; at += length) {
    const chunk = bytes.subarray(at, at + length);
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
  }
  buffer.fill(0);
}

/** Bytes that can only be poured. */
export function pourable(bytes: Uint8Array): PourableBytes {
  return {
    async pour(sink) {
      sink(bytes);
    },
    [Symbol.asyncIterator]() {
      throw new Error('this content was to be poured');
    },
  };
}

export async function collect(bytes: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(new Uint8Array(chunk));
  return Buffer.concat(chunks);
}

function digest(bytes: Uint8Array, algorithm: Algorithm): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
