import { type Bytes, pour } from '#bytes';
import { DrayError, throwIfCancelled, unlessCancelled } from '#errors';
import { type Descriptor, type Digest, digestOf, digestParts } from '#oci';
import type { Fetched, FetchOptions, PutOptions, Resolver, Store, Tagger } from './ports.ts';

export interface MemoryStoreOptions {
  /** Finds the uncompressed digest of a layer. Without it a `put` with a diffId rejects with UNSUPPORTED. */
  readonly diffIdOf?: ((layer: Uint8Array, algorithm: 'sha256' | 'sha512') => Promise<Digest>) | undefined;
}

const CHUNK = 64 * 1024;

/** A place in memory, for tests and small things. It takes content only as a whole: copies into it go the plain way. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store & Resolver & Tagger {
  return new MemoryStore(options);
}

class MemoryStore implements Store, Resolver, Tagger {
  readonly #options: MemoryStoreOptions;
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #names = new Map<string, Descriptor>();

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
  }

  async has(target: Descriptor): Promise<boolean> {
    return this.#blobs.get(target.digest)?.length === target.size;
  }

  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<Fetched> {
    throwIfCancelled(options.signal);
    const blob = this.#blobs.get(target.digest);
    if (blob === undefined || blob.length !== target.size) {
      throw new DrayError('BLOB_UNKNOWN', `${target.digest} is not in memory`, { detail: { digest: target.digest } });
    }
    const offset = Math.min(Math.max(0, options.offset ?? 0), blob.length);
    const wanted = blob.subarray(offset, Math.max(offset, options.end ?? blob.length));
    const chunks = (): AsyncGenerator<Uint8Array, void, undefined> => readChunks(wanted, options.signal);
    return {
      offset,
      [Symbol.asyncIterator]: chunks,
      pour: (sink) => pour(chunks(), sink),
    };
  }

  async put(target: Descriptor, content: Bytes, options: PutOptions = {}): Promise<void> {
    throwIfCancelled(options.signal);
    if (await this.has(target))
      return content[Symbol.asyncIterator]()
        .return?.()
        .then(() => undefined);
    const blob = await collect(target, content, options.signal);
    const found = digestOf(blob, digestParts(target.digest).algorithm);
    if (found !== target.digest) {
      const detail = { expected: target.digest, found };
      throw new DrayError('DIGEST_MISMATCH', `the bytes received for ${target.digest} have the digest ${found}`, {
        detail,
      });
    }
    await this.#checkLayer(target, blob, options.diffId);
    throwIfCancelled(options.signal);
    this.#blobs.set(target.digest, blob);
  }

  async resolve(name: string): Promise<Descriptor> {
    const root = this.#names.get(name);
    if (root === undefined) throw new DrayError('MANIFEST_UNKNOWN', `nothing in memory is named ${name}`);
    return root;
  }

  async tag(name: string, root: Descriptor): Promise<void> {
    if (!(await this.has(root))) throw new DrayError('MANIFEST_UNKNOWN', `${root.digest} is not in memory`);
    this.#names.set(name, root);
  }

  async #checkLayer(target: Descriptor, blob: Uint8Array, diffId: Digest | undefined): Promise<void> {
    if (diffId === undefined) return;
    const { diffIdOf } = this.#options;
    if (diffIdOf === undefined) throw new DrayError('UNSUPPORTED', 'this memory store cannot check diff_ids');
    const found = await diffIdOf(blob, digestParts(diffId).algorithm);
    if (found === diffId) return;
    const message = `the layer ${target.digest} is ${found} when uncompressed, but the image's config says ${diffId}`;
    throw new DrayError('DIFF_ID_MISMATCH', message, { detail: { layer: target.digest, expected: diffId, found } });
  }
}

/** One buffer is used for all chunks, as the contract of `Bytes` allows. */
async function* readChunks(
  blob: Uint8Array,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(Math.min(CHUNK, blob.length));
  for (let at = 0; at < blob.length; at += CHUNK) {
    throwIfCancelled(signal);
    const chunk = blob.subarray(at, at + CHUNK);
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
  }
}

/** Exactly as many bytes as the descriptor says; a size that lies costs no memory. */
async function collect(target: Descriptor, content: Bytes, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  await unlessCancelled(
    pour(content, (chunk) => {
      throwIfCancelled(signal);
      length += chunk.length;
      if (length > target.size) throw sizeMismatch(target, `at least ${length}`);
      chunks.push(new Uint8Array(chunk));
    }),
    signal,
  );
  if (length !== target.size) throw sizeMismatch(target, `${length}`);
  return Buffer.concat(chunks);
}

function sizeMismatch({ digest, size }: Descriptor, found: string): DrayError {
  return new DrayError('SIZE_MISMATCH', `${digest} has ${size} bytes, but ${found} came`, { detail: { digest, size } });
}
