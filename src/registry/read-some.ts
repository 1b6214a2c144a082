import type { Clock } from '#timing';
import type { HttpResponse } from '#transport';

export interface SomeOptions {
  /** Bytes that are looked at. */
  readonly limit: number;
  /** Milliseconds that they may take to come. */
  readonly patience: number;
  readonly clock: Clock;
}

/** The beginning of a body as text, as far as it comes; never fails. For answers whose status has said already that they are of no use. */
export async function readSome({ body }: HttpResponse, { limit, patience, clock }: SomeOptions): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let left = limit;
  const waiting = new AbortController();
  const ignore = (): void => {};
  clock.sleep(patience, waiting.signal).then(() => body.discard(), ignore);
  const reading = body.pour((chunk) => {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.length;
    return left > 0;
  });
  await reading.catch(ignore);
  waiting.abort();
  return text;
}
