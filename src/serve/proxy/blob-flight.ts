import { join } from 'node:path';
import { continuedSource, type Source } from '#content';
import { cancelled, DrayError, isDrayError } from '#errors';
import { type Descriptor, type Digest, digestParts, hashFor } from '#oci';
import type { Repository } from '#registry';
import type { LockKeeper } from '#store';
import type { Clock } from '#timing';
import { asIoFailure } from './io-failure.ts';
import { repositoryKey } from './repository-key.ts';
import { Spool } from './spool.ts';

/** Milliseconds between two looks at what another process has fetched. */
const LOOK = 20;
const RETRIES = 5;

export interface BlobWork {
  readonly target: Descriptor;
  /** Its name here. */
  readonly repository: string;
  readonly from: Repository;
  /** Where blobs are while they come; it is there. */
  readonly folder: string;
  readonly locks: LockKeeper;
  readonly clock: Clock;
  /** Ends the work. */
  readonly signal: AbortSignal;
  /** Keeps the blob, reading it while it comes. Undefined: it is only passed on, for as long as somebody reads it. */
  readonly keep: ((content: AsyncIterable<Uint8Array>) => Promise<void>) | undefined;
  /** Whether it is kept by now. */
  isKept(): Promise<boolean>;
  /** Told once, of all bytes that came from the upstream. */
  onFetched(bytes: number): void;
}

/**
 * One blob on its way from an upstream into the storage, by way of a file that clients read while it grows. One process of the machine asks for it,
 * the others read what that one writes; where it dies, one of them goes on from there. Bytes that are not the blob's own are never seen as a whole.
 */
export class BlobFlight {
  /** Resolves when the upstream gives it, and says where it is to be read; rejects where it cannot be had. */
  readonly opened: Promise<'spool' | 'kept'>;
  /** Resolves when it is kept, or passed on; never rejects: whoever reads it hears of failures. */
  readonly over: Promise<void>;
  readonly spool: Spool;
  readonly #work: BlobWork;
  #isOpen = false;
  #open: (place: 'spool' | 'kept') => void = () => undefined;
  #refuse: (error: unknown) => void = () => undefined;
  #looking: NodeJS.Timeout | undefined;

  constructor(work: BlobWork) {
    this.#work = work;
    const { digest, size } = work.target;
    const { algorithm, hex } = digestParts(digest);
    // The size is a part of it since that is what a manifest may lie about: who believes it is no company for those who know better.
    const name = `${algorithm}-${hex}.${size}.${repositoryKey(work.repository)}`;
    this.spool = new Spool(join(work.folder, name), size);
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    this.opened.catch(() => undefined);
    this.over = this.#run();
  }

  get #isWhole(): boolean {
    return this.spool.size > 0 && this.spool.isWhole;
  }

  async #run(): Promise<void> {
    const { locks, signal, target } = this.#work;
    try {
      const lock = await locks.acquire(`${this.spool.path}.lock`, { signal, onWait: () => this.#follow() });
      try {
        this.#look();
        if (this.spool.error !== undefined) throw this.spool.error;
        if (await this.#work.isKept()) {
          this.spool.unlink();
          this.#opens('kept');
        } else if (!(this.#isWhole && this.#work.keep === undefined)) await this.#fetch();
      } finally {
        lock?.release();
      }
    } catch (error) {
      const failure = asIoFailure(`fetching ${target.digest}`, error);
      this.spool.fail(failure);
      this.#refuse(failure);
    } finally {
      clearInterval(this.#looking);
      this.spool.release();
    }
  }

  #opens(place: 'spool' | 'kept'): void {
    this.#isOpen = true;
    this.#open(place);
  }

  /** Another process fetches it. */
  #follow(): void {
    this.#looking = setInterval(() => {
      try {
        this.#look();
      } catch (error) {
        this.spool.fail(asIoFailure(`reading what came of ${this.#work.target.digest}`, error));
      }
    }, LOOK);
  }

  #look(): void {
    if (this.#looking === undefined) return;
    const { spool } = this;
    const { length, gone } = spool.look();
    spool.grow(Math.min(length, spool.size));
    if (spool.available > 0) this.#opens('spool');
    if (gone && this.#isOpen && !this.#isWhole) {
      spool.fail(new DrayError('CONNECTION_LOST', `the process that fetched ${this.#work.target.digest} gave it up`));
    }
  }

  async #fetch(): Promise<void> {
    clearInterval(this.#looking);
    const { spool, work } = { spool: this.spool, work: this.#work };
    const { length, gone } = spool.look();
    if (gone || length > spool.size) spool.renew();
    const kept = new Promise<void>((resolve) => {
      void this.opened.then(() => resolve(work.keep?.(spool.read({ start: 0, end: spool.size }))), resolve);
    });
    kept.catch(() => undefined);
    try {
      await this.#pour(gone || length > spool.size ? 0 : length);
      await kept;
    } catch (error) {
      // What has come is of use to the next one who asks, unless it is wrong.
      spool.fail(error as Error);
      if (!isPassing(error) || spool.look().length === 0) spool.unlink();
      throw error;
    }
    spool.unlink();
  }

  /** Brings what is missing, and lets the last of it be seen when all is right. */
  async #pour(length: number): Promise<void> {
    const { spool, work } = { spool: this.spool, work: this.#work };
    const { target, clock, signal } = work;
    const hash = hashFor(target.digest);
    let at = await spool.reread(length, (chunk) => hash.update(chunk));
    let last: { readonly bytes: Uint8Array; readonly position: number } | undefined;
    const began = at;
    try {
      if (at < target.size || target.size === 0) {
        const bytes = await continuedSource(this.#source(), { retries: RETRIES, clock }).fetch(target, {
          offset: at,
          signal,
        });
        for await (const chunk of bytes) {
          hash.update(chunk);
          if (at + chunk.length < target.size) spool.write(chunk, at);
          else last = { bytes: new Uint8Array(chunk), position: at };
          at += chunk.length;
          if (work.keep === undefined && spool.isLeft) throw cancelled(AbortSignal.abort());
        }
      }
    } finally {
      work.onFetched(at - began);
    }
    expectDigest(target.digest, hash.digest('hex'));
    if (last !== undefined) spool.write(last.bytes, last.position);
    spool.grow(target.size);
    this.#opens('spool');
  }

  /** The upstream; what is here already may be read as soon as it has answered. */
  #source(): Source {
    const { from } = this.#work;
    return {
      has: (target, options) => from.has(target, options),
      fetch: async (target, options) => {
        const fetched = await from.fetch(target, options);
        this.spool.grow(Math.min(options?.offset ?? 0, Math.max(0, target.size - 1)));
        this.#opens('spool');
        return fetched;
      },
    };
  }
}

function expectDigest(expected: Digest, hex: string): void {
  const found = `${digestParts(expected).algorithm}:${hex}`;
  if (found === expected) return;
  throw new DrayError('DIGEST_MISMATCH', `the upstream sends other content for ${expected}: ${found}`, {
    detail: { expected, found },
  });
}

/** True for failures of the way to the upstream: what came before them may be right. */
function isPassing(error: unknown): boolean {
  return isDrayError(error) && (error.facts.family === 'network' || error.facts.family === 'cancelled');
}
