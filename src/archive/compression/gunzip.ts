import type { Gunzip } from 'node:zlib';
import type { Bytes } from '#bytes';
import { corruptLayer } from './corrupt.ts';
import { openGunzipStream, openStepDecoder, type StepDecoder } from './engine.ts';
import { runSteps } from './run-steps.ts';

const NOTHING = new Uint8Array(0);

/** Undoes gzip of any number of members, on this thread. Zero bytes after the last one are padding; anything else there is an error. */
export function gunzip(source: Bytes): Bytes {
  const decoder = openStepDecoder('gzip');
  return decoder === undefined ? gunzipInPool(source) : gunzipHere(source, decoder);
}

async function* gunzipHere(source: Bytes, decoder: StepDecoder): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  let padding = false;
  try {
    for await (const chunk of source) {
      let taken = 0;
      try {
        if (!padding) taken = yield* runSteps(decoder, chunk);
      } catch (error) {
        throw corruptLayer('gzip', position, error);
      }
      padding ||= taken < chunk.length;
      if (padding) expectZeros(chunk.subarray(taken), position + taken);
      position += chunk.length;
    }
    if (padding) return;
    try {
      yield* runSteps(decoder, NOTHING, true);
    } catch (error) {
      throw corruptLayer('gzip', position, error);
    }
  } finally {
    decoder.close();
  }
}

/** The same in zlib's thread pool, by its public interface: where this Node's inner one is not as we know it. */
export async function* gunzipInPool(source: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = openGunzipStream();
  const fed = feed(stream, source);
  // Awaited below; until then a failure of the source must not count as unhandled.
  fed.catch((error: unknown) => stream.destroy(error as Error));
  try {
    try {
      for await (const chunk of stream) yield chunk as Uint8Array;
    } catch (error) {
      throw isZlibError(error) ? corruptLayer('gzip', stream.bytesWritten, error) : error;
    }
    await fed;
  } finally {
    stream.destroy();
  }
}

/** zlib's own errors have an `errno`, those of a source that failed do not. */
function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && 'code' in error && String(error.code).startsWith('Z_');
}

/** Writes the source into the stream. The stream takes nothing more after a member that zeros follow: the rest is looked at here. */
async function feed(stream: Gunzip, source: Bytes): Promise<void> {
  let position = 0;
  let padding = false;
  for await (const chunk of source) {
    if (!padding) await written(stream, chunk);
    if (stream.errored !== null) return;
    const taken = stream.bytesWritten - position;
    padding ||= taken < chunk.length;
    if (padding) expectZeros(chunk.subarray(Math.max(taken, 0)), position + Math.max(taken, 0));
    position += chunk.length;
  }
  if (!padding) stream.end();
}

/** Resolves when the stream has used the chunk up, or will never use more of it. */
function written(stream: Gunzip, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('end', done).off('close', done);
      resolve();
    };
    stream.once('end', done).once('close', done);
    stream.write(chunk, done);
  });
}

function expectZeros(rest: Uint8Array, position: number): void {
  const other = rest.findIndex((byte) => byte !== 0);
  if (other >= 0) throw corruptLayer('gzip', position + other, 'unknown data after the last member');
}
