import { createHash } from 'node:crypto';
import { decompress, mostUnpacked, readTar, refuseForeign, SNIFF_LENGTH, sniffCompression } from '#archive';
import type { CallOptions } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD } from '#oci';
import type { LocalContent } from '#store';

/** A tar as a layer. */
export interface FoundLayer {
  readonly layer: Descriptor;
  readonly diffId: Digest;
  /** Uncompressed bytes. */
  readonly unpacked: number;
}

const MEDIA_TYPES = { none: OCI_LAYER, gzip: OCI_LAYER_GZIP, zstd: OCI_LAYER_ZSTD } as const;

/** Reads content that is to be a layer, all of it. Rejects with CORRUPT_LAYER for what is no tar, and TOO_LARGE for what is a bomb. */
export async function readLayer(content: LocalContent, { signal }: CallOptions): Promise<FoundLayer> {
  const stored = createHash('sha256');
  const unpacked = createHash('sha256');
  let size = 0;
  let head = Buffer.alloc(0);
  async function* compressed(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of content.fetch({ signal })) {
      if (head.length < SNIFF_LENGTH) head = Buffer.concat([head, chunk.subarray(0, SNIFF_LENGTH)]);
      refuseForeign(head, content.what);
      stored.update(chunk);
      yield chunk;
    }
  }
  const most = mostUnpacked(content.size);
  async function* plain(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of decompress(compressed())) {
      throwIfCancelled(signal);
      unpacked.update(chunk);
      size += chunk.length;
      if (size > most) throw new DrayError('TOO_LARGE', `${content.what} unpacks to more than ${most} bytes`);
      yield chunk;
    }
  }
  const bytes = plain();
  // Whoever reads the entries stops at the end of the tar; what follows counts for the digests.
  const next = (): Promise<IteratorResult<Uint8Array>> => bytes.next();
  for await (const _ of readTar({ [Symbol.asyncIterator]: () => ({ next }) }, content.what)) {
    // That it is a tar is all there is to know.
  }
  for await (const _ of bytes) {
    // Padding.
  }
  return {
    layer: {
      mediaType: MEDIA_TYPES[sniffCompression(head)],
      digest: `sha256:${stored.digest('hex')}`,
      size: content.size,
    },
    diffId: `sha256:${unpacked.digest('hex')}`,
    unpacked: size,
  };
}
