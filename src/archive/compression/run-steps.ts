import type { StepDecoder } from './engine.ts';

/**
 * Gives `input` to the decoder and yields what comes out; each output is good until the next one is asked for.
 * @returns how much of the input was taken: less than all of it where the compressed data ended before
 */
export function* runSteps(
  decoder: StepDecoder,
  input: Uint8Array,
  last = false,
): Generator<Uint8Array, number, undefined> {
  for (let at = 0; ; ) {
    const { consumed, output, full } = decoder.step(at === 0 ? input : input.subarray(at), last);
    at += consumed;
    if (output.length > 0) yield output;
    if (!full && (at === input.length || consumed === 0)) return at;
  }
}
