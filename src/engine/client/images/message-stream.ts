import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from '#bytes';
import { cancelled, DrayError, isDrayError, messageOf } from '#errors';
import type { ProgressMessage } from '../../api/progress-message.ts';
import { copies } from '../streams/copies.ts';
import { leavable } from '../streams/leavable.ts';
import { readMessage } from './read-message.ts';
import { streamError } from './stream-error.ts';

/**
 * An answer that comes as messages, while the engine works. Nothing is sent before it is used, in one of these ways, and once: another use
 * throws INVALID_OPTION. Giving up (leaving the loop, the signal) closes the connection, and with it the engine ends the work.
 *
 * - Iterated: every message as it comes. The one that tells of a failure is thrown, as with `done`.
 * - `done()`, or awaited as it is: to the end, and what came of it. So an async function that returns a stream returns what comes of it.
 *   After a loop, or beside one, it is the same end that is waited for, and nothing is sent again; of a loop that was left it rejects with CANCELLED.
 * - `raw()` and `copyTo()`: the bytes as the engine sends them. Only refusals reject; of a failure that comes later the bytes tell.
 */
export interface MessageStream<Result> extends AsyncIterable<ProgressMessage>, PromiseLike<Result> {
  /**
   * Resolves when the work is done. Rejects with the engine's text where it fails, also in the middle: UNAUTHORIZED, MANIFEST_UNKNOWN, …
   * or SERVER_FAILED, and `detail.message`; with CONNECTION_LOST where the answer has no end. `onMessage` is one more way to use it.
   */
  done(options?: { readonly onMessage?: ((message: ProgressMessage) => void) | undefined }): Promise<Result>;
  raw(): Bytes;
  /** Writes the bytes as they come, and leaves `output` open. Rejects with IO_FAILED where it takes no more. */
  copyTo(output: Writable): Promise<void>;
}

/** How a stream is asked for, and what it comes to. */
export interface MessageWork<Result> {
  /** For errors: `the pull of alpine`. */
  readonly what: string;
  objects(signal: AbortSignal): AsyncIterable<object>;
  bytes(signal: AbortSignal): Bytes;
  /** Keeps what the result needs. */
  take(message: ProgressMessage): void;
  result(): Result;
  readonly signal: AbortSignal | undefined;
}

export function createMessageStream<Result>(work: MessageWork<Result>): MessageStream<Result> {
  let isUsed = false;
  /** Of the messages, where they are read. */
  let end: Promise<void> | undefined;
  const use = (): void => {
    if (isUsed) {
      throw new DrayError('INVALID_OPTION', `${work.what} has been used already: iterate it, await it, or read it raw`);
    }
    isUsed = true;
  };
  const read = (): AsyncIterator<ProgressMessage, void, undefined> => {
    use();
    const reading = endTold(
      leavable(work.signal, (signal) => messages(work, signal)),
      work.what,
    );
    end = reading.end;
    return reading.iterator;
  };
  const done: MessageStream<Result>['done'] = async ({ onMessage } = {}) => {
    if (end === undefined || onMessage !== undefined) {
      for await (const message of { [Symbol.asyncIterator]: read }) onMessage?.(message);
    }
    await end;
    return work.result();
  };
  return {
    [Symbol.asyncIterator]: read,
    done,
    // oxlint-disable-next-line unicorn/no-thenable -- a pull that is only awaited would otherwise never begin
    then: (...take) => done().then(...take),
    raw() {
      use();
      return leavable(work.signal, (signal) => work.bytes(signal));
    },
    async copyTo(output) {
      use();
      await copy(work, output);
    },
  };
}

/** A loop over messages, and how it ends; nobody has to hear of that. */
function endTold<T>(
  loop: AsyncIterableIterator<T>,
  what: string,
): { readonly iterator: AsyncIterator<T, void, undefined>; readonly end: Promise<void> } {
  let settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  const end = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  end.catch(() => {});
  const iterator: AsyncIterator<T, void, undefined> = {
    async next() {
      try {
        const step = await loop.next();
        if (step.done === true) settle?.resolve();
        return step;
      } catch (error) {
        settle?.reject(error);
        throw error;
      }
    },
    async return() {
      settle?.reject(new DrayError('CANCELLED', `${what} was left before its end`));
      await loop.return?.();
      return { done: true, value: undefined };
    },
  };
  return { iterator, end };
}

async function* messages(
  work: MessageWork<unknown>,
  signal: AbortSignal,
): AsyncGenerator<ProgressMessage, void, undefined> {
  for await (const found of work.objects(signal)) {
    const message = readMessage(found);
    const failure = streamError(message, work.what);
    if (failure !== undefined) throw failure;
    work.take(message);
    yield message;
  }
}

async function copy(work: MessageWork<unknown>, output: Writable): Promise<void> {
  const bytes = leavable(work.signal, (signal) => copies(work.bytes(signal)));
  try {
    await pipeline(Readable.from(bytes, { objectMode: false }), output, { end: false });
  } catch (cause) {
    if (isDrayError(cause)) throw cause;
    if (work.signal?.aborted === true) throw cancelled(work.signal);
    throw new DrayError('IO_FAILED', `cannot write ${work.what}: ${messageOf(cause)}`, { cause });
  }
}
