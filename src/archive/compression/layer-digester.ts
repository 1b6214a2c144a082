import { createHash } from 'node:crypto';
import { DrayError } from '#errors';
import type { Digest } from '#oci';
import { ContentCount } from '../tar/content-count.ts';
import { openCompressed } from './decompress.ts';
import { Handoff } from './handoff.ts';
import type { Compression } from './sniff.ts';

/** What a layer is without its compression. */
export interface LayerDigest {
  /** The diff_id. */
  readonly digest: Digest;
  /** Uncompressed bytes. */
  readonly size: number;
  /** Bytes that its files hold, as docker counts; none for what is no tar. */
  readonly content?: number;
  readonly compression: Compression;
}

/** Digests what a layer is when uncompressed, while it passes. Holds little, whatever it is given. */
export interface LayerDigester {
  /**
   * Takes the next bytes of the layer; resolves when the chunk may be reused. Wait for that before the next write.
   * Rejects with CORRUPT_LAYER, then and at every later call, where the compression cannot be undone, with TOO_LARGE where there is no end to it.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** The layer is complete. Rejects with CORRUPT_LAYER where it ends in the middle. */
  end(): Promise<LayerDigest>;
  /** Gives up and frees what is held. Writes under way reject with CANCELLED. */
  destroy(): void;
}

export interface LayerDigesterOptions {
  /** Of the digest that it is compared with; sha256 by default. */
  readonly algorithm?: 'sha256' | 'sha512' | undefined;
  /** Most uncompressed bytes, from `mostUnpacked`; no limit by default. */
  readonly most?: number | undefined;
}

const ALWAYS_ALLOWED = 4 * 1024 ** 3;
const MOST_TIMES = 100;

/**
 * Bytes that a layer of `stored` bytes may unpack to: 4 GiB, or a hundred times its size. Compression reaches more with nothing but zeros, and
 * to find out the digest of terabytes of them is what a bomb is for.
 */
export function mostUnpacked(stored: number): number {
  return Math.max(ALWAYS_ALLOWED, stored * MOST_TIMES);
}

export function createLayerDigester(options: LayerDigesterOptions = {}): LayerDigester {
  const { algorithm = 'sha256', most = Number.POSITIVE_INFINITY } = options;
  const input = new Handoff();
  const result = digest(input, { algorithm, most });
  result.catch((error: unknown) => input.refuse(error));
  return {
    write: (chunk) => input.put(chunk),
    end: () => {
      input.end();
      return result;
    },
    destroy: () => input.refuse(new DrayError('CANCELLED', 'the check of a layer was given up')),
  };
}

interface DigestOptions {
  readonly algorithm: 'sha256' | 'sha512';
  readonly most: number;
}

async function digest(input: Handoff, { algorithm, most }: DigestOptions): Promise<LayerDigest> {
  const hash = createHash(algorithm);
  const count = new ContentCount();
  let size = 0;
  const { compression, bytes } = await openCompressed(input);
  for await (const chunk of bytes) {
    input.throwIfRefused();
    hash.update(chunk);
    count.write(chunk, size);
    size += chunk.length;
    if (size > most) throw tooLarge(most);
  }
  return { digest: `${algorithm}:${hash.digest('hex')}`, size, ...contentOf(count), compression };
}

function contentOf({ total }: ContentCount): Pick<LayerDigest, 'content'> {
  return total === undefined ? {} : { content: total };
}

function tooLarge(most: number): DrayError {
  return new DrayError(
    'TOO_LARGE',
    `the layer unpacks to more than ${most} bytes, which no layer of its size should: it may be a bomb`,
    { hint: 'if you trust it: dray pull --no-verify-layers takes it without unpacking it', detail: { most } },
  );
}
