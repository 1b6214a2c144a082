import type { Bytes } from '#bytes';
import { corruptLayer } from './corrupt.ts';
import { openStepDecoder } from './engine.ts';
import { runSteps } from './run-steps.ts';
import { WindowBudget } from './window-budget.ts';
import { type FrameRun, LARGEST_WINDOW, ZstdFrames } from './zstd-frames.ts';

/** Decodes the runs of frame after frame. */
interface FrameDecoder {
  decode(run: FrameRun): AsyncIterable<Uint8Array>;
  close(): void;
}

const budget = new WindowBudget(LARGEST_WINDOW);

/** Undoes zstd of any number of frames, on this thread: by Node where it can (from 22.15), else by the slower fzstd. */
export async function* unzstd(source: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const frames = new ZstdFrames();
  const decoder = nativeDecoder() ?? (await scriptDecoder());
  let held = 0;
  try {
    for await (const chunk of source) {
      try {
        for (const run of frames.scan(chunk)) {
          if (run.window > held) {
            await budget.take(run.window);
            held = run.window;
          }
          yield* decoder.decode(run);
          if (run.endsFrame) {
            budget.give(held);
            held = 0;
          }
        }
      } catch (error) {
        throw corruptLayer('zstd', frames.position, error);
      }
    }
    if (frames.inside) throw corruptLayer('zstd', frames.position, 'unexpected end');
  } finally {
    budget.give(held);
    decoder.close();
  }
}

function nativeDecoder(): FrameDecoder | undefined {
  const decoder = openStepDecoder('zstd');
  if (decoder === undefined) return undefined;
  return { decode: (run) => runSteps(decoder, run.bytes), close: () => decoder.close() };
}

async function scriptDecoder(): Promise<FrameDecoder> {
  const { Decompress } = await import('fzstd');
  let output: Uint8Array[] = [];
  const open = (): InstanceType<typeof Decompress> => new Decompress((chunk) => output.push(chunk));
  let frame = open();
  return {
    async *decode(run) {
      output = [];
      frame.push(new Uint8Array(run.bytes), run.endsFrame);
      if (run.endsFrame) frame = open();
      yield* output;
    },
    close: () => undefined,
  };
}
