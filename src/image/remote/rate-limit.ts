import type { CallOptions } from '#content';
import { familiarString } from '#oci';
import type { RateLimit } from '#registry';
import type { Places } from '../places.ts';
import { remoteName } from './remote-name.ts';

/** How many pulls a registry still allows. */
export interface RateLimitResult {
  /** Familiar name of the image that was asked for. */
  readonly reference: string;
  /** Undefined where the registry speaks of none. */
  readonly limit: RateLimit | undefined;
}

/** What the registry of an image says of its limits; asking costs no pull. */
export async function readRateLimit(
  text: string,
  { registries }: Places,
  { signal, onEvent }: CallOptions = {},
): Promise<RateLimitResult> {
  const { reference, label } = remoteName(text);
  const limit = await registries.writing(reference, (repository) => repository.rateLimit(label, { signal, onEvent }), {
    action: 'ask for the rate limit of',
    signal,
    onEvent,
  });
  return { reference: familiarString(reference), limit };
}
