import { setImmediate } from 'node:timers/promises';
import type { StepDecoder } from './engine.ts';

/** A bomb turns one chunk into gigabytes: after this much output the event loop gets a turn, so that cancelling works. */
const BREATH = 16 * 1024 * 1024;

/**
 * Gives `input` to the decoder and yields what comes out; each output is good until the next one is asked for.
 * @returns how much of the input was taken: less than all of it where the compressed data ended before
 */
export async function* runSteps(
  decoder: StepDecoder,
  input: Uint8Array,
  last = false,
): AsyncGenerator<Uint8Array, number, undefined> {
  let at = 0;
  let sinceBreath = 0;
  for (;;) {
    const { consumed, output, full } = decoder.step(at === 0 ? input : input.subarray(at), last);
    at += consumed;
    if (output.length > 0) yield output;
    sinceBreath += output.length;
    if (sinceBreath >= BREATH) {
      sinceBreath = 0;
      await setImmediate();
    }
    if (!full && (at === input.length || consumed === 0)) return at;
  }
}
