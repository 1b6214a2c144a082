import type { Writable } from 'node:stream';
import type { Output } from '../context.ts';

const ERASE_LINE = '\u001b[2K';
const ERASE_BELOW = '\u001b[J';

/** The last lines of a terminal, drawn over and over; what is printed in between goes above them. */
export class LiveRegion {
  readonly #terminal: Output;
  #drawn: readonly string[] = [];
  #columns = 0;

  constructor(terminal: Output) {
    this.#terminal = terminal;
  }

  get size(): { readonly columns: number; readonly rows: number } {
    // A terminal that does not know its size says 0.
    return { columns: this.#terminal.columns || 80, rows: this.#terminal.rows || 24 };
  }

  /** Shows `lines` in place of those shown before. None of them is wider than the terminal. */
  draw(lines: readonly string[]): void {
    const { columns } = this.size;
    const same = sameLines(lines, this.#drawn);
    if (same && (columns === this.#columns || lines.length === 0)) return;
    const up = this.#up();
    const text = lines.map((line) => `${ERASE_LINE}${line}\n`).join('');
    this.#terminal.write(`${up}${text}${lines.length < this.#drawn.length ? ERASE_BELOW : ''}`);
    this.#drawn = lines;
    this.#columns = columns;
  }

  /** Writes whole lines above the region; `to` is this terminal too, through whichever stream. */
  above(to: Writable, text: string): void {
    const lines = this.#drawn;
    if (lines.length > 0) this.#terminal.write(`${this.#up()}${ERASE_BELOW}`);
    this.#drawn = [];
    to.write(text);
    if (lines.length > 0) this.draw(lines);
  }

  /** Lets go of the lines: they stay on the screen. */
  leave(): void {
    this.#drawn = [];
  }

  /** To the start of the first line drawn. A terminal that became narrower has broken long lines in two. */
  #up(): string {
    if (this.#drawn.length === 0) return '';
    const { columns } = this.size;
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
    return `\r\u001b[${rows}A${columns < this.#columns ? ERASE_BELOW : ''}`;
  }
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, position) => line === b[position]);
}
