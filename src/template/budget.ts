import { LimitFailure } from './failure.ts';
import { view } from './values.ts';

/** How much one execution may do. */
export interface Limits {
  /** Statements, operands and calls, and parts for the characters and elements that functions read and make. */
  readonly steps: number;
  /** Characters, of the output and of any text on the way. */
  readonly length: number;
  /** Templates and branches within each other, as they are executed. */
  readonly depth: number;
}

export const DEFAULT_LIMITS: Limits = { steps: 2_000_000, length: 64 << 20, depth: 200 };

/** How many characters or elements count as a step: functions may look at each, output is only kept. */
const CHARACTERS = { function: 16, output: 128 };

/** Counts what an execution does, and throws LimitFailure when that is too much. */
export class Budget {
  readonly limits: Limits;
  #left: number;
  #depth = 0;

  constructor(limits: Limits) {
    this.limits = limits;
    this.#left = limits.steps;
  }

  spend(steps = 1): void {
    this.#left -= steps;
    if (this.#left < 0) throw new LimitFailure(`exceeded ${this.limits.steps} steps`);
  }

  /** Does what lies one level deeper; all of the stack that the limit may take is there. */
  deeper<T>(work: () => T): T {
    if (this.#depth >= this.limits.depth) {
      throw new LimitFailure(`exceeded maximum template depth (${this.limits.depth})`);
    }
    this.#depth += 1;
    const result = work();
    this.#depth -= 1;
    return result;
  }

  /** To be called for what is put out, and for what a function reads or makes. */
  spendOn(value: unknown, use: keyof typeof CHARACTERS): void {
    const seen = view(value);
    if (seen.kind === 'string') this.spend(seen.value.length / CHARACTERS[use]);
    else if (seen.kind === 'slice') this.spend(seen.items.length / CHARACTERS[use]);
    else if (seen.kind === 'map') this.spend(Object.keys(seen.entries).length / CHARACTERS[use]);
  }

  text(): BoundedText {
    return new BoundedText(this.limits.length);
  }
}

/** Text that grows up to a limit. */
export class BoundedText {
  readonly #limit: number;
  #length = 0;
  #pieces: string[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws LimitFailure when it gets too long; then nothing is added */
  write(piece: string): void {
    this.reserve(piece.length);
    this.#length += piece.length;
    this.#pieces.push(piece);
  }

  /** Says beforehand that `length` more characters will come. */
  reserve(length: number): void {
    if (this.#length + length > this.#limit) throw new LimitFailure(`output exceeds ${this.#limit} characters`);
  }

  toString(): string {
    this.#pieces = [this.#pieces.join('')];
    return this.#pieces[0] ?? '';
  }
}
