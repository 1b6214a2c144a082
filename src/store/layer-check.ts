import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LayerDigester } from '#archive';
import { type Digest, digestParts } from '#oci';
import { type FileRegion, readRegion } from './file-region.ts';

/** What only inflating a layer tells. */
export interface LayerFacts {
  readonly diffId: Digest;
  /** Uncompressed bytes. */
  readonly size: number;
  /** Bytes that its files hold, which is the size that docker shows; undefined where nobody has looked. */
  readonly content?: number | undefined;
}

/** Bytes given to the decompressor at once. */
const STEP = 256 * 1024;

/**
 * The uncompressed digest of a layer, found beside its transfer: follows the bytes that are in the file without a gap, reads them from there
 * and inflates them between the turns of the event loop, on this thread: zlib's pool would take a fifth more processor time and twice the
 * memory. However slow it is, what arrives does not wait for it, and it holds one buffer.
 */
export class LayerCheck {
  readonly #region: FileRegion;
  readonly #diffId: Digest;
  readonly #size: number;
  readonly #frontier: () => number;
  #stopped = false;
  #wake: (() => void) | undefined;
  #at = 0;
  #digester: LayerDigester | undefined;
  readonly #done: Promise<LayerFacts | undefined>;

  /** @param frontier where the bytes that are in the file without a gap end, now */
  constructor(region: FileRegion, diffId: Digest, size: number, frontier: () => number) {
    this.#region = region;
    this.#diffId = diffId;
    this.#size = size;
    this.#frontier = frontier;
    this.#done = this.#run();
    // Whoever asks for the result gets the error; nobody may ask.
    this.#done.catch(() => undefined);
  }

  /** More bytes are in the file. */
  advance(): void {
    if (this.#wake !== undefined && this.#ready()) this.#wake();
  }

  /** What all bytes inflate to, or undefined when it was stopped before. Rejects with CORRUPT_LAYER, or TOO_LARGE for a bomb. */
  async finish(): Promise<LayerFacts | undefined> {
    this.#wake?.();
    return this.#done;
  }

  /** Resolves when the file is no longer read. */
  async stop(): Promise<void> {
    this.#stopped = true;
    // What little is left to inflate may be much when it comes out.
    this.#digester?.destroy();
    this.#wake?.();
    await this.#done.catch(() => undefined);
  }

  #ready(): boolean {
    const frontier = this.#frontier();
    return frontier - this.#at >= STEP || frontier >= this.#size;
  }

  async #run(): Promise<LayerFacts | undefined> {
    // Inflating is only loaded where a layer arrives.
    const { createLayerDigester, mostUnpacked } = await import('#archive');
    const { algorithm } = digestParts(this.#diffId);
    const digester = createLayerDigester({ algorithm, most: mostUnpacked(this.#size) });
    this.#digester = digester;
    const buffer = Buffer.allocUnsafeSlow(Math.min(STEP, Math.max(this.#size, 1)));
    while (this.#at < this.#size && !this.#stopped) {
      if (!this.#ready()) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
        continue;
      }
      const chunk = buffer.subarray(0, Math.min(buffer.length, this.#size - this.#at));
      readRegion(this.#region, this.#at, chunk);
      await digester.write(chunk);
      this.#at += chunk.length;
      // Sockets, timers and the heartbeat of locks go between: a partial of an earlier run may be long.
      await nextTurn();
    }
    if (this.#stopped) {
      digester.destroy();
      return undefined;
    }
    const { digest, size, content } = await digester.end();
    return { diffId: digest, size, ...(content !== undefined && { content }) };
  }
}
