import { type FileSystem, syncFile } from '#store';

/** Bytes written before the disk is set to work. */
const STRIDE = 8 * 1024 * 1024;

/**
 * Flushes a file while it is still being written, so that little is left to flush at its end: the disk works while the rest comes. Promises
 * nothing of what is flushed; a flush that fails is told by `settled`, since the system tells of it once.
 */
export class BackgroundFlush {
  readonly #fs: FileSystem;
  readonly #fd: number;
  #flushed: number;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(fs: FileSystem, fd: number, start: number) {
    this.#fs = fs;
    this.#fd = fd;
    this.#flushed = start;
  }

  /** To be called when the file has been written up to `end`. */
  written(end: number): void {
    if (end - this.#flushed < STRIDE || this.#running !== undefined) return;
    this.#flushed = end;
    this.#running = this.#flush();
  }

  /** Resolves when nothing is under way: the file may be closed then. Rejects with what a flush was refused with. */
  async settled(): Promise<void> {
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #flush(): Promise<void> {
    try {
      await syncFile(this.#fs, this.#fd);
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#running = undefined;
  }
}
