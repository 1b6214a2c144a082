import { type ByteRange, bytesOf, mergeRanges } from '#bytes';
import { type CallOptions, createMemoryStore } from '#content';
import { DrayError } from '#errors';
import type { Descriptor, Digest } from '#oci';
import type { DiskStore } from '#store';
import type { Staged } from './staged.ts';

/** Small content, in memory until it is published: it needs neither a partial nor a lock. */
export class StagedBytes implements Staged {
  readonly target: Descriptor;
  readonly #diffId: Digest | undefined;
  readonly #store: DiskStore;
  #bytes = new Uint8Array(0);
  #ranges: readonly ByteRange[] = [];
  #state: 'open' | 'verified' | 'over' = 'open';

  constructor(target: Descriptor, diffId: Digest | undefined, store: DiskStore) {
    this.target = target;
    this.#diffId = diffId;
    this.#store = store;
  }

  have(): readonly ByteRange[] {
    return this.#ranges;
  }

  write(position: number, chunk: Uint8Array): void {
    const { digest, size } = this.target;
    const end = position + chunk.length;
    if (end > size) {
      throw new DrayError(
        'SIZE_MISMATCH',
        `${digest} has ${size} bytes, but bytes ${position} to ${end} of it were sent`,
      );
    }
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(size);
    this.#bytes.set(chunk, position);
    this.#ranges = mergeRanges([...this.#ranges, { start: position, end }]);
  }

  reset(): void {
    this.#ranges = [];
  }

  async commit({ signal }: CallOptions = {}): Promise<void> {
    try {
      // Verifies by size, digest and diff_id.
      const memory = createMemoryStore({ diffIdOf });
      await memory.put(this.target, bytesOf(this.#bytes), { diffId: this.#diffId, signal });
    } catch (error) {
      this.reset();
      throw error;
    }
    this.#state = 'verified';
  }

  async release(): Promise<void> {
    // There is nothing that another run could go on from.
  }

  async publish(): Promise<void> {
    if (this.#state === 'over') return;
    if (this.#state === 'open') throw new DrayError('BUG', `${this.target.digest} was never verified`);
    await this.#store.put(this.target, bytesOf(this.#bytes), { diffId: this.#diffId });
    this.#state = 'over';
    this.#bytes = new Uint8Array(0);
  }

  async discard(): Promise<void> {
    this.#bytes = new Uint8Array(0);
  }
}

async function diffIdOf(layer: Uint8Array, algorithm: 'sha256' | 'sha512'): Promise<Digest> {
  const { createLayerDigester, mostUnpacked } = await import('#archive');
  const digester = createLayerDigester({ algorithm, most: mostUnpacked(layer.length) });
  try {
    await digester.write(layer);
    return (await digester.end()).digest;
  } finally {
    digester.destroy();
  }
}
