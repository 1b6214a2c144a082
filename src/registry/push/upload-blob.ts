import type { Bytes } from '#bytes';
import type { UploadOptions } from '#content';
import { type DrayError, hasCode, messageOf } from '#errors';
import type { Descriptor } from '#oci';
import { backoff } from '#timing';
import { hasBlob } from '../blobs.ts';
import type { RepositoryContext } from '../context.ts';
import type { UploadSessions } from '../types.ts';
import { Manner } from './manner.ts';
import { Setback } from './setback.ts';
import { askSession, openSession, savedSession, type Upload, type UploadSession } from './upload-session.ts';
import { endUpload, passes, type Sending, sendPiece } from './upload-steps.ts';

/** An upload that has not got on for so long, in milliseconds, has failed. */
const PATIENCE = 90_000;
/** Sessions that may be lost without getting on between. */
const MOST_LOST = 5;
/** Milliseconds that a registry may take to say how far an upload is. */
const LONGEST_ASKING = 30_000;

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
  const { signal, onEvent, onSent, once = false } = options;
  const sending = { upload: { context, target, signal, onEvent }, read, onSent };
  const key = `${new URL(context.endpoint.url).origin} ${context.path} ${target.digest}`;
  if (once) return new BlobUpload(sending, { once, key: undefined }).run();
  return alone(context.uploads, key, (own) => new BlobUpload(sending, { once, key: own }).run());
}

/** Keys of uploads that are going on. */
const busy = new WeakMap<UploadSessions, Set<string>>();

/** Does work with a key, or without one while other work has it: one session is not for two. */
async function alone<T>(
  sessions: UploadSessions,
  key: string,
  work: (key: string | undefined) => Promise<T>,
): Promise<T> {
  const keys = busy.get(sessions) ?? new Set();
  busy.set(sessions, keys);
  if (keys.has(key)) return work(undefined);
  keys.add(key);
  try {
    return await work(key);
  } finally {
    keys.delete(key);
  }
}

class BlobUpload {
  readonly #sending: Sending;
  readonly #upload: Upload;
  readonly #once: boolean;
  /** Undefined: it is not remembered. */
  readonly #key: string | undefined;
  readonly #manner: Manner;
  #session: UploadSession | undefined;
  /** The furthest that the registry has ever been. */
  #best = 0;
  #failures = 0;
  #lost = 0;
  #began: number;
  /** The end was asked for, and its answer may have been lost. */
  #ending = false;
  /** What came together wrongly was sent once more. */
  #sentAgain = false;

  constructor(sending: Sending, { once, key }: { readonly once: boolean; readonly key: string | undefined }) {
    const { context, target } = sending.upload;
    this.#sending = sending;
    this.#upload = sending.upload;
    this.#once = once;
    this.#manner = new Manner(target.size);
    this.#key = this.#manner.isLong ? key : undefined;
    this.#began = context.clock.monotonic();
  }

  async run(): Promise<void> {
    for (;;) {
      try {
        return await this.#attempt();
      } catch (error) {
        if (!(error instanceof Setback)) throw error;
        await this.#bear(error);
      }
    }
  }

  async #attempt(): Promise<void> {
    const { target } = this.#upload;
    const { onSent } = this.#sending;
    let session = this.#session ?? (await this.#open());
    if (session !== undefined) {
      this.#session = session;
      onSent?.(session.offset);
      const whole = session.offset === 0 && this.#manner.isWhole;
      if (!whole) session = await this.#sendPieces(session);
      this.#ending = true;
      await endUpload(this.#sending, session, whole);
    }
    await this.#forget();
    onSent?.(target.size);
  }

  async #sendPieces(from: UploadSession): Promise<UploadSession> {
    const { size } = this.#upload.target;
    let session = from;
    this.#ending = false;
    while (session.offset < size) {
      const length = Math.min(size - session.offset, this.#manner.most(session.least));
      const sent = await sendPiece(this.#sending, session, length);
      session = sent.session;
      // The end follows at once.
      if (session.offset < size) await this.#save(session);
      this.#session = session;
      this.#progress(session.offset);
      if (sent.setback !== undefined) throw sent.setback;
    }
    return session;
  }

  /** A session, from an earlier run if there is one; undefined when the blob turns out to be there. */
  async #open(): Promise<UploadSession | undefined> {
    const { context, target, signal, onEvent } = this.#upload;
    if (this.#ending) {
      this.#ending = false;
      if (await hasBlob(context, target, { signal, onEvent })) return undefined;
    }
    const offered = context.opened.get(target.digest);
    context.opened.delete(target.digest);
    return offered ?? (await this.#resume()) ?? this.#save(await openSession(this.#upload));
  }

  async #resume(): Promise<UploadSession | undefined> {
    const { context, target } = this.#upload;
    const location = this.#key === undefined ? undefined : await context.uploads.read(this.#key);
    if (location === undefined) return undefined;
    const saved = savedSession(this.#upload, location);
    const session = saved === undefined ? undefined : await askSaved(this.#upload, saved);
    if (session !== undefined && session.offset <= target.size) return this.#save(session);
    await this.#forget();
    return undefined;
  }

  async #save(session: UploadSession): Promise<UploadSession> {
    if (this.#key !== undefined) await this.#upload.context.uploads.write(this.#key, session.location.href);
    return session;
  }

  /** Waits, and finds out where to go on. Throws what cannot be got over. */
  async #bear(setback: Setback): Promise<void> {
    const { error, change, mixed, wait } = setback;
    const { context, onEvent, signal } = this.#upload;
    if (this.#once) throw error;
    if (change !== undefined && !this.#change(change)) throw error;
    if (mixed && this.#sentAgain) {
      await this.#forget();
      throw error;
    }
    this.#sentAgain ||= mixed;
    this.#failures += setback.repeated ? Math.max(1, context.retries) : 1;
    if (setback.lost) this.#lost += 1;
    // What is too large for a server in between may be cut off before it is told.
    if (this.#failures > 2 && error.code === 'CONNECTION_LOST') this.#manner.takeSmaller();
    const delay = change === undefined ? Math.max(backoff(this.#failures), wait) : 0;
    const late = context.clock.monotonic() - this.#began + delay > PATIENCE;
    if (this.#failures > context.retries || this.#lost > MOST_LOST || late) throw error;
    const request = `upload of ${this.#upload.target.digest} to ${context.name}`;
    onEvent?.({ kind: 'request-retry', request, attempt: this.#failures, delay, reason: messageOf(error) });
    await context.clock.sleep(delay, signal);
    this.#session =
      setback.lost || this.#session === undefined ? undefined : await this.#askAgain(this.#session, error);
    if (this.#session === undefined) await this.#forget();
  }

  async #forget(): Promise<void> {
    if (this.#key !== undefined) await this.#upload.context.uploads.remove(this.#key);
  }

  #change(change: NonNullable<Setback['change']>): boolean {
    if (change === 'smaller') return this.#manner.takeSmaller();
    return change === 'other' ? this.#manner.takeOther() : this.#manner.takeWhole();
  }

  /** Where the session stands; undefined when it is of no use. Throws `failure` where that cannot be found out. */
  async #askAgain(session: UploadSession, failure: DrayError): Promise<UploadSession | undefined> {
    const { signal, target } = this.#upload;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(failure), LONGEST_ASKING);
    const either = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
    try {
      const found = await askSession({ ...this.#upload, signal: either }, session);
      if (found === undefined || found.offset > target.size) return undefined;
      this.#progress(found.offset);
      return await this.#save(found);
    } catch (error) {
      if (limit.signal.aborted || passes(error)) throw failure;
      throw error;
    } finally {
      clearTimeout(timer);
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
}

/** A session of an earlier run; undefined too where it is somebody else's now. */
async function askSaved(upload: Upload, session: UploadSession): Promise<UploadSession | undefined> {
  try {
    return await askSession(upload, session);
  } catch (error) {
    if (!hasCode(error, 'DENIED', 'UNAUTHORIZED', 'BAD_RESPONSE', 'REDIRECT_REFUSED', 'INSECURE_REFUSED')) throw error;
    return undefined;
  }
}
