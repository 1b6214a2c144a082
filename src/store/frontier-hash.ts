import type { Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from '#errors';
import { type Digest, digestParts, hashFor } from '#oci';
import { type FileRegion, readRegion } from './file-region.ts';

/** Bytes read back in one go: half a millisecond of hashing, so that sockets on the same thread do not notice. */
const SLICE = 512 * 1024;

/** One buffer for all: it is filled and hashed without anything in between. */
let slice: Uint8Array | undefined;

/**
 * The digest of a blob whose pieces come in any order. Bytes that arrive exactly where the hash stands are hashed from memory; all others are
 * read back from the file, once, when the bytes before them are there, until the hash has caught up with the arriving end.
 */
export class FrontierHash {
  readonly #region: FileRegion;
  readonly #target: Digest;
  readonly #frontier: () => number;
  #hash: Hash;
  #hashed = 0;
  #turn: NodeJS.Immediate | undefined;
  /** What went wrong while nobody waited. */
  #failure: { readonly error: unknown } | undefined;

  /**
   * @param target names the algorithm
   * @param frontier where the bytes that are in the file without a gap end, now
   */
  constructor(region: FileRegion, target: Digest, frontier: () => number) {
    this.#region = region;
    this.#target = target;
    this.#frontier = frontier;
    this.#hash = hashFor(target);
  }

  /** `chunk` is now in the file at `position`. */
  wrote(position: number, chunk: Uint8Array): void {
    if (position === this.#hashed) {
      this.#hash.update(chunk);
      this.#hashed += chunk.length;
    }
    this.catchUp();
  }

  /** Starts to read back what is there, between the turns of the event loop. */
  catchUp(): void {
    if (this.#turn !== undefined || this.#failure !== undefined || this.#hashed >= this.#frontier()) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      try {
        this.#readBack();
      } catch (error) {
        this.#failure = { error };
      }
      this.catchUp();
    });
  }

  /** The digest of the first `size` bytes, all of which are in the file. May be asked for again. */
  async finish(size: number, signal: AbortSignal | undefined): Promise<Digest> {
    this.pause();
    if (this.#failure !== undefined) throw this.#failure.error;
    while (this.#hashed < size) {
      throwIfCancelled(signal);
      this.#readBack();
      await nextTurn();
    }
    // A copy, so that a commit that fails afterwards can be tried again.
    return `${digestParts(this.#target).algorithm}:${this.#hash.copy().digest('hex')}`;
  }

  pause(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
  }

  restart(): void {
    this.pause();
    this.#hash = hashFor(this.#target);
    this.#hashed = 0;
    this.#failure = undefined;
  }

  #readBack(): void {
    slice ??= Buffer.allocUnsafeSlow(SLICE);
    const chunk = slice.subarray(0, Math.min(SLICE, this.#frontier() - this.#hashed));
    readRegion(this.#region, this.#hashed, chunk);
    this.#hash.update(chunk);
    this.#hashed += chunk.length;
  }
}
