import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from '#bytes';
import { cancelled, DrayError, isDrayError, messageOf } from '#errors';
import type { ProgressMessage } from '../../api/progress-message.ts';
import { readMessage } from './read-message.ts';
import { streamError } from './stream-error.ts';

/**
 * An answer that comes as messages, while the engine works. Nothing is sent before it is used, in one of these ways, and in one alone: a
 * second use throws INVALID_OPTION. Giving up (leaving the loop, the signal) closes the connection, and with it the engine ends the work.
 *
 * - Iterated: every message as it comes. The one that tells of a failure is thrown, as with `done`.
 * - `done()`, or awaited as it is: to the end, and what came of it. So an async function that returns a stream returns what comes of it.
 * - `raw()` and `copyTo()`: the bytes as the engine sends them. Only refusals reject; of a failure that comes later the bytes tell.
 */
export interface MessageStream<Result> extends AsyncIterable<ProgressMessage>, PromiseLike<Result> {
  /**
   * Resolves when the work is done. Rejects with the engine's text where it fails, also in the middle: UNAUTHORIZED, MANIFEST_UNKNOWN, …
   * or SERVER_FAILED, and `detail.message`; with CONNECTION_LOST where the answer has no end.
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
  objects(): AsyncIterable<object>;
  bytes(): Bytes;
  /** Keeps what the result needs. */
  take(message: ProgressMessage): void;
  result(): Result;
  readonly signal: AbortSignal | undefined;
}

export function createMessageStream<Result>(work: MessageWork<Result>): MessageStream<Result> {
  let isUsed = false;
  const use = (): void => {
    if (isUsed) {
      throw new DrayError('INVALID_OPTION', `${work.what} has been used already: iterate it, await it, or read it raw`);
    }
    isUsed = true;
  };
  const raw = (): Bytes => {
    use();
    return work.bytes();
  };
  const done: MessageStream<Result>['done'] = async ({ onMessage } = {}) => {
    use();
    for await (const message of messages(work)) onMessage?.(message);
    return work.result();
  };
  return {
    [Symbol.asyncIterator]() {
      use();
      return messages(work);
    },
    done,
    // oxlint-disable-next-line unicorn/no-thenable -- a pull that is only awaited would otherwise never begin
    then: (...take) => done().then(...take),
    raw,
    async copyTo(output) {
      await copy(raw(), output, work);
    },
  };
}

async function* messages(work: MessageWork<unknown>): AsyncGenerator<ProgressMessage, void, undefined> {
  for await (const found of work.objects()) {
    const message = readMessage(found);
    const failure = streamError(message, work.what);
    if (failure !== undefined) throw failure;
    work.take(message);
    yield message;
  }
}

async function copy(bytes: Bytes, output: Writable, work: MessageWork<unknown>): Promise<void> {
  // The writer may keep a chunk for longer than it is ours.
  const copies = async function* (): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of bytes) yield Buffer.from(chunk);
  };
  try {
    await pipeline(Readable.from(copies(), { objectMode: false }), output, { end: false });
  } catch (cause) {
    if (isDrayError(cause)) throw cause;
    if (work.signal?.aborted === true) throw cancelled(work.signal);
    throw new DrayError('IO_FAILED', `cannot write ${work.what}: ${messageOf(cause)}`, { cause });
  }
}
