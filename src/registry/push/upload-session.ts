import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import type { Descriptor } from '#oci';
import type { HttpRequest, HttpResponse } from '#transport';
import { type Asked, answerError } from '../answer-error.ts';
import { type RepositoryContext, urlOf } from '../context.ts';
import { isTooNear } from '../foreign.ts';
import { checkedLocation, locationOf } from './location.ts';
import { receivedOf } from './upload-range.ts';

/** An upload that a registry has open for one blob. */
export interface UploadSession {
  readonly location: URL;
  /** Bytes that the registry has. */
  readonly offset: number;
  /** Smallest piece that it takes, but for the last. */
  readonly least: number;
}

/** Of one blob on its way to a registry. */
export interface Upload extends CallOptions {
  readonly context: RepositoryContext;
  readonly target: Descriptor;
}

export function askedFor({ target, context }: Upload): Asked {
  return { kind: 'push', name: context.name, what: `blob ${target.digest} to ${context.name}` };
}

/**
 * Sends to a session: with credentials to the registry itself, bare to any other host. Rejects with INSECURE_REFUSED when another host turns
 * out to be in the private network of who asks.
 */
export async function sendTo(upload: Upload, request: HttpRequest): Promise<HttpResponse> {
  const { context, signal, onEvent } = upload;
  const isOwn = request.url.origin === new URL(context.endpoint.url).origin;
  const response = await (isOwn ? context.send : context.sendBare)({ ...request, signal, onEvent });
  if (!isOwn && isTooNear(response.remoteAddress ?? '', context)) {
    await response.body.discard();
    throw new DrayError('INSECURE_REFUSED', `${request.url.host} is not taken for the upload: it is a private address`);
  }
  return response;
}

/** Where the answer to a request that opens a session says that it goes on. */
export async function openedSession(upload: Upload, response: HttpResponse): Promise<UploadSession> {
  if (response.status !== 202) throw await answerError(response, askedFor(upload), upload.context);
  await response.body.discard();
  const location = locationOf(response, upload.context);
  if (location === undefined) {
    throw new DrayError('BAD_RESPONSE', `${upload.context.name}: the registry opens an upload and does not say where`);
  }
  return { location, offset: 0, least: leastOf(response) };
}

/** Opens a session. */
export async function openSession(upload: Upload): Promise<UploadSession> {
  const url = urlOf(upload.context, 'blobs/uploads/');
  return openedSession(upload, await sendTo(upload, { method: 'POST', url }));
}

/** Opens a session of an earlier run; undefined where the address is not one that may be asked now. */
export function savedSession(upload: Upload, location: string): UploadSession | undefined {
  try {
    return { location: checkedLocation(new URL(location), upload.context), offset: 0, least: 0 };
  } catch {
    return undefined;
  }
}

/** How far the registry says that a session is; undefined where the session is gone, or cannot be asked for. */
export async function askSession(upload: Upload, session: UploadSession): Promise<UploadSession | undefined> {
  const response = await sendTo(upload, { method: 'GET', url: session.location });
  const { status, headers } = response;
  if (status === 429 || status >= 500) throw await answerError(response, askedFor(upload), upload.context);
  await response.body.discard();
  const offset = receivedOf(headers.get('range'));
  if (status < 200 || status > 299 || offset === undefined) return undefined;
  return movedTo(upload, session, { response, offset });
}

/** The session as an answer leaves it. */
export function movedTo(
  { context }: Upload,
  session: UploadSession,
  { response, offset }: { readonly response: HttpResponse; readonly offset: number },
): UploadSession {
  const location = locationOf(response, context) ?? session.location;
  return { location, offset, least: Math.max(session.least, leastOf(response)) };
}

function leastOf({ headers }: HttpResponse): number {
  const least = Number(headers.get('oci-chunk-min-length') ?? 0);
  return Number.isSafeInteger(least) && least > 0 ? least : 0;
}
