import type { ByteRange } from '#bytes';
import type { CallOptions, Ingest, Loan } from '#content';
import { DrayError, hasCode, throwIfCancelled, unlessCancelled } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { asFailure, fileFailure } from './failure.ts';
import { type FileRegion, writeRegion } from './file-region.ts';
import { type FileSystem, syncFile, systemFiles } from './file-system.ts';
import { FrontierHash } from './frontier-hash.ts';
import { LayerCheck, type LayerFacts } from './layer-check.ts';
import type { JournalTerms, LoanTerms } from './loan.ts';
import { Received } from './received.ts';

/** Bytes that a kill may make the journal forget. */
const UNNOTED = 256 * 1024;

/** Remembers, across a kill at any moment, which bytes of a blob are in its file. May know less than is there, never more. */
export interface RangeJournal {
  /** What an earlier run left. */
  load(): readonly ByteRange[];
  /**
   * These bytes, and no others, are in the file now: sorted, apart from each other. Called after at most 256 KiB more, and, with an empty
   * range at its start besides, before the first byte of a piece that leaves a gap before it. Synchronous and cheap.
   */
  note(ranges: readonly ByteRange[]): void;
  /** Nothing is there any more. */
  clear(): void;
}

export interface FileIngestOptions {
  readonly target: Descriptor;
  /** What the blob must be when it is uncompressed. */
  readonly diffId?: Digest | undefined;
  /** Open for reading and writing; the owner of the ingest closes it, in `close`. */
  readonly fd: number;
  /** Where the blob begins in the file. */
  readonly base: number;
  /** Path of the file, for messages. */
  readonly path: string;
  readonly journal: RangeJournal;
  /** Flush the content to the disk before `finish`. */
  readonly sync?: boolean | undefined;
  /** Rejects, with BUSY, once the file belongs to somebody else: asked before each write and before `finish`. */
  readonly guard?: (() => void) | undefined;
  readonly fs?: FileSystem | undefined;
  /** Lets another thread do the work; says where that one finds the journal. */
  readonly lending?: JournalTerms | undefined;
  /** The content is verified: make it visible. `layer` is what was found out where `diffId` was given. */
  finish(layer: LayerFacts | undefined): Promise<void>;
  /** The ingest is over, after `finish` or without it: let go. */
  close(): Promise<void>;
}

/**
 * Takes one blob into a region of an open file. Bytes that arrive in order are hashed on the way, others are read back once; a byte that is
 * here already is not written again, so that what was hashed is what is in the file.
 */
export function openFileIngest(options: FileIngestOptions): Ingest {
  return new FileIngest(options);
}

class FileIngest implements Ingest {
  readonly target: Descriptor;
  readonly #options: FileIngestOptions;
  readonly #fs: FileSystem;
  readonly #region: FileRegion;
  readonly #received = new Received();
  readonly #hash: FrontierHash;
  #check: LayerCheck | undefined;
  #unnoted = 0;
  #state: 'open' | 'lent' | 'committing' | 'over' = 'open';
  #commit: Promise<void> = Promise.resolve();
  #abandoned = false;

  constructor(options: FileIngestOptions) {
    this.target = options.target;
    this.#options = options;
    this.#fs = options.fs ?? systemFiles;
    this.#region = { fs: this.#fs, fd: options.fd, base: options.base, path: options.path };
    this.#loadJournal();
    this.#hash = new FrontierHash(this.#region, this.target.digest, this.#frontier);
    this.#hash.catchUp();
    this.#check = this.#openCheck();
  }

  have(): readonly ByteRange[] {
    return this.#received.ranges;
  }

  write(position: number, chunk: Uint8Array): void {
    this.#mustBeOpen();
    const end = position + chunk.length;
    if (position < 0 || end > this.target.size) throw this.#outside(position, end);
    this.#options.guard?.();
    for (const gap of this.#received.missing(position, end)) {
      this.#take(gap.start, chunk.subarray(gap.start - position, gap.end - position));
    }
    if (this.#unnoted >= UNNOTED) this.#note();
    this.#check?.advance();
  }

  reset(): void {
    this.#mustBeOpen();
    this.#options.guard?.();
    this.#forget();
  }

  async commit(options: CallOptions = {}): Promise<void> {
    this.#mustBeOpen();
    throwIfCancelled(options.signal);
    this.#state = 'committing';
    const commit = this.#verifyAndFinish(options.signal);
    this.#commit = commit.catch(() => undefined);
    try {
      await commit;
      this.#state = 'over';
    } catch (error) {
      this.#state = 'open';
      if (hasCode(error, 'DIGEST_MISMATCH', 'DIFF_ID_MISMATCH', 'CORRUPT_LAYER')) this.#forget();
      throw error;
    }
    await this.#options.close();
  }

  async release(): Promise<void> {
    this.#abandoned = true;
    await this.#check?.stop();
    await this.#commit;
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#hash.pause();
    if (this.#unnoted > 0) this.#note();
    await this.#options.close();
  }

  lend(): Loan | undefined {
    const { target, diffId, fd, base, path, lending } = this.#options;
    if (lending === undefined || this.#fs !== systemFiles) return undefined;
    this.#mustBeOpen();
    this.#state = 'lent';
    if (this.#unnoted > 0) this.#note();
    this.#hash.pause();
    void this.#check?.stop();
    const terms: LoanTerms = { target, diffId, fd, base, path, journal: lending };
    return { terms, settle: (verified) => this.#settle(verified), reclaim: () => this.#reclaim() };
  }

  async #settle(verified: unknown): Promise<void> {
    this.#state = 'committing';
    try {
      await this.#finish(isLayerFacts(verified) ? verified : undefined);
      this.#state = 'over';
    } catch (error) {
      this.#reclaim();
      throw error;
    }
    await this.#options.close();
  }

  #reclaim(): void {
    this.#state = 'open';
    this.#received.clear();
    this.#loadJournal();
    this.#hash.restart();
    this.#hash.catchUp();
    this.#check = this.#openCheck();
  }

  #loadJournal(): void {
    for (const { start, end } of this.#options.journal.load()) {
      this.#received.add(Math.max(0, start), Math.min(end, this.target.size));
    }
  }

  readonly #frontier = (): number => this.#received.frontier;

  /** Keeps a piece of which no byte is here. */
  #take(position: number, piece: Uint8Array): void {
    if (position > 0 && !this.#received.continuesAt(position)) {
      this.#options.journal.note(announce(this.#received.ranges, position));
    }
    writeRegion(this.#region, position, piece);
    this.#received.add(position, position + piece.length);
    this.#unnoted += piece.length;
    this.#hash.wrote(position, piece);
  }

  #note(): void {
    this.#options.journal.note(this.#received.ranges);
    this.#unnoted = 0;
  }

  async #verifyAndFinish(signal: AbortSignal | undefined): Promise<void> {
    const { target, diffId } = this.#options;
    if (this.#received.frontier !== target.size) throw this.#incomplete();
    const digest = await this.#hash.finish(target.size, signal);
    if (digest !== target.digest) {
      const message = `the bytes received for ${target.digest} have the digest ${digest}`;
      throw new DrayError('DIGEST_MISMATCH', message, { detail: { expected: target.digest, found: digest } });
    }
    const layer = await this.#verifyLayer(diffId, signal);
    throwIfCancelled(signal);
    if (this.#abandoned) throw this.#givenUp();
    await this.#finish(layer);
  }

  /** The content is verified: flushes it and makes it visible. */
  async #finish(layer: LayerFacts | undefined): Promise<void> {
    const { target, path } = this.#options;
    if (this.#options.sync === true) await this.#sync(path);
    this.#options.guard?.();
    try {
      await this.#options.finish(layer);
    } catch (error) {
      throw asFailure(`keeping ${target.digest} (${path})`, error);
    }
  }

  async #verifyLayer(diffId: Digest | undefined, signal: AbortSignal | undefined): Promise<LayerFacts | undefined> {
    if (this.#check === undefined || diffId === undefined) return undefined;
    const layer = await unlessCancelled(this.#check.finish(), signal);
    if (layer === undefined) throw this.#givenUp();
    const found = layer.diffId;
    if (found === diffId) return layer;
    const message = `the layer ${this.target.digest} is ${found} when uncompressed, but the image's config says ${diffId}`;
    throw new DrayError('DIFF_ID_MISMATCH', message, {
      detail: { layer: this.target.digest, expected: diffId, found },
    });
  }

  async #sync(path: string): Promise<void> {
    try {
      await syncFile(this.#fs, this.#options.fd);
    } catch (error) {
      throw fileFailure(`flushing ${path} to the disk`, error, { path });
    }
  }

  #forget(): void {
    this.#received.clear();
    this.#unnoted = 0;
    this.#hash.restart();
    // It reads no more of the file once stopped, whenever that is noticed.
    void this.#check?.stop();
    this.#check = this.#openCheck();
    this.#options.journal.clear();
  }

  #openCheck(): LayerCheck | undefined {
    const { diffId, target } = this.#options;
    return diffId === undefined || this.#abandoned
      ? undefined
      : new LayerCheck(this.#region, diffId, target.size, this.#frontier);
  }

  #mustBeOpen(): void {
    if (this.#state !== 'open') throw new DrayError('BUG', `the ingest of ${this.target.digest} is not open`);
  }

  #givenUp(): DrayError {
    return new DrayError('CANCELLED', `taking ${this.target.digest} was given up`);
  }

  #outside(position: number, end: number): DrayError {
    const { digest, size } = this.target;
    const message = `${digest} has ${size} bytes, but bytes ${position} to ${end} of it were sent`;
    return new DrayError('SIZE_MISMATCH', message, { detail: { digest, size, position, end } });
  }

  #incomplete(): DrayError {
    const { digest, size } = this.target;
    const received = this.#received.ranges.reduce((sum, range) => sum + range.end - range.start, 0);
    const message = `${digest} has ${size} bytes, but only ${received} of them arrived`;
    return new DrayError('SIZE_MISMATCH', message, { detail: { digest, size, received } });
  }
}

function announce(ranges: readonly ByteRange[], position: number): ByteRange[] {
  return [...ranges, { start: position, end: position }].sort((a, b) => a.start - b.start);
}

function isLayerFacts(value: unknown): value is LayerFacts {
  return typeof value === 'object' && value !== null && 'diffId' in value && 'size' in value;
}
