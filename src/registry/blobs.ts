import type { CallOptions, Fetched, FetchOptions } from '#content';
import { DrayError, hasCode } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { type HttpResponse, publicUrl } from '#transport';
import { blobError, partOf, type Range, wholeBlob } from './blob-answer.ts';
import { IDENTITY, type RepositoryContext, urlOf } from './context.ts';
import { fetchedOf, nothingLeft } from './fetched.ts';
import { fetchForeign } from './foreign.ts';
import { onceMore } from './once-more.ts';

/**
 * As `Source.fetch`, for blobs. A range is asked for where the options name one. An answer that is not the range asked for (the whole blob, a
 * 416 or another refusal, a Content-Range that contradicts it) is never taken for it: the blob then comes from its start. An answer to a range may
 * end before `end`.
 */
export async function fetchBlob(
  context: RepositoryContext,
  target: Descriptor,
  options: FetchOptions = {},
): Promise<Fetched> {
  const range = rangeOf(target, options);
  if (range !== undefined && range.first >= target.size) return nothingLeft(range.first);
  try {
    if (range !== undefined) {
      const part = await fetchRange(context, target, { ...options, range });
      if (part !== undefined) return part;
    }
    return await onceMore(['SIZE_MISMATCH'], async () =>
      wholeBlob(await get(context, target, options), target, context),
    );
  } catch (error) {
    if (!hasCode(error, 'BLOB_UNKNOWN', 'NAME_UNKNOWN') || target.urls === undefined || target.urls.length === 0)
      throw error;
    return fetchForeign(context, target, { ...options, registryError: error });
  }
}

/** True when the registry says that it has the blob. Rejects with what `answerError` makes of the status when it says neither. */
export async function hasBlob(
  context: RepositoryContext,
  target: Descriptor,
  { signal, onEvent }: CallOptions = {},
): Promise<boolean> {
  const url = urlOf(context, `blobs/${target.digest}`);
  const response = await context.send({ method: 'HEAD', url, headers: IDENTITY, signal, onEvent });
  if (response.status === 404 || response.status === 405) {
    await response.body.discard();
    return false;
  }
  if (response.status !== 200) throw await blobError(response, target.digest, context);
  await response.body.discard();
  const length = response.headers.get('content-length') ?? String(target.size);
  return Number(length) === target.size;
}

/** As `Repository.blobSize`. */
export async function blobSize(
  context: RepositoryContext,
  digest: Digest,
  { signal, onEvent }: CallOptions = {},
): Promise<number> {
  const url = urlOf(context, `blobs/${digest}`);
  for (const method of ['HEAD', 'GET'] as const) {
    const response = await context.send({ method, url, headers: IDENTITY, signal, onEvent });
    // What HEAD says is final only when it is good: some registries do not know it.
    if (response.status !== 200 && method === 'GET') throw await blobError(response, digest, context);
    await response.body.discard();
    const size = Number(response.headers.get('content-length') ?? Number.NaN);
    if (response.status === 200 && Number.isSafeInteger(size)) return size;
  }
  throw new DrayError('BAD_RESPONSE', `${publicUrl(url)}: the registry does not say how large the blob is`);
}

/** Undefined where the whole blob is wanted: some registries serve a range worse than the whole. */
function rangeOf({ size }: Descriptor, { offset = 0, end }: FetchOptions): Range | undefined {
  const last = end === undefined || end >= size ? undefined : end;
  return offset === 0 && last === undefined ? undefined : { first: offset, end: last };
}

function get(
  context: RepositoryContext,
  target: Descriptor,
  { signal, onEvent, range }: CallOptions & { readonly range?: string },
): Promise<HttpResponse> {
  const headers = range === undefined ? IDENTITY : { ...IDENTITY, range };
  return context.send({ method: 'GET', url: urlOf(context, `blobs/${target.digest}`), headers, signal, onEvent });
}

/** Statuses that mean the blob, or the one who asks, whatever part is asked for; others may be about the range alone. */
const ABOUT_THE_BLOB: ReadonlySet<number> = new Set([401, 403, 404, 410, 429]);

/** The range, or the whole where the server says that it has no ranges; undefined where its answer cannot be trusted. */
async function fetchRange(
  context: RepositoryContext,
  target: Descriptor,
  { range, ...options }: CallOptions & { readonly range: Range },
): Promise<Fetched | undefined> {
  const { first, end } = range;
  const header = `bytes=${first}-${end === undefined ? '' : end - 1}`;
  const response = await get(context, target, { ...options, range: header });
  const part = response.status === 206 ? partOf(response, target, range) : undefined;
  if (part !== undefined) return fetchedOf(response.body, part);
  // Without a length it might as well be the rest alone.
  const isWhole = response.status === 200 && response.body.length === target.size;
  if (isWhole) return fetchedOf(response.body, { target, offset: 0, end: target.size });
  if (ABOUT_THE_BLOB.has(response.status)) throw await blobError(response, target.digest, context);
  await response.body.discard();
  const text = `${publicUrl(response.url)}: ${response.status} is no answer to ${header}, asking for the whole blob`;
  options.onEvent?.({ kind: 'debug', text });
  return undefined;
}
