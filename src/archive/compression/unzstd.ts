import type { Bytes } from '#bytes';
import { hasCode } from '#errors';
import { type FrameRun, LARGEST_WINDOW, ZstdFrames } from '../zstd/frames.ts';
import { LARGEST_BLOCK } from '../zstd/literals.ts';
import { corruptLayer } from './corrupt.ts';
import { openStepDecoder } from './engine.ts';
import { runSteps } from './run-steps.ts';
import { windowBudget } from './window-budget.ts';

/** Decodes the runs of frame after frame. */
export interface RunDecoder {
  /** What a run gives; each chunk is good until the next one is asked for. */
  decode(run: FrameRun): Iterable<Uint8Array>;
  close(): void;
}

/** Undoes zstd of any number of frames, on this thread: by Node where it can (from 22.15), else by code of our own. */
export async function* unzstd(source: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  yield* decodeFrames(source, nativeDecoder() ?? (await scriptDecoder()));
}

export async function* decodeFrames(source: Bytes, decoder: RunDecoder): AsyncGenerator<Uint8Array, void, undefined> {
  const frames = new ZstdFrames();
  const share = windowBudget(LARGEST_WINDOW).share();
  try {
    for await (const chunk of source) {
      try {
        for (const run of frames.scan(chunk)) {
          await share.hold(run.window);
          yield* decoder.decode(run);
        }
      } catch (error) {
        throw hasCode(error, 'BUSY') ? error : corruptLayer('zstd', frames.position, error);
      }
    }
    if (frames.inside) throw corruptLayer('zstd', frames.position, 'unexpected end');
  } finally {
    share.end();
    decoder.close();
  }
}

export function nativeDecoder(): RunDecoder | undefined {
  const decoder = openStepDecoder('zstd');
  if (decoder === undefined) return undefined;
  return { decode: (run) => runSteps(decoder, run.bytes), close: () => decoder.close() };
}

export async function scriptDecoder(): Promise<RunDecoder> {
  const { ZstdDecoder } = await import('../zstd/decoder.ts');
  const decoder = new ZstdDecoder();
  let begun = false;
  const body = new Uint8Array(LARGEST_BLOCK);
  let length = 0;
  return {
    *decode({ bytes, block, window, startsFrame, endsBlock }) {
      if (startsFrame) begun = false;
      if (block === undefined) return;
      if (!begun) decoder.restart(window);
      begun = true;
      body.set(bytes, length);
      length += bytes.length;
      if (!endsBlock) return;
      const output = decoder.decode(block, body.subarray(0, length));
      length = 0;
      if (output.length > 0) yield output;
    },
    close: () => undefined,
  };
}
