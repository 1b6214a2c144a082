/** Up to here a blob comes with the request that ends its upload, which saves one; a larger one by PATCH, since a registry may keep what has come of it. */
const SMALL = 1024 * 1024;
/** From here on it is not sent anew by the next run when this one was cut. */
const LONG = 4 * 1024 * 1024;
/** Sizes of pieces for where the whole is too large for one request: what proxies let through. */
const PIECES: readonly number[] = [64 * 1024 * 1024, 8 * 1024 * 1024, 512 * 1024];
const USUAL_PIECE = 8 * 1024 * 1024;

/** By one PATCH, within the PUT, or in pieces of so many bytes. */
type Way = 'stream' | 'whole' | number;

/** How a blob is sent: in the way that suits its size, until the registry will not have it so. */
export class Manner {
  readonly #size: number;
  #ways: readonly Way[];

  constructor(size: number) {
    this.#size = size;
    this.#ways = size <= SMALL ? ['whole', 'stream', USUAL_PIECE] : ['stream', USUAL_PIECE, 'whole'];
  }

  /** The blob comes with the request that ends its upload. */
  get isWhole(): boolean {
    return this.#ways[0] === 'whole';
  }

  /** An upload that takes so long that its being cut is worth a note. */
  get isLong(): boolean {
    return this.#size >= LONG;
  }

  /** Most bytes of one request, not below what the registry wants at least. */
  most(least: number): number {
    const [way] = this.#ways;
    return typeof way === 'number' ? Math.max(way, least) : this.#size;
  }

  /** False when there is no smaller piece. */
  takeSmaller(): boolean {
    const [way] = this.#ways;
    const now = typeof way === 'number' ? way : this.#size;
    const smaller = PIECES.find((piece) => piece < now);
    if (smaller === undefined) return false;
    this.#ways = [smaller];
    return true;
  }

  /** False when there is no other way. */
  takeOther(): boolean {
    this.#ways = this.#ways.slice(1);
    return this.#ways.length > 0;
  }

  /** False when it was tried. */
  takeWhole(): boolean {
    this.#ways = this.#ways.filter((way) => way === 'whole');
    return this.#ways.length > 0;
  }
}
