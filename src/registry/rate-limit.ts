import type { CallOptions } from '#content';
import { MANIFEST_ACCEPT } from '#oci';
import { cleanText } from '#transport';
import { answerError } from './answer-error.ts';
import { type RepositoryContext, urlOf } from './context.ts';
import type { RateLimit } from './types.ts';

/** As `Repository.rateLimit`: a HEAD, which Docker Hub does not count. */
export async function readRateLimit(
  context: RepositoryContext,
  tagOrDigest: string,
  { signal, onEvent }: CallOptions = {},
): Promise<RateLimit | undefined> {
  const { name } = context;
  const response = await context.send({
    method: 'HEAD',
    url: urlOf(context, `manifests/${tagOrDigest}`),
    headers: { accept: MANIFEST_ACCEPT.join(', ') },
    signal,
    onEvent,
  });
  // One who has used it all up is told with a 429 how much that was.
  if (response.status !== 200 && response.status !== 429) {
    throw await answerError(response, { kind: 'manifest', name, what: `${name}:${tagOrDigest}` }, context);
  }
  await response.body.discard();
  const { headers } = response;
  const limit = parse(headers.get('ratelimit-limit'));
  const remaining = parse(headers.get('ratelimit-remaining'));
  if (limit === undefined && remaining === undefined) return undefined;
  const source = headers.get('docker-ratelimit-source')?.trim();
  return {
    limit: limit?.count,
    remaining: remaining?.count,
    window: limit?.window ?? remaining?.window,
    source: source === undefined || source === '' ? undefined : cleanText(source, 100),
  };
}

/** `100;w=21600` */
function parse(text = ''): { readonly count: number; readonly window: number | undefined } | undefined {
  const [, count, window] = /^\s*(\d{1,15})(?:\s*;.*?\bw=(\d{1,15}))?/.exec(text) ?? [];
  if (count === undefined) return undefined;
  return { count: Number(count), window: window === undefined ? undefined : Number(window) };
}
