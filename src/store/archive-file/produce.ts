import { createHash } from 'node:crypto';
import { type GzipWriter, SNIFF_LENGTH, sniffCompression } from '#archive';
import type { Bytes } from '#bytes';
import type { CallOptions, Source } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { type Descriptor, digestParts } from '#oci';
import type { ArchivePlan } from './plan.ts';

/** Level of what is not compressed already. */
const LEVEL = 6;

export interface ProduceOptions extends CallOptions {
  /** Gzip around it all. Layers that are compressed already are only stored. */
  readonly gzip?: boolean | undefined;
}

/** Takes the next bytes of the archive, which may be reused when it resolves. */
export type Emit = (bytes: Uint8Array) => Promise<void>;

/**
 * The archive from its first byte to its last, each blob checked as it passes. Rejects with DIGEST_MISMATCH or SIZE_MISMATCH after
 * wrong bytes were emitted: what they went into is worth nothing then.
 */
export async function produceArchive(
  plan: ArchivePlan,
  source: Source,
  emit: Emit,
  options: ProduceOptions,
): Promise<void> {
  const encoder = options.gzip === true ? await openGzip(emit) : plain(emit);
  try {
    for (const { bytes, blob } of plan.pieces) {
      throwIfCancelled(options.signal);
      if (bytes !== undefined) await encoder.add(bytes, false);
      else await encodeBlob(encoder, await source.fetch(blob, options), { blob, ...options });
    }
    await encoder.end();
  } finally {
    encoder.destroy();
  }
}

interface Encoder {
  /** @param compressed true: it will not become smaller */
  add(bytes: Uint8Array, compressed: boolean): Promise<void>;
  end(): Promise<void>;
  destroy(): void;
}

function plain(emit: Emit): Encoder {
  return { add: emit, end: async () => undefined, destroy: () => undefined };
}

async function openGzip(emit: Emit): Promise<Encoder> {
  const { GzipWriter } = await import('#archive');
  const writer: GzipWriter = new GzipWriter(LEVEL);
  const emitAll = async (parts: readonly Uint8Array[]): Promise<void> => {
    for (const part of parts) await emit(part);
  };
  await emit(writer.header());
  return {
    async add(bytes, compressed) {
      if (!compressed) return emitAll(await writer.deflate(bytes));
      await emitAll(await writer.endDeflate());
      await emit(writer.store(bytes));
    },
    async end() {
      await emitAll(await writer.endDeflate());
      await emit(writer.trailer());
    },
    destroy: () => writer.destroy(),
  };
}

interface BlobOptions extends CallOptions {
  readonly blob: Descriptor;
}

async function encodeBlob(encoder: Encoder, content: Bytes, options: BlobOptions): Promise<void> {
  const { blob, signal } = options;
  const { algorithm } = digestParts(blob.digest);
  const hash = createHash(algorithm);
  let length = 0;
  let compressed: boolean | undefined;
  for await (const chunk of content) {
    throwIfCancelled(signal);
    length += chunk.length;
    if (length > blob.size) throw wrongSize(blob, `at least ${length}`);
    hash.update(chunk);
    // Sources give more than a few bytes at once; where one does not, the layer is deflated, which is never wrong.
    compressed ??= chunk.length >= SNIFF_LENGTH && sniffCompression(chunk) !== 'none';
    await encoder.add(chunk, compressed);
  }
  if (length < blob.size) throw wrongSize(blob, `only ${length}`);
  const found = `${algorithm}:${hash.digest('hex')}`;
  if (found === blob.digest) return;
  const message = `the bytes of ${blob.digest} have the digest ${found}`;
  throw new DrayError('DIGEST_MISMATCH', message, { detail: { expected: blob.digest, found } });
}

function wrongSize({ digest, size }: Descriptor, found: string): DrayError {
  const message = `${digest} has ${size} bytes, but ${found} of them arrived`;
  return new DrayError('SIZE_MISMATCH', message, { detail: { digest, size } });
}
