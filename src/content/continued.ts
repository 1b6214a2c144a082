import { DrayError, hasCode, messageOf } from '#errors';
import type { Descriptor } from '#oci';
import { backoff, type Clock } from '#timing';
import type { BlobReport } from './blob-report.ts';
import type { CallOptions, Source } from './ports.ts';

export interface ContinuedOptions extends CallOptions {
  readonly report: BlobReport;
  readonly retries: number;
  readonly clock: Clock;
}

/** The whole of `target`, over as many requests as it takes: a connection that breaks is made anew where it stopped. */
export async function* continued(
  source: Source,
  target: Descriptor,
  options: ContinuedOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { report, retries, clock, signal } = options;
  let position = 0;
  let inARow = 0;
  for (;;) {
    try {
      const fetched = await source.fetch(target, { offset: position, signal });
      let at = fetched.offset;
      if (at > position) {
        await fetched.pour(() => false);
        throw new DrayError('BAD_RESPONSE', `asked for ${target.digest} from byte ${position}, got it from ${at}`);
      }
      for await (const chunk of fetched) {
        const skip = Math.min(chunk.length, position - at);
        at += chunk.length;
        if (skip === chunk.length) continue;
        inARow = 0;
        position = at;
        yield chunk.subarray(skip);
        report.progress(position, clock.monotonic());
      }
      return;
    } catch (error) {
      inARow += 1;
      if (inARow > retries || !hasCode(error, 'CONNECTION_LOST', 'STALLED')) throw error;
      const delay = backoff(inARow);
      report.retry(inARow, delay, position, messageOf(error));
      await clock.sleep(delay, signal);
    }
  }
}
