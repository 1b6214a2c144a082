import type { Sink } from '#bytes';
import { DrayError } from '#errors';
import { type Framing, UntilClose } from './body-framing.ts';
import type { HttpBody } from './types.ts';

/** A rest up to this size is cheaper to read away than a new connection is to make: bytes, and milliseconds to wait for them. */
const SHORT_REST = 65_536;
const SHORT_WAIT = 1000;

/** What a body needs of the exchange that it belongs to. */
export interface BodyOwner {
  /** Lets more bytes come. */
  resume(): void;
  /** The body has been read to its end: the connection may serve the next exchange. */
  complete(): void;
  /** Nobody wants the rest: the connection is closed. */
  abandon(): void;
  /** What the framing threw, as the error that readers get. */
  explain(error: unknown): unknown;
}

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export class ResponseBody implements HttpBody {
  /** Bytes of content handed out so far. */
  received = 0;
  readonly #framing: Framing;
  readonly #owner: BodyOwner;
  #mode: 'unread' | 'pour' | 'iterate' | 'over' = 'unread';
  #failure: { readonly error: unknown } | undefined;
  #sink: Sink = () => true;
  #poured: Waiter<void> | undefined;
  #asked: Waiter<IteratorResult<Uint8Array, undefined>> | undefined;
  #givingUp: NodeJS.Timeout | undefined;
  readonly #whenOver: (() => void)[] = [];

  constructor(framing: Framing, owner: BodyOwner) {
    this.#framing = framing;
    this.#owner = owner;
  }

  get length(): number | undefined {
    return this.#framing.length;
  }

  /** True while somebody waits for bytes: a reader that takes its time is no stall of the server. */
  get waiting(): boolean {
    return this.#mode === 'pour' || this.#asked !== undefined;
  }

  pour(sink: Sink): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#claim('pour');
      this.#sink = sink;
      this.#poured = { resolve, reject };
      this.#pump();
      if (this.#mode === 'pour') this.#owner.resume();
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined, undefined> {
    if (this.#failure === undefined) this.#claim('iterate');
    return {
      next: () => this.#ask(),
      return: () => {
        void this.discard();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  discard(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#mode === 'over') return resolve();
      this.#whenOver.push(resolve);
      if (this.#givingUp !== undefined) return;
      this.#giveUp();
      this.#pump();
      if (this.#mode === 'pour') this.#owner.resume();
    });
  }

  /** The wire has brought `chunk`. False: the reader will ask (`resume`) before it wants more. */
  feed(chunk: Uint8Array): boolean {
    this.#framing.feed(chunk);
    if (this.#mode === 'pour') {
      this.#pump();
      return true;
    }
    return this.#asked !== undefined && this.#offer(this.#asked);
  }

  /** The other side has closed. False when that cuts the body short. */
  close(): boolean {
    if (this.#mode === 'over') return true;
    if (!this.#framing.close()) return false;
    if (this.#mode !== 'unread') this.#finish();
    return true;
  }

  /** Ends the body with `error`, for whoever waits, or else for whoever asks next. */
  fail(error: unknown): void {
    if (this.#mode === 'over') return;
    this.#failure = { error };
    this.#end();
  }

  #claim(mode: 'pour' | 'iterate'): void {
    if (this.#mode !== 'unread') throw new DrayError('BUG', 'the body of a response was read twice');
    this.#mode = mode;
  }

  /** Hands the sink all that the framing has now. */
  #pump(): void {
    try {
      while (this.#mode === 'pour') {
        const piece = this.#framing.take();
        if (piece === undefined) break;
        this.received += piece.length;
        if (this.#sink(piece) === false && this.#mode === 'pour') this.#giveUp();
      }
    } catch (error) {
      this.#break(error);
    }
    if (this.#mode === 'pour' && this.#framing.done) this.#finish();
  }

  #ask(): Promise<IteratorResult<Uint8Array, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#mode !== 'iterate') return resolve({ done: true, value: undefined });
      this.#asked = { resolve, reject };
      if (this.#offer(this.#asked)) this.#owner.resume();
    });
  }

  /** Gives the asking reader the next piece, or the end. True when more must come first. */
  #offer({ resolve }: Waiter<IteratorResult<Uint8Array, undefined>>): boolean {
    try {
      const piece = this.#framing.take();
      if (piece !== undefined) {
        this.received += piece.length;
        this.#asked = undefined;
        resolve({ done: false, value: piece });
        return false;
      }
    } catch (error) {
      this.#break(error);
      return false;
    }
    if (this.#framing.done) this.#finish();
    return true;
  }

  /** The reader has had enough: from here on the rest goes nowhere, and only if it is short. */
  #giveUp(): void {
    const { length } = this.#framing;
    const long = length === undefined ? this.#framing instanceof UntilClose : length - this.received > SHORT_REST;
    if (long || this.#givingUp !== undefined) return this.#abandon();
    this.#mode = 'pour';
    let quota = SHORT_REST;
    this.#sink = (piece) => {
      quota -= piece.length;
      return quota > 0;
    };
    this.#givingUp = setTimeout(() => this.#abandon(), SHORT_WAIT);
    this.#answer();
  }

  #break(error: unknown): void {
    this.#owner.abandon();
    this.fail(this.#owner.explain(error));
  }

  #abandon(): void {
    if (this.#mode === 'over') return;
    this.#owner.abandon();
    this.#end();
  }

  #finish(): void {
    this.#owner.complete();
    this.#end();
  }

  #end(): void {
    this.#mode = 'over';
    clearTimeout(this.#givingUp);
    this.#answer();
    for (const resolve of this.#whenOver.splice(0)) resolve();
  }

  /** Settles whoever waits: with the failure where there is one. */
  #answer(): void {
    const { resolve, reject } = this.#poured ?? {};
    const asked = this.#asked;
    this.#poured = undefined;
    this.#asked = undefined;
    if (this.#failure === undefined) {
      resolve?.();
      asked?.resolve({ done: true, value: undefined });
    } else {
      reject?.(this.#failure.error);
      asked?.reject(this.#failure.error);
    }
  }
}
