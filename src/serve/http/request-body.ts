import type { PourableBytes, Sink } from '#bytes';
import { DrayError, errnoOf } from '#errors';
import { apiError } from './api-error.ts';
import type { Exchange } from './exchange.ts';
import { release } from './release.ts';

/** Whoever brings fewer bytes than this within the time-out has stalled: one byte now and then is no progress. */
const LEAST_PROGRESS = 1024;

/**
 * The body of a request. Rejects with CONNECTION_LOST when the client goes away in the middle, with an ApiError 408 when it sends nothing for
 * `stallTimeout` milliseconds.
 */
export function requestBody(exchange: Exchange, stallTimeout: number): PourableBytes {
  return new RequestBody(exchange, stallTimeout);
}

class RequestBody implements PourableBytes {
  readonly #exchange: Exchange;
  readonly #stallTimeout: number;

  constructor(exchange: Exchange, stallTimeout: number) {
    this.#exchange = exchange;
    this.#stallTimeout = stallTimeout;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const { message } = this.#begin();
    const stop = this.#watch((error) => message.destroy(error));
    try {
      for await (const chunk of message as AsyncIterable<Buffer>) {
        this.#exchange.received += chunk.length;
        yield chunk;
        release(chunk);
      }
    } catch (error) {
      throw asLoss(error);
    } finally {
      stop();
    }
    if (!message.complete) throw lost();
  }

  pour(sink: Sink): Promise<void> {
    const exchange = this.#begin();
    const { message } = exchange;
    return new Promise<void>((resolve, reject) => {
      const end = (error?: unknown): void => {
        stop();
        message.off('data', take).off('end', onEnd).off('close', onClose).off('error', end);
        // What is not read any more is dropped, or ends with the connection; neither is a failure then.
        message.on('error', () => {});
        if (error === undefined) resolve();
        else reject(asLoss(error));
      };
      const take = (chunk: Buffer): void => {
        exchange.received += chunk.length;
        try {
          if (sink(chunk) === false) end();
          release(chunk);
        } catch (error) {
          end(error);
        }
      };
      const onEnd = (): void => end();
      const onClose = (): void => end(message.complete ? undefined : lost());
      const stop = this.#watch(end);
      message.on('data', take).on('end', onEnd).on('close', onClose).on('error', end);
      if (message.readableEnded) end();
      else if (message.destroyed) onClose();
    });
  }

  /** The client may be waiting for a word before it sends anything. */
  #begin(): Exchange {
    const { message, response } = this.#exchange;
    if (message.headers.expect?.toLowerCase() === '100-continue' && !response.headersSent) response.writeContinue();
    return this.#exchange;
  }

  #watch(onStall: (error: Error) => void): () => void {
    let before = this.#exchange.received;
    const timer = setInterval(() => {
      const { received } = this.#exchange;
      if (received - before < LEAST_PROGRESS) {
        onStall(apiError(408, 'UNKNOWN', `the body of the request stood still for ${this.#stallTimeout / 1000} s`));
      }
      before = received;
    }, this.#stallTimeout).unref();
    return () => clearInterval(timer);
  }
}

function lost(): DrayError {
  return new DrayError('CONNECTION_LOST', 'the client went away before its request was whole');
}

function asLoss(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('the body of a request could not be taken', { cause: error });
  const code = errnoOf(error);
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'EPIPE' ? lost() : error;
}
