import type { Bytes } from '#bytes';
import type { UploadOptions } from '#content';
import { DrayError, isDrayError, messageOf } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { backoff } from '#timing';
import { askedWait, type HttpRequest, type HttpResponse, publicUrl } from '#transport';
import { answerError } from '../answer-error.ts';
import { hasBlob } from '../blobs.ts';
import type { RepositoryContext } from '../context.ts';
import { bodyOf } from './body-of.ts';
import { withDigest } from './location.ts';
import { Setback } from './setback.ts';
import { toldDigest } from './told-digest.ts';
import { receivedOf } from './upload-range.ts';
import {
  askedFor,
  askSession,
  movedTo,
  openSession,
  savedSession,
  sendTo,
  type Upload,
  type UploadSession,
} from './upload-session.ts';

/** Up to here a blob comes with the request that ends its upload, which saves one; a larger one by PATCH, since a registry may keep what has come of it. */
const SMALL = 1024 * 1024;
/** Sizes of pieces for where the whole is too large for one request: what proxies let through. */
const PIECES: readonly number[] = [64 * 1024 * 1024, 8 * 1024 * 1024, 512 * 1024];
/** An upload that has not got on for so long, in milliseconds, has failed. */
const PATIENCE = 90_000;
/** Sessions that may be lost in a row, whatever else. */
const MOST_LOST = 5;

const PASSING: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 522]);

export interface BlobUploadOptions extends UploadOptions {
  /** `read` can be called once only: what fails then cannot be mended. */
  readonly once?: boolean | undefined;
}

/**
 * As `Store.upload`: sends a blob and goes on where the registry says that it stopped, in this run or a later one, as long as the session lives
 * and the registry tells. Resolves when the registry says that it has the blob, whole. Rejects with DIGEST_MISMATCH or SIZE_MISMATCH when the
 * bytes are not `target`, with TOO_LARGE, DENIED, BAD_RESPONSE …, and with the last error when tries run out; the session is then kept.
 */
export function uploadBlob(
  context: RepositoryContext,
  target: Descriptor,
  read: (offset: number) => Promise<Bytes>,
  options: BlobUploadOptions = {},
): Promise<void> {
  return new BlobUpload(context, target, read, options).run();
}

type Manner = 'stream' | 'whole' | number;

class BlobUpload {
  readonly #upload: Upload;
  readonly #read: (offset: number) => Promise<Bytes>;
  readonly #options: BlobUploadOptions;
  readonly #key: string;
  #session: UploadSession | undefined;
  /** By one PATCH, within the PUT, or in pieces of so many bytes. */
  #manner: Manner = 'stream';
  /** The furthest that the registry has ever been. */
  #best = 0;
  #failures = 0;
  #lost = 0;
  #began: number;
  /** The last answer may have been lost: the blob may be there. */
  #finishing = false;
  /** What the registry has may come from more than one request. */
  #mended = false;

  constructor(
    context: RepositoryContext,
    target: Descriptor,
    read: (offset: number) => Promise<Bytes>,
    options: BlobUploadOptions,
  ) {
    this.#upload = { context, target, signal: options.signal, onEvent: options.onEvent };
    this.#read = read;
    this.#options = options;
    this.#key = `${new URL(context.endpoint.url).origin} ${context.path} ${target.digest}`;
    this.#began = context.clock.monotonic();
  }

  async run(): Promise<void> {
    for (;;) {
      try {
        if (await this.#attempt()) return;
      } catch (error) {
        await this.#bear(error);
      }
    }
  }

  /** True when the blob is there. */
  async #attempt(): Promise<boolean> {
    this.#session ??= await this.#open();
    if (this.#session === undefined) return true;
    this.#options.onSent?.(this.#session.offset);
    const { size } = this.#upload.target;
    const isWhole = this.#session.offset === 0 && (size <= SMALL || this.#manner === 'whole');
    if (isWhole) return this.#finish(this.#session, size);
    while (this.#session.offset < size) this.#session = await this.#patch(this.#session);
    return this.#finish(this.#session, 0);
  }

  /** A session, from an earlier run if there is one; undefined when the blob turns out to be there. */
  async #open(): Promise<UploadSession | undefined> {
    const { context, target } = this.#upload;
    if (this.#finishing) {
      this.#finishing = false;
      if (await hasBlob(context, target, this.#options)) return undefined;
    }
    const mounted = context.opened.get(target.digest);
    context.opened.delete(target.digest);
    // What an earlier run has sent is worth more than a session that is new.
    return (await this.#resume()) ?? (await this.#save(mounted ?? (await openSession(this.#upload))));
  }

  async #resume(): Promise<UploadSession | undefined> {
    const { context, target } = this.#upload;
    const location = this.#options.once === true ? undefined : await context.uploads.read(this.#key);
    if (location === undefined) return undefined;
    const saved = savedSession(this.#upload, location);
    const session = saved === undefined ? undefined : await askSession(this.#upload, saved);
    if (session !== undefined && session.offset <= target.size) {
      this.#mended = true;
      return this.#save(session);
    }
    await context.uploads.remove(this.#key);
    return undefined;
  }

  async #save(session: UploadSession): Promise<UploadSession> {
    const { context, target } = this.#upload;
    if (target.size > SMALL && this.#options.once !== true) {
      await context.uploads.write(this.#key, session.location.href);
    }
    return session;
  }

  async #patch(session: UploadSession): Promise<UploadSession> {
    const { size } = this.#upload.target;
    const from = session.offset;
    this.#finishing = false;
    const piece = typeof this.#manner === 'number' ? Math.max(this.#manner, session.least) : size;
    const length = Math.min(piece, size - from);
    const isPart = length < size;
    const response = await this.#send({
      method: 'PATCH',
      url: session.location,
      headers: {
        'content-type': 'application/octet-stream',
        ...(isPart && { 'content-range': `${from}-${from + length - 1}` }),
      },
      ...this.#body(from, length),
    });
    if (response.status < 200 || response.status > 299) throw await this.#refusal(response);
    await response.body.discard();
    const offset = receivedOf(response.headers.get('range'));
    if (offset === undefined && response.early === true) {
      throw new Setback(this.#badAnswer(response, 'before it had all that was sent'));
    }
    // `0-0` is nothing or one byte: only who sent knows.
    const now = offset === undefined || (offset === 0 && length === 1) ? from + length : offset;
    if (now > from + length) {
      const found = `that it has ${now} bytes, when ${from + length} were sent`;
      throw new Setback(this.#badAnswer(response, found), { lost: true });
    }
    const next = await this.#save(movedTo(this.#upload, session, { response, offset: now }));
    this.#session = next;
    if (now < from + length)
      throw new Setback(this.#badAnswer(response, `that it has ${now} of ${from + length} bytes`));
    this.#progress(now);
    return next;
  }

  /** True when the registry has the blob. */
  async #finish(session: UploadSession, length: number): Promise<boolean> {
    const { context, target } = this.#upload;
    this.#finishing = true;
    const response = await this.#send({
      method: 'PUT',
      url: withDigest(session.location, target.digest),
      ...(length > 0 && { headers: { 'content-type': 'application/octet-stream' } }),
      ...(length > 0 && this.#body(0, length)),
    });
    if (response.status < 200 || response.status > 299) throw await this.#refusal(response);
    await response.body.discard();
    checkDigest(target.digest, toldDigest(response));
    if (response.status === 201 && response.early !== true) return this.#done();
    if (await hasBlob(context, target, this.#options)) return this.#done();
    const found = response.early === true ? 'before it had the blob' : 'as if the upload went on';
    throw new Setback(this.#badAnswer(response, found), { lost: true });
  }

  async #done(): Promise<boolean> {
    await this.#upload.context.uploads.remove(this.#key);
    this.#options.onSent?.(this.#upload.target.size);
    return true;
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await sendTo(this.#upload, request);
    } catch (error) {
      const passes = isDrayError(error) && error.facts.family === 'network' && error.facts.retryable;
      if (!passes || error.code === 'TOO_MANY_REQUESTS' || error.detail['retryAfter'] !== undefined) throw error;
      throw new Setback(error);
    }
  }

  #body(from: number, length: number): Pick<HttpRequest, 'body' | 'bodyLength'> {
    const read = this.#read;
    const { target } = this.#upload;
    const { onSent } = this.#options;
    const piece = { from, end: from + length, onSent };
    async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* bodyOf(target, await read(from), piece);
    }
    return { body: bytes, bodyLength: length };
  }

  /** The error of an answer that takes nothing; a Setback where something else may do. */
  async #refusal(response: HttpResponse): Promise<unknown> {
    const { context } = this.#upload;
    const { status } = response;
    const { method } = { method: this.#finishing ? ('PUT' as const) : ('PATCH' as const) };
    if (PASSING.has(status)) {
      const wait = await askedWait(response, { method, url: response.url }, context.clock);
      return new Setback(await this.#errorOf(response), { wait });
    }
    const error = await this.#errorOf(response);
    if (status === 404 || status === 410) return new Setback(error, { lost: true });
    if (status === 416) return new Setback(error);
    if (status === 413 && this.#takeSmallerPieces()) return new Setback(error);
    if ((status === 405 || status === 501) && !this.#finishing && this.#manner === 'stream') {
      this.#manner = 'whole';
      return new Setback(error, { lost: true });
    }
    const isMixed = this.#mended && (error.code === 'DIGEST_MISMATCH' || error.code === 'SIZE_MISMATCH');
    if (isMixed) {
      this.#mended = false;
      return new Setback(error, { lost: true });
    }
    await context.uploads.remove(this.#key);
    return error;
  }

  #errorOf(response: HttpResponse): Promise<DrayError> {
    return answerError(response, askedFor(this.#upload), this.#upload.context);
  }

  /** False when they are the smallest already. */
  #takeSmallerPieces(): boolean {
    const now = typeof this.#manner === 'number' ? this.#manner : this.#upload.target.size;
    const smaller = PIECES.find((piece) => piece < now);
    if (smaller === undefined) return false;
    this.#manner = smaller;
    return true;
  }

  /** Waits, and finds out where to go on. Throws what cannot be got over. */
  async #bear(failure: unknown): Promise<void> {
    if (!(failure instanceof Setback)) throw failure;
    const { error, lost, wait } = failure;
    const { context, onEvent, signal } = this.#upload;
    this.#failures += 1;
    if (lost) this.#lost += 1;
    const delay = Math.max(backoff(this.#failures), wait);
    const late = context.clock.monotonic() - this.#began + delay > PATIENCE;
    if (this.#options.once === true || this.#failures > context.retries || this.#lost > MOST_LOST || late) throw error;
    const request = `PATCH ${this.#session === undefined ? context.name : publicUrl(this.#session.location)}`;
    onEvent?.({ kind: 'request-retry', request, attempt: this.#failures, delay, reason: messageOf(error) });
    await context.clock.sleep(delay, signal);
    this.#session = lost || this.#session === undefined ? undefined : await this.#askAgain(this.#session, error);
    if (this.#session === undefined) await context.uploads.remove(this.#key);
    else this.#mended = true;
  }

  async #askAgain(session: UploadSession, error: DrayError): Promise<UploadSession | undefined> {
    try {
      const found = await askSession(this.#upload, session);
      if (found === undefined || found.offset > this.#upload.target.size) return undefined;
      this.#progress(found.offset);
      return await this.#save(found);
    } catch (second) {
      if (isDrayError(second) && second.facts.family === 'network' && second.facts.retryable) throw error;
      throw second;
    }
  }

  /** The registry has got further than ever: what went wrong before is over. */
  #progress(offset: number): void {
    if (offset <= this.#best) return;
    this.#best = offset;
    this.#failures = 0;
    this.#lost = 0;
    this.#began = this.#upload.context.clock.monotonic();
  }

  #badAnswer(response: HttpResponse, found: string): DrayError {
    const { target } = this.#upload;
    return new DrayError(
      'BAD_RESPONSE',
      `${publicUrl(response.url)} answered ${response.status} to the push of blob ${target.digest} ${found}`,
      { detail: { status: response.status } },
    );
  }
}

function checkDigest(expected: Digest, found: string | undefined): void {
  if (found === undefined || found === expected) return;
  throw new DrayError('DIGEST_MISMATCH', `the registry took blob ${expected} for ${found}`, {
    detail: { expected, found },
  });
}
