import { createHash } from 'node:crypto';
import { decompress, mostUnpacked, readTar } from '#archive';
import type { Bytes } from '#bytes';
import { type CallOptions, continuedSource, type Source } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, type DigestAlgorithm, digestParts, hashFor } from '#oci';
import { asFault, type Fault } from './fault.ts';

export interface CheckLayerOptions extends CallOptions {
  /** What the layer must be when uncompressed; nothing is unpacked without. */
  readonly diffId: Digest | undefined;
  readonly retries: number | undefined;
}

/**
 * Everything that is wrong with a layer: size, digest, compression, what it is when uncompressed, its tar. It is read once, and nothing of it is kept.
 * Rejects where it cannot be read at all for reasons that are not the layer's (network, access, disk).
 */
export async function checkLayer(source: Source, target: Descriptor, options: CheckLayerOptions): Promise<Fault[]> {
  const { diffId, signal, onEvent, retries } = options;
  const fetched = continuedSource(source, { retries, signal, onEvent }).fetch(target, { signal });
  const stored = new Measured(await fetched, target);
  const faults: Fault[] = [];
  try {
    if (diffId !== undefined) faults.push(...(await unpackedFaults(stored, target, diffId, signal)));
    await stored.drain(signal);
  } catch (error) {
    return [asFault(error, target.digest)];
  }
  return [...stored.faults(), ...faults];
}

/** The layer's own bytes as they pass, counted and hashed; no more of them than there should be, and one. */
class Measured {
  readonly #target: Descriptor;
  readonly #hash;
  readonly #iterator: AsyncIterator<Uint8Array>;
  #size = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(bytes: Bytes, target: Descriptor) {
    this.#target = target;
    this.#hash = hashFor(target.digest);
    this.#iterator = bytes[Symbol.asyncIterator]();
  }

  /** What failed on the way here, if it was that. */
  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      const next = this.#size > this.#target.size ? undefined : await this.#iterator.next();
      if (next === undefined || next.done === true) return { done: true, value: undefined };
      this.#size += next.value.length;
      this.#hash.update(next.value);
      return { done: false, value: next.value };
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  async drain(signal: AbortSignal | undefined): Promise<void> {
    while ((await this.next()).done !== true) throwIfCancelled(signal);
    await this.#iterator.return?.();
  }

  faults(): Fault[] {
    const { digest, size } = this.#target;
    if (this.#size !== size) {
      const has = this.#size > size ? 'more' : String(this.#size);
      const message = `the layer ${digest} should have ${size} bytes, but has ${has}`;
      return [{ code: 'SIZE_MISMATCH', message, digest }];
    }
    const found = `${digestParts(digest).algorithm}:${this.#hash.digest('hex')}`;
    if (found === digest) return [];
    return [{ code: 'DIGEST_MISMATCH', message: `the layer ${digest} has other content: ${found}`, digest }];
  }
}

async function unpackedFaults(
  stored: Measured,
  target: Descriptor,
  diffId: Digest,
  signal: AbortSignal | undefined,
): Promise<Fault[]> {
  const { digest } = target;
  const faults: Fault[] = [];
  const whole = new Unpacked(digestParts(diffId).algorithm, target);
  const unpacked = whole.pass(decompress({ [Symbol.asyncIterator]: () => ({ next: () => stored.next() }) }));
  const keptOpen: Bytes = { [Symbol.asyncIterator]: () => ({ next: () => unpacked.next() }) };
  try {
    try {
      for await (const _ of readTar(keptOpen, `the tar of the layer ${digest}`)) throwIfCancelled(signal);
    } catch (error) {
      stored.throwFailure();
      faults.push(asFault(error, digest));
    }
    while ((await unpacked.next()).done !== true) throwIfCancelled(signal);
  } catch (error) {
    stored.throwFailure();
    const fault = asFault(error, digest);
    if (!faults.some(({ message }) => message === fault.message)) faults.push(fault);
    return faults;
  }
  const found = whole.digest;
  // What could be unpacked in part alone is nothing to compare.
  if (found === undefined || found === diffId) return faults;
  const message = `the layer ${digest} is ${found} when uncompressed, but the config says ${diffId}`;
  return [...faults, { code: 'DIFF_ID_MISMATCH', message, digest }];
}

/** What a layer is when uncompressed, once all of it has passed. */
class Unpacked {
  digest: Digest | undefined;
  readonly #algorithm: DigestAlgorithm;
  readonly #target: Descriptor;

  constructor(algorithm: DigestAlgorithm, target: Descriptor) {
    this.#algorithm = algorithm;
    this.#target = target;
  }

  async *pass(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
    const { digest, size } = this.#target;
    const hash = createHash(this.#algorithm);
    const most = mostUnpacked(size);
    let unpacked = 0;
    for await (const chunk of bytes) {
      unpacked += chunk.length;
      if (unpacked > most) {
        throw new DrayError('TOO_LARGE', `the layer ${digest} unpacks to more than ${most} bytes: it may be a bomb`);
      }
      hash.update(chunk);
      yield chunk;
    }
    this.digest = `${this.#algorithm}:${hash.digest('hex')}`;
  }
}
