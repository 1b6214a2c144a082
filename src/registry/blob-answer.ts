import type { Fetched } from '#content';
import { DrayError } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { cleanText, type HttpResponse, publicUrl } from '#transport';
import { answerError } from './answer-error.ts';
import { isGzipped, ungzipped } from './content-coding.ts';
import { parseContentRange } from './content-range.ts';
import type { RepositoryContext } from './context.ts';
import { fetchedOf, type Part } from './fetched.ts';

export interface Range {
  readonly first: number;
  /** Byte after the last one; undefined for all the rest. */
  readonly end: number | undefined;
}

/** The error for a status that is no answer to the request for a blob. */
export function blobError(response: HttpResponse, digest: Digest, context: RepositoryContext): Promise<DrayError> {
  return answerError(response, { kind: 'blob', name: context.name, what: digest }, context);
}

/** What a 206 says that it brings, if that begins where it was asked to; it may end earlier or later. */
export function partOf({ headers, body }: HttpResponse, target: Descriptor, range: Range): Part | undefined {
  const said = parseContentRange(headers.get('content-range'));
  if (said === undefined || said.first !== range.first || (said.total ?? target.size) !== target.size) return undefined;
  const end = said.last + 1;
  if (end > target.size || (body.length ?? end - said.first) !== end - said.first) return undefined;
  return { target, offset: said.first, end };
}

/** An answer that must be the whole blob; its length is known before the first byte is read. */
export async function wholeBlob(
  response: HttpResponse,
  target: Descriptor,
  context: RepositoryContext,
): Promise<Fetched> {
  const { status, body, headers } = response;
  if (status !== 200) throw await blobError(response, target.digest, context);
  const whole: Part = { target, offset: 0, end: target.size };
  if ((body.length ?? target.size) === target.size) return fetchedOf(body, whole);
  // Only where the length says that these are not the blob's own bytes: storages mark what is gzip itself in the same way.
  if (isGzipped(response)) return fetchedOf(ungzipped(body, target), whole);
  await body.discard();
  const encoding = headers.get('content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    throw new DrayError(
      'BAD_RESPONSE',
      `${publicUrl(response.url)} sends the blob ${cleanText(encoding, 40)}-encoded, which it was asked not to do`,
    );
  }
  throw new DrayError(
    'SIZE_MISMATCH',
    `blob ${target.digest} should have ${target.size} bytes, but ${publicUrl(response.url)} has ${body.length}`,
    { detail: { expected: target.size, found: body.length } },
  );
}
