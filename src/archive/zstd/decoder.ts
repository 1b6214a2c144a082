import type { FrameBlock } from './frames.ts';
import { Literals } from './literals.ts';
import { Sequences } from './sequences.ts';
import { Window } from './window.ts';

/**
 * Decodes zstd blocks in JavaScript, for Nodes that cannot (RFC 8878). A block costs and holds no more than its 128 KiB, whatever it says. Checksums
 * are not looked at: a layer has its digest for that.
 */
export class ZstdDecoder {
  readonly #window = new Window();
  readonly #literals = new Literals();
  readonly #sequences = new Sequences();
  readonly #offsets = Int32Array.of(1, 4, 8);

  /** Begins a frame. */
  restart(window: number): void {
    this.#window.restart(window);
    this.#literals.restart();
    this.#sequences.restart();
    this.#offsets.set([1, 4, 8]);
  }

  /** Frees the window at once; begin a frame before the next block. */
  close(): void {
    this.#window.close();
  }

  /** What a block becomes; good until the next call of anything here. Throws what is wrong with it. */
  decode(block: FrameBlock, body: Uint8Array): Uint8Array {
    const window = this.#window;
    window.begin();
    if (block.type === 'raw') window.append(body, 0, body.length);
    else if (block.type === 'rle') window.fill(body[0] ?? 0, block.size);
    else this.#decodeCompressed(body);
    return window.block;
  }

  #decodeCompressed(body: Uint8Array): void {
    const window = this.#window;
    const literals = this.#literals;
    const start = literals.read(body);
    const sequences = this.#sequences;
    sequences.read(body, start);
    let used = 0;
    for (let i = 0; i < sequences.count; i++) {
      const length = sequences.literals[i] as number;
      if (used + length > literals.length) throw new Error('a block has too few literals');
      window.append(literals.bytes, used, length);
      used += length;
      window.repeat(this.#offsetOf(sequences.offsets[i] as number, length), sequences.matches[i] as number);
    }
    window.append(literals.bytes, used, literals.length - used);
  }

  /** Small numbers stand for one of the last three offsets (RFC 8878, 3.1.1.5). */
  #offsetOf(offset: number, literals: number): number {
    const last = this.#offsets;
    const first = last[0] as number;
    const second = last[1] as number;
    const third = last[2] as number;
    if (offset > 3) {
      last[2] = second;
      last[1] = first;
      last[0] = offset - 3;
      return offset - 3;
    }
    const which = literals === 0 ? offset : offset - 1;
    if (which === 0) return first;
    const found = which === 1 ? second : which === 2 ? third : first - 1;
    if (found === 0) throw new Error('a match has no offset');
    if (which > 1) last[2] = second;
    last[1] = first;
    last[0] = found;
    return found;
  }
}
