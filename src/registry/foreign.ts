import type { CallOptions, Fetched } from '#content';
import { DrayError, isDrayError, messageOf } from '#errors';
import type { Descriptor } from '#oci';
import { cleanText, isMetadataService, isPrivate, publicUrl } from '#transport';
import { wholeBlob } from './blob-answer.ts';
import { IDENTITY, type RepositoryContext } from './context.ts';

/** More addresses than any layer has. */
const MOST_URLS = 8;

/**
 * A layer that the registry does not hold, from one of its descriptor's `urls`: over https alone, without credentials or the endpoint's headers, and
 * from a private address only where the registry is on one. Rejects with the registry's own error, and what became of each address in its message.
 */
export async function fetchForeign(
  context: RepositoryContext,
  target: Descriptor,
  options: CallOptions & { readonly registryError: DrayError },
): Promise<Fetched> {
  const reasons: string[] = [];
  for (const text of (target.urls ?? []).slice(0, MOST_URLS)) {
    try {
      return await fetchFrom(parseUrl(text, context), target, { context, ...options });
    } catch (error) {
      if (!isDrayError(error) || error.facts.family === 'cancelled') throw error;
      reasons.push(messageOf(error));
    }
  }
  const { registryError } = options;
  throw new DrayError(
    registryError.code,
    `${registryError.message}; nor at its other addresses: ${reasons.join('; ')}`,
    {
      detail: registryError.detail,
      cause: registryError,
    },
  );
}

function parseUrl(text: string, context: RepositoryContext): URL {
  const shown = cleanText(text.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//'), 150);
  const refuse = (why: string): DrayError => new DrayError('INSECURE_REFUSED', `${shown} is not asked: ${why}`);
  if (!URL.canParse(text)) throw refuse('it is no URL');
  const url = new URL(text);
  if (url.protocol !== 'https:') throw refuse('it is not https');
  if (url.username !== '' || url.password !== '') throw refuse('it holds a user or password');
  if (isTooNear(url.hostname, context)) throw refuse('it is a private address, and the registry is on a public one');
  return url;
}

interface FetchFrom extends CallOptions {
  readonly context: RepositoryContext;
}

async function fetchFrom(url: URL, target: Descriptor, { context, signal, onEvent }: FetchFrom): Promise<Fetched> {
  const response = await context.sendBare({ method: 'GET', url, headers: IDENTITY, signal, onEvent });
  // The name may have led to an address that it does not show.
  if (isTooNear(response.remoteAddress ?? '', context)) {
    await response.body.discard();
    throw new DrayError('INSECURE_REFUSED', `${publicUrl(url)} is not taken: it leads to a private address`);
  }
  return wholeBlob(response, target, context);
}

/** A public registry must not send anybody into the network that they are in. */
export function isTooNear(host: string, { endpoint, address }: RepositoryContext): boolean {
  if (isMetadataService(host)) return true;
  return isPrivate(host) && !isPrivate(address() ?? new URL(endpoint.url).hostname);
}
