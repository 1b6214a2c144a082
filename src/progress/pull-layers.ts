import { type Digest, shortId } from '#oci';
import { type DockerStepsOptions, retryStatus } from './docker-step.ts';
import type { BlobRetry, BlobState, ImagePlanned } from './events.ts';

/** The steps of the layers of a pull. */
export class PullLayers {
  readonly #tell: DockerStepsOptions['tell'];
  readonly #each: boolean;
  readonly #states = new Map<Digest, BlobState['state']>();
  /** Layers in docker's order that have begun and are not yet told as complete. */
  readonly #pending: Digest[] = [];
  readonly #layersOf = new Map<string, Set<Digest>>();
  /** Layers of images that are here: docker says nothing of those. */
  readonly #silent = new Set<Digest>();
  readonly #loud = new Set<Digest>();
  readonly #told = new Set<Digest>();

  constructor({ tell, layers }: DockerStepsOptions) {
    this.#tell = tell;
    this.#each = layers === 'each';
  }

  planned({ reference, layers, present, total, isKnown = present >= total }: ImagePlanned): void {
    const known = this.#layersOf.get(reference) ?? new Set();
    this.#layersOf.set(reference, known);
    for (const { digest } of layers) {
      known.add(digest);
      (isKnown ? this.#silent : this.#loud).add(digest);
    }
  }

  changed({ digest, state }: BlobState): void {
    const before = this.#states.get(digest);
    // A layer that was brought is found to be there when another endpoint, or another image, wants it.
    const came = state === 'exists' && before !== undefined && before !== 'exists';
    this.#states.set(digest, came ? 'done' : state);
    if (came) return this.#complete();
    if (state === 'exists') {
      const known = this.#loud.has(digest) || !this.#silent.has(digest);
      if (before === undefined && known) this.#change(digest, 'Already exists');
      return;
    }
    if (before === undefined || before === 'exists') {
      this.#pending.push(digest);
      this.#change(digest, 'Pulling fs layer');
    }
    if (state === 'waiting') this.#change(digest, 'Waiting');
    else if (state === 'verifying') this.#change(digest, 'Verifying Checksum');
    else if (state === 'done') {
      this.#change(digest, 'Download complete');
      this.#complete();
    }
  }

  retried({ digest, delay }: BlobRetry): void {
    this.#change(digest, retryStatus(delay));
  }

  /** The image is done: where changes were not told, each of its layers gets its one step. */
  settled(reference: string): void {
    if (this.#each) return;
    for (const digest of this.#layersOf.get(reference) ?? []) {
      const state = this.#states.get(digest);
      if (this.#told.has(digest) || (state === 'exists' && !this.#loud.has(digest))) continue;
      if (state === 'exists') this.#step(digest, 'Already exists');
      else if (state === 'done') this.#step(digest, 'Pull complete');
      this.#told.add(digest);
    }
  }

  #change(digest: Digest, status: string): void {
    if (this.#each) this.#step(digest, status);
  }

  #step(digest: Digest, status: string): void {
    this.#tell({ id: shortId(digest), status, isLayers: true });
  }

  /** docker unpacks layers in their order, so none is complete before those under it. */
  #complete(): void {
    for (;;) {
      const [first] = this.#pending;
      if (first === undefined || this.#states.get(first) !== 'done') return;
      this.#change(first, 'Pull complete');
      this.#pending.shift();
    }
  }
}
