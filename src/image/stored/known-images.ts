import type { Digest } from '#oci';
import type { KeptImage } from './kept-image.ts';

/** What a manifest said when it was read and verified. */
export interface KnownManifest {
  readonly mediaType: string;
  /** Undefined for what is no image. */
  readonly image: KeptImage | undefined;
}

interface Entry extends KnownManifest {
  readonly bytes: number;
  look: number;
}

/** Bytes of JSON that is remembered, which takes two or three times as much memory: thousands of images. What is beyond is read each time. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * What manifests of one store said. By their digests, so that it holds for ever; whether they are still there it does not know. Remembered is what the
 * last look at the whole store met.
 */
export class KnownImages {
  readonly #entries = new Map<Digest, Entry>();
  #bytes = 0;
  #looks = 0;

  /** Begins a look at the whole store. Several may go on at once. */
  begin(): number {
    this.#looks += 1;
    return this.#looks;
  }

  /** After a look has met all: forgets what neither it nor a later one has met. */
  end(look: number): void {
    for (const [digest, entry] of this.#entries) {
      if (entry.look >= look) continue;
      this.#entries.delete(digest);
      this.#bytes -= entry.bytes;
    }
  }

  get(digest: Digest): KnownManifest | undefined {
    return this.#entries.get(digest);
  }

  /** Notes that a look has met it. */
  met(digest: Digest, look: number): void {
    const entry = this.#entries.get(digest);
    if (entry !== undefined) entry.look = Math.max(entry.look, look);
  }

  add(digest: Digest, known: KnownManifest, look: number): void {
    if (this.#entries.has(digest)) return;
    const bytes = JSON.stringify(known).length;
    if (this.#bytes + bytes > MOST_BYTES) return;
    this.#entries.set(digest, { ...known, bytes, look });
    this.#bytes += bytes;
  }
}
