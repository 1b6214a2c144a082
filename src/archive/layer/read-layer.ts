import { createHash, type Hash } from 'node:crypto';
import type { Bytes } from '#bytes';
import { DrayError, throwIfCancelled } from '#errors';
import { type Digest, digestParts } from '#oci';
import { decompress } from '../compression/decompress.ts';
import { readTar, type TarEntry } from '../tar/read.ts';

/** Which layer is read, and how much of it is taken. */
export interface ReadLayerOptions {
  /** For messages, e.g. the layer's digest. */
  readonly what: string;
  /** What it must be when uncompressed. */
  readonly diffId: Digest;
  /** Most uncompressed bytes. */
  readonly mostBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The entries of a layer, compressed or not, as they pass. After the last one, rejects with DIFF_ID_MISMATCH where it was not the layer that it
 * should be; with TOO_LARGE where there is no end to it, and as `readTar` and `decompress` do.
 */
export async function* readLayer(content: Bytes, options: ReadLayerOptions): AsyncGenerator<TarEntry, void, undefined> {
  const { what, diffId, signal } = options;
  const hash = createHash(digestParts(diffId).algorithm);
  const counted = new Counted(decompress(content), hash, options);
  try {
    for await (const entry of readTar(counted, what)) {
      throwIfCancelled(signal);
      yield entry;
    }
    // What stands behind the end of the tar belongs to the layer.
    for await (const _ of counted) throwIfCancelled(signal);
  } finally {
    await counted.close();
  }
  const found = `${digestParts(diffId).algorithm}:${hash.digest('hex')}`;
  if (found === diffId) return;
  throw new DrayError(
    'DIFF_ID_MISMATCH',
    `${what} is not what the image says: uncompressed it is ${found}, not ${diffId}`,
    {
      hint: 'the image is broken where it was taken from, or was tampered with',
      detail: { expected: diffId, found },
    },
  );
}

/** Hashes and counts what passes. Who stops reading does not end it: there is more to be hashed. */
class Counted implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, void> {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #hash: Hash;
  readonly #most: number;
  readonly #signal: AbortSignal | undefined;
  #size = 0;

  constructor(bytes: Bytes, hash: Hash, { mostBytes, signal }: ReadLayerOptions) {
    this.#iterator = bytes[Symbol.asyncIterator]();
    this.#hash = hash;
    this.#most = mostBytes;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void> {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    throwIfCancelled(this.#signal);
    const next = await this.#iterator.next();
    if (next.done === true) return { done: true, value: undefined };
    this.#hash.update(next.value);
    this.#size += next.value.length;
    if (this.#size > this.#most) throw tooLarge(this.#most);
    return next;
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

function tooLarge(most: number): DrayError {
  return new DrayError(
    'TOO_LARGE',
    `the layer unpacks to more than ${most} bytes, which no layer of its size should: it may be a bomb`,
    { hint: 'if you trust it, --max-size allows more', detail: { most } },
  );
}
