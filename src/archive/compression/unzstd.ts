import type { Bytes } from '#bytes';
import { hasCode } from '#errors';
import { type FrameRun, LARGEST_WINDOW, ZstdFrames } from '../zstd/frames.ts';
import { LARGEST_BLOCK } from '../zstd/literals.ts';
import { corruptLayer } from './corrupt.ts';
import { openStepDecoder, type StepDecoder } from './engine.ts';
import { runSteps } from './run-steps.ts';
import { type WindowShare, windowBudget } from './window-budget.ts';

/** Decodes the runs of frame after frame. */
export interface RunDecoder {
  /** What a run gives; each chunk is good until the next one is asked for. */
  decode(run: FrameRun): Iterable<Uint8Array>;
  /** Frees the window, at once. A later run may only be that of a frame whose window was not known before. */
  close(): void;
}

/** Least that is held, so that frames whose windows grow by a byte each do not have the decoder begin anew for each. */
const LEAST = 1024 * 1024;

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
          await holdEnough(share, run.window, decoder);
          yield* decoder.decode(run);
        }
      } catch (error) {
        throw hasCode(error, 'BUSY') ? error : corruptLayer('zstd', frames.position, error);
      }
    }
    if (frames.inside) throw corruptLayer('zstd', frames.position, 'unexpected end');
  } finally {
    decoder.close();
    share.end();
  }
}

/** A decoder keeps its window for the next frame, however small that one's is: so does the share. */
async function holdEnough(share: WindowShare, window: number, decoder: RunDecoder): Promise<void> {
  if (window <= share.held) return;
  if (share.held > 0) decoder.close();
  await share.hold(Math.max(LEAST, 2 ** Math.ceil(Math.log2(window))));
}

export function nativeDecoder(): RunDecoder | undefined {
  let decoder = openStepDecoder('zstd');
  if (decoder === undefined) return undefined;
  /** Of a frame whose window is not known yet. */
  let head: Uint8Array[] = [];
  return {
    *decode({ bytes, window }) {
      if (window === 0) {
        head.push(bytes.slice());
        return;
      }
      decoder ??= openStepDecoder('zstd') as StepDecoder;
      for (const part of [...head, bytes]) yield* runSteps(decoder, part);
      head = [];
    },
    close: () => {
      decoder?.close();
      decoder = undefined;
    },
  };
}

export async function scriptDecoder(): Promise<RunDecoder> {
  const { ZstdDecoder } = await import('../zstd/decoder.ts');
  const decoder = new ZstdDecoder();
  let begun = false;
  const body = new Uint8Array(LARGEST_BLOCK);
  // A reader that stops may still look at what it got last, when the window is gone.
  const output = new Uint8Array(LARGEST_BLOCK);
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
      const decoded = decoder.decode(block, body.subarray(0, length));
      length = 0;
      output.set(decoded);
      if (decoded.length > 0) yield output.subarray(0, decoded.length);
    },
    close: () => decoder.close(),
  };
}
