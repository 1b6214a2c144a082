import type { Duplex, Readable, Writable } from 'node:stream';
import { cancelled, DrayError, errnoOf, isDrayError } from '#errors';
import { onAbort } from '#transport';
import { type Arriving, arriving } from './arriving.ts';
import { closable } from './closable.ts';
import { demultiplex } from './demultiplex.ts';
import type { Frame } from './frame.ts';
import { inputOf } from './input.ts';
import { rawFrames } from './raw-frames.ts';
import { type Readers, readersOf } from './readers.ts';

/**
 * A container's streams, or those of a command in it. The output is read once: by `frames`, or by `stdout` and `stderr`. Who does not read
 * makes the container wait once the connection is full.
 */
export interface Attached {
  /** True: it has a terminal, so that all it says is stdout. */
  readonly hasTerminal: boolean;
  /**
   * Its input. Ending it leaves the output open where the container was created with StdinOnce and without a terminal; otherwise Docker's
   * engine ends the output with it. It is ended from the beginning where no input was asked for, and closed when the container ends,
   * without an error for what was not read any more.
   */
  readonly stdin: Writable;
  /** What it says, in the order in which it came. Leaving the loop closes the connection. */
  frames(): AsyncIterable<Frame>;
  /** Both streams have to be read, for they come over one connection; ask for only one of them when attaching to read only one. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Resolves when the output has been read to its end, or given up; rejects as the reader does: CONNECTION_LOST, BAD_RESPONSE, CANCELLED. No
   * rejection of it is left unhandled, nor an error of `stdout` and `stderr` that nobody listens to.
   */
  readonly done: Promise<void>;
  /** Closes the connection; the container goes on, and what has not been read is lost. */
  close(): void;
}

export interface AttachedOptions {
  /** For errors: `the output of web`. */
  readonly what: string;
  readonly isMultiplexed: boolean;
  readonly hasInput: boolean;
  /** Closes the connection as soon as it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** The streams that a connection carries. */
export function attachedTo(stream: Duplex, options: AttachedOptions): Attached {
  const { what, isMultiplexed, hasInput, signal } = options;
  const arrived = arriving(stream);
  const stdin = inputOf(stream);
  if (!hasInput) stdin.end();
  const release = onAbort(signal, () => arrived.close(signal === undefined ? undefined : cancelled(signal)));
  stream.once('close', release);
  if (signal?.aborted === true) arrived.close(cancelled(signal));

  let settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  done.catch(() => {});

  async function* read(): AsyncGenerator<Frame, void, undefined> {
    const bytes = outputOf(arrived, what, hasInput);
    try {
      yield* isMultiplexed ? demultiplex(bytes, what) : rawFrames(bytes);
      settle?.resolve();
    } catch (error) {
      // Given up in the middle of a frame.
      if (isClosed) return;
      settle?.reject(error);
      throw error;
    } finally {
      close();
    }
  }
  let isClosed = false;
  const close = (): void => {
    isClosed = true;
    arrived.close();
    stdin.destroy();
    settle?.resolve();
  };
  let isRead = false;
  const frames = (): AsyncIterableIterator<Frame> => {
    if (isRead) throw new DrayError('INVALID_OPTION', `${what} is being read already: it comes only once`);
    isRead = true;
    return closable(read(), close);
  };
  let readers: Readers | undefined;
  const inTwo = (): Readers => (readers ??= readersOf(frames()));
  return {
    hasTerminal: !isMultiplexed,
    stdin,
    frames,
    get stdout() {
      return inTwo().stdout;
    },
    get stderr() {
      return inTwo().stderr;
    },
    done,
    close,
  };
}

/** What comes, with errors that say what was lost. */
async function* outputOf(
  arrived: Arriving,
  what: string,
  hasInput: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* arrived.bytes();
  } catch (error) {
    if (isDrayError(error)) throw error;
    // An engine that closes with input unread makes of the end a reset; the end of the last frame is checked all the same.
    if (hasInput && isReset(error)) return;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DrayError('CONNECTION_LOST', `${what}: the connection to the engine was lost: ${reason}`, {
      cause: error,
    });
  }
}

function isReset(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(errnoOf(error) ?? '');
}
