import { createHash } from 'node:crypto';
import { type CallOptions, continuedSource, type Source } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { type Descriptor, digestParts } from '#oci';
import { Spool } from './spool.ts';

/** docker's own. */
const LEVEL = 6;

export interface CompressLayerOptions extends CallOptions {
  readonly folder: string;
  readonly retries: number | undefined;
}

/** A layer as gzip, and where it is. */
export interface CompressedLayer {
  /** Its media type is left to whoever uses it. */
  readonly digest: Descriptor['digest'];
  readonly size: number;
  readonly spool: Spool;
}

/**
 * Compresses a layer into a file. The same layer gives the same bytes with the same Node; others may have another zlib. Rejects with DIGEST_MISMATCH or
 * SIZE_MISMATCH where the source gives other bytes.
 */
export async function compressLayer(
  source: Source,
  layer: Descriptor,
  { folder, retries, signal, onEvent }: CompressLayerOptions,
): Promise<CompressedLayer> {
  const { compressGzip } = await import('#archive');
  const spool = await Spool.open(folder);
  try {
    const hash = createHash('sha256');
    const content = await continuedSource(source, { retries, onEvent }).fetch(layer, { signal });
    for await (const chunk of compressGzip(checked(content, layer), LEVEL)) {
      throwIfCancelled(signal);
      hash.update(chunk);
      await spool.write(chunk);
    }
    return { digest: `sha256:${hash.digest('hex')}`, size: spool.size, spool };
  } catch (error) {
    await spool.close();
    throw error;
  }
}

/** Nobody after this can tell what the layer was. */
async function* checked(
  content: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { algorithm } = digestParts(digest);
  const hash = createHash(algorithm);
  let length = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    length += chunk.length;
    yield chunk;
  }
  if (length !== size) {
    throw new DrayError('SIZE_MISMATCH', `${digest} has ${size} bytes, but ${length} came`, {
      detail: { digest, size },
    });
  }
  const found = `${algorithm}:${hash.digest('hex')}`;
  if (found === digest) return;
  throw new DrayError('DIGEST_MISMATCH', `the bytes of ${digest} have the digest ${found}`, {
    detail: { expected: digest, found },
  });
}
