import type { Bytes } from '#bytes';
import { DrayError, isDrayError } from '#errors';
import { type HttpRequest, type HttpResponse, publicUrl } from '#transport';
import { hasBlob } from '../blobs.ts';
import { bodyOf } from './body-of.ts';
import { withDigest } from './location.ts';
import { refusal } from './refusal.ts';
import { Setback } from './setback.ts';
import { toldDigest } from './told-digest.ts';
import { receivedOf } from './upload-range.ts';
import { movedTo, sendTo, type Upload, type UploadSession } from './upload-session.ts';

/** The blob that an upload is for. */
export interface Sending {
  readonly upload: Upload;
  readonly read: (offset: number) => Promise<Bytes>;
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** What came of a step. */
export interface Sent {
  readonly session: UploadSession;
  /** Set where the registry has less than was sent. */
  readonly setback?: Setback | undefined;
}

const OCTETS = { 'content-type': 'application/octet-stream' };

/** Sends the bytes from where the session stands, `length` of them. Throws Setback, or an error that cannot be got over. */
export async function sendPiece(sending: Sending, session: UploadSession, length: number): Promise<Sent> {
  const { upload } = sending;
  const from = session.offset;
  const end = from + length;
  const isPart = length < upload.target.size;
  const response = await send(upload, {
    method: 'PATCH',
    url: session.location,
    headers: { ...OCTETS, ...(isPart && { 'content-range': `${from}-${end - 1}` }) },
    ...bodyBetween(sending, from, end),
  });
  if (response.status < 200 || response.status > 299)
    throw await refusal(response, { method: 'PATCH', hadBody: true }, upload);
  await response.body.discard();
  if (response.early === true) throw new Setback(badAnswer(upload, response, 'before it had what was sent'));
  const told = receivedOf(response.headers.get('range')) ?? end;
  // `0-0` is nothing or one byte: only who sent knows.
  const offset = told === 0 && end === 1 ? 1 : told;
  if (offset > end) {
    throw new Setback(badAnswer(upload, response, `that it has ${offset} bytes, when ${end} were sent`), {
      lost: true,
    });
  }
  const next = movedTo(upload, session, { response, offset });
  if (offset === end) return { session: next };
  return { session: next, setback: new Setback(badAnswer(upload, response, `that it has ${offset} of ${end} bytes`)) };
}

/** Ends the upload: with the whole blob, or with what has been sent. Resolves when the registry has it; throws as `sendPiece`. */
export async function endUpload(sending: Sending, session: UploadSession, whole: boolean): Promise<void> {
  const { upload } = sending;
  const { context, target, signal, onEvent } = upload;
  const hasBody = whole && target.size > 0;
  const response = await send(upload, {
    method: 'PUT',
    url: withDigest(session.location, target.digest),
    ...(hasBody && { headers: OCTETS, ...bodyBetween(sending, 0, target.size) }),
  });
  if (response.status < 200 || response.status > 299)
    throw await refusal(response, { method: 'PUT', hadBody: hasBody }, upload);
  await response.body.discard();
  const told = toldDigest(response);
  if (told !== undefined && told !== target.digest) {
    throw new DrayError('DIGEST_MISMATCH', `the registry took blob ${target.digest} for ${told}`, {
      detail: { expected: target.digest, found: told },
    });
  }
  if (response.status === 201 && response.early !== true) return;
  if (await hasBlob(context, target, { signal, onEvent })) return;
  const found = response.early === true ? 'before it had the blob' : 'as if the upload went on';
  throw new Setback(badAnswer(upload, response, found), { lost: true });
}

function bodyBetween(
  { upload: { target }, read, onSent }: Sending,
  from: number,
  end: number,
): Required<Pick<HttpRequest, 'body' | 'bodyLength'>> {
  async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* bodyOf(target, await read(from), { from, end, onSent });
  }
  return { body, bodyLength: end - from };
}

async function send(upload: Upload, request: HttpRequest): Promise<HttpResponse> {
  try {
    return await sendTo(upload, request);
  } catch (error) {
    // One that asks to wait has said for how long, which was too long.
    if (!passes(error) || error.detail['retryAfter'] !== undefined) throw error;
    throw new Setback(error, { repeated: request.method !== 'PATCH' });
  }
}

/** True for failures of the network, which may be over by the next try. */
export function passes(error: unknown): error is DrayError {
  return isDrayError(error) && error.facts.family === 'network' && error.facts.retryable;
}

function badAnswer({ target }: Upload, response: HttpResponse, found: string): DrayError {
  return new DrayError(
    'BAD_RESPONSE',
    `${publicUrl(response.url)} answered ${response.status} to the push of blob ${target.digest} ${found}`,
    { detail: { status: response.status } },
  );
}
