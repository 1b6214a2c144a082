/** Takes lines for a log and writes them in batches, in order. */
export interface LineSink {
  /** Takes a line, which has no line end yet. Neither waits nor throws: where the queue is full the line is dropped, counted and told of. */
  write(line: string): void;
  /** Lines that were dropped so far: the queue was full, or what they go to failed. */
  readonly dropped: number;
  /** A file is opened anew by its name, after log rotation has moved it; lines taken before may go to either. Other targets stay. */
  reopen(): void;
  /** Resolves when all lines taken so far have been written or dropped. */
  flush(): Promise<void>;
  /** Writes what is left and lets go of the file. Lines that come later are dropped. */
  close(): Promise<void>;
}

/** Where batches go: one at a time, `done` is called once when it is there or is not. */
export interface LineTarget {
  write(batch: string, done: (error?: Error | null) => void): void;
  reopen(): void;
  close(): void;
}

export interface LineSinkOptions {
  /** Most characters that wait to be written; 4 Mi by default. */
  readonly limit?: number | undefined;
  /** Called when lines are taken again after `count` were dropped; gives a line that says so, or tells it elsewhere. */
  readonly gap?: ((count: number) => string | undefined) | undefined;
}

const LIMIT = 4 * 2 ** 20;

/** A sink over a target: what is written within one turn of the event loop goes out together. */
export function createLineSink(target: LineTarget, options: LineSinkOptions = {}): LineSink {
  return new BatchingSink(target, options);
}

class BatchingSink implements LineSink {
  dropped = 0;
  readonly #target: LineTarget;
  readonly #limit: number;
  readonly #gap: LineSinkOptions['gap'];
  #queue = '';
  #lines = 0;
  /** Dropped since the last line that was taken. */
  #missing = 0;
  #busy = false;
  #closed = false;
  #waiting: (() => void)[] = [];

  constructor(target: LineTarget, { limit = LIMIT, gap }: LineSinkOptions) {
    this.#target = target;
    this.#limit = limit;
    this.#gap = gap;
  }

  write(line: string): void {
    if (this.#closed || this.#queue.length + line.length >= this.#limit) {
      this.dropped += 1;
      this.#missing += 1;
      return;
    }
    if (this.#missing > 0) this.#tellGap();
    this.#take(line);
  }

  reopen(): void {
    if (!this.#closed) this.#target.reopen();
  }

  async flush(): Promise<void> {
    if (!this.#busy) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    if (this.#missing > 0) this.#tellGap();
    this.#closed = true;
    await this.flush();
    this.#target.close();
  }

  #tellGap(): void {
    const line = this.#gap?.(this.#missing);
    this.#missing = 0;
    if (line !== undefined) this.#take(line);
  }

  #take(line: string): void {
    this.#queue += line;
    this.#queue += '\n';
    this.#lines += 1;
    if (this.#busy) return;
    this.#busy = true;
    setImmediate(this.#send);
  }

  readonly #send = (): void => {
    const batch = this.#queue;
    const lines = this.#lines;
    const waiting = this.#waiting;
    this.#queue = '';
    this.#lines = 0;
    this.#waiting = [];
    if (lines === 0) {
      this.#busy = false;
      for (const resolve of waiting) resolve();
      return;
    }
    this.#target.write(batch, (error) => {
      if (error) {
        this.dropped += lines;
        this.#missing += lines;
      }
      for (const resolve of waiting) resolve();
      setImmediate(this.#send);
    });
  };
}
