import type { Writable } from 'node:stream';
import type { Source } from '#content';
import { cancelled, DrayError, errnoOf } from '#errors';
import { fileFailure } from '../failure.ts';
import type { Finished } from './open.ts';
import type { ArchivePlan } from './plan.ts';
import { type ProduceOptions, produceArchive } from './produce.ts';

/** Bytes written at once. */
const CHUNK = 1024 * 1024;

/**
 * Writes the archive into a stream, which is not ended, and resolves when the stream has taken all of it. Each blob is checked as it passes. Rejects
 * with CANCELLED when nobody reads any more, with DISK_FULL or IO_FAILED where the stream fails, with DIGEST_MISMATCH, SIZE_MISMATCH or
 * whatever the source rejects with; what was written until then is no archive.
 */
export async function writeArchive(
  plan: ArchivePlan,
  source: Source,
  sink: Writable,
  options: ProduceOptions = {},
): Promise<Finished> {
  const writer = new SinkWriter(sink, options.signal);
  try {
    await produceArchive(plan, source, (bytes) => writer.add(bytes), options);
    await writer.flush();
    return { size: writer.written };
  } finally {
    writer.detach();
  }
}

/** Gathers bytes into large chunks of their own, since a stream may keep what it is given, and waits whenever the stream wants it. */
export class SinkWriter {
  written = 0;
  readonly #sink: Writable;
  readonly #signal: AbortSignal | undefined;
  #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #filled = 0;
  #underWay = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(sink: Writable, signal: AbortSignal | undefined) {
    this.#sink = sink;
    this.#signal = signal;
    sink.on('error', this.#onError).on('drain', this.#onChange).on('close', this.#onChange);
    signal?.addEventListener('abort', this.#onChange);
  }

  async add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + CHUNK - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === CHUNK) await this.#send();
    }
  }

  /** Resolves when the stream is done with all of it. */
  async flush(): Promise<void> {
    await this.#send();
    await this.#until(() => this.#underWay === 0);
  }

  detach(): void {
    this.#sink.off('drain', this.#onChange).off('close', this.#onChange);
    this.#signal?.removeEventListener('abort', this.#onChange);
    // A write that is still under way may fail later: nobody is there to hear it.
    if (this.#underWay === 0) this.#sink.off('error', this.#onError);
  }

  async #send(): Promise<void> {
    const chunk = this.#chunk.subarray(0, this.#filled);
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK);
    this.#filled = 0;
    this.#check();
    this.#underWay += 1;
    this.#sink.write(chunk, () => {
      this.#underWay -= 1;
      this.#wake?.();
    });
    this.written += chunk.length;
    await this.#until(() => !this.#sink.writableNeedDrain);
  }

  async #until(done: () => boolean): Promise<void> {
    for (;;) {
      this.#check();
      if (done()) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #check(): void {
    if (this.#signal?.aborted === true) throw cancelled(this.#signal);
    const failure = this.#failure ?? this.#sink.errored;
    if (failure !== null && failure !== undefined) throw asSinkFailure(failure);
    if (this.#sink.destroyed || this.#sink.writableEnded) throw gone(undefined);
  }

  readonly #onChange = (): void => this.#wake?.();

  readonly #onError = (error: Error): void => {
    this.#failure = error;
    this.#wake?.();
  };
}

function asSinkFailure(error: Error): DrayError {
  const code = errnoOf(error);
  const closed = code === 'EPIPE' || code === 'ECONNRESET' || code?.startsWith('ERR_STREAM_') === true;
  return closed ? gone(error) : fileFailure('writing the archive', error, {}, false);
}

function gone(cause: Error | undefined): DrayError {
  return new DrayError('CANCELLED', 'whoever read the archive stopped before its end', { cause });
}
