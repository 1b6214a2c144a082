import { askedWait, type HttpMethod, type HttpResponse } from '#transport';
import { answerError } from '../answer-error.ts';
import { Setback, type SetbackOptions } from './setback.ts';
import { askedFor, type Upload } from './upload-session.ts';

const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 499, 500, 502, 503, 504, 522]);
/** That the request is not understood as it is: a body of this kind, or this length, or without a range. */
const OTHERWISE: ReadonlySet<number> = new Set([400, 411, 412, 415]);

export interface RefusedRequest {
  readonly method: HttpMethod;
  /** It had bytes of the blob, which might be sent in another way. */
  readonly hadBody: boolean;
}

/** What a status that takes nothing means for an upload: a Setback where something may still be done, the error where not. */
export async function refusal(
  response: HttpResponse,
  { method, hadBody }: RefusedRequest,
  upload: Upload,
): Promise<Error> {
  const { status, url } = response;
  const { clock } = upload.context;
  const wait = PASSING.has(status) ? await askedWait(response, { method, url }, clock) : 0;
  const error = await answerError(response, askedFor(upload), upload.context);
  // A PATCH is sent once: only here is it known how much of it has come.
  if (PASSING.has(status)) return new Setback(error, { wait, repeated: method !== 'PATCH' });
  const after = (options: SetbackOptions): Setback => new Setback(error, options);
  if (error.code === 'DIGEST_MISMATCH' || error.code === 'SIZE_MISMATCH') return after({ lost: true, mixed: true });
  if (status === 404 || status === 410) return after({ lost: true });
  if (status === 416) return after({});
  if (status === 413) return after({ change: 'smaller' });
  if (!hadBody || (error.code !== 'BAD_RESPONSE' && error.code !== 'UNSUPPORTED')) return error;
  if (status === 405 || status === 501) return after({ lost: true, change: method === 'PUT' ? 'other' : 'whole' });
  return OTHERWISE.has(status) ? after({ lost: true, change: 'other' }) : error;
}
