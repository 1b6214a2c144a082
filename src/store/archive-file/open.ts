import type { Bytes } from '#bytes';
import type { CallOptions, Fetched, FetchOptions, Ingest, PutOptions, Store } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { type Clock, systemClock } from '#timing';
import type { HeldLock, LockTimings } from '../disk/lock-file.ts';
import { asFailure } from '../failure.ts';
import { openFileIngest, type RangeJournal } from '../file-ingest.ts';
import { writeRegion } from '../file-region.ts';
import { type FileSystem, syncFile, systemFiles } from '../file-system.ts';
import { pourInto } from '../pour-into.ts';
import { Turns } from '../turns.ts';
import { expectDocument } from './expect-document.ts';
import { lockFile } from './lock.ts';
import { type PartialArchive, readTable, writeTable } from './partial-file.ts';
import { checkPlace } from './place.ts';
import type { ArchivePlan, PlannedBlob } from './plan.ts';
import { preparePartial } from './prepare.ts';
import { fetchBytes, fetchRegion } from './read-region.ts';
import { publish, replaceFile } from './replace.ts';

export interface ArchiveFileOptions extends CallOptions {
  /** False: nothing is flushed; a power cut may undo what was acknowledged. */
  readonly sync?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly lockTimings?: Partial<LockTimings> | undefined;
  readonly fs?: FileSystem | undefined;
}

export interface FinishOptions extends CallOptions {
  /** The file is gzipped; layers that are compressed already are only stored in it. */
  readonly gzip?: boolean | undefined;
}

export interface Finished {
  /** Bytes of the file. */
  readonly size: number;
}

/**
 * An archive as a place for the blobs of its plan: layers go straight to their offsets in `<path>.dray-partial`, several at a time. Documents
 * and configs are there from the start. What has arrived outlives the process; the next run with the same path goes on from there.
 */
export interface ArchiveFile extends Store {
  /** Under which the archive appears. */
  readonly path: string;
  ingest(target: Descriptor, options?: PutOptions): Promise<Ingest | undefined>;
  /**
   * Makes the archive appear under its name, in place of what was there, and lets go. Rejects with BLOB_UNKNOWN while a layer is
   * missing. After a failure the archive file is as before.
   */
  finish(options?: FinishOptions): Promise<Finished>;
  /** Lets go and keeps what has arrived for the next run; nothing at all leaves no file. Does nothing after `finish` or `discard`. */
  release(): Promise<void>;
  /** Lets go and forgets what has arrived. */
  discard(): Promise<void>;
}

/**
 * Opens the archive for its blobs. Rejects with IO_FAILED where its folder is missing or the name is taken by something else than a file, and with
 * BUSY where another process writes the same archive. What an earlier run left for another plan is used as far as it fits, with a warning.
 */
export async function openArchiveFile(
  path: string,
  plan: ArchivePlan,
  options: ArchiveFileOptions = {},
): Promise<ArchiveFile> {
  const { sync = true, clock = systemClock, fs = systemFiles, lockTimings: timings, signal, onEvent } = options;
  throwIfCancelled(signal);
  try {
    checkPlace(fs, path);
    const working = `${path}.dray-partial`;
    const lock = await lockFile(working, { fs, clock, timings, signal, onEvent });
    try {
      const mine = lock.predecessor === undefined || lock.predecessor.death === 'exact';
      const partial = await preparePartial(working, plan, { fs, sync, mine, signal, onEvent });
      return new PlannedFile({ path, plan, sync, lock, partial });
    } catch (error) {
      lock.release();
      throw error;
    }
  } catch (error) {
    throw asFailure(`writing ${path}`, error);
  }
}

interface Parts {
  readonly path: string;
  readonly plan: ArchivePlan;
  readonly sync: boolean;
  readonly lock: HeldLock;
  readonly partial: PartialArchive;
}

class PlannedFile implements ArchiveFile {
  readonly path: string;
  readonly #plan: ArchivePlan;
  readonly #sync: boolean;
  readonly #lock: HeldLock;
  readonly #partial: PartialArchive;
  readonly #turns = new Turns();
  readonly #documents: ReadonlyMap<Digest, PlannedBlob>;
  /** Number of each layer, by digest. */
  readonly #numbers: ReadonlyMap<Digest, number>;
  readonly #sealed = new Set<number>();
  #state: 'open' | 'over' = 'open';

  constructor({ path, plan, sync, lock, partial }: Parts) {
    this.path = path;
    this.#plan = plan;
    this.#sync = sync;
    this.#lock = lock;
    this.#partial = partial;
    this.#documents = new Map(plan.blobs.filter(({ bytes }) => bytes).map((blob) => [blob.descriptor.digest, blob]));
    this.#numbers = new Map(partial.head.blobs.map(([digest], index) => [digest, index]));
    for (const index of this.#numbers.values()) if (readTable(partial, index).sealed) this.#sealed.add(index);
  }

  async has(target: Descriptor): Promise<boolean> {
    if (this.#document(target) !== undefined) return true;
    const layer = this.#layer(target);
    return layer !== undefined && this.#sealed.has(layer.index);
  }

  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<Fetched> {
    throwIfCancelled(options.signal);
    const document = this.#document(target);
    if (document !== undefined) return fetchBytes(document, options);
    const layer = this.#layer(target);
    if (layer === undefined || !this.#sealed.has(layer.index)) {
      throw new DrayError('BLOB_UNKNOWN', `${this.path} does not hold ${target.digest}`, {
        detail: { digest: target.digest },
      });
    }
    return fetchRegion({ ...this.#partial, base: layer.offset }, target.size, options);
  }

  async put(target: Descriptor, content: Bytes, options: PutOptions = {}): Promise<void> {
    throwIfCancelled(options.signal);
    const document = this.#document(target);
    if (document !== undefined) return expectDocument(target, content, options);
    const ingest = await this.ingest(target, options);
    if (ingest === undefined) {
      await content[Symbol.asyncIterator]().return?.();
      return;
    }
    // What is kept is what was given now, not what an earlier run has left.
    if (ingest.have().length > 0) ingest.reset();
    await pourInto(ingest, content, options);
  }

  async ingest(target: Descriptor, options: PutOptions = {}): Promise<Ingest | undefined> {
    const { signal, diffId } = options;
    throwIfCancelled(signal);
    this.#mustBeOpen();
    if (this.#document(target) !== undefined) return undefined;
    const layer = this.#layer(target);
    if (layer === undefined) throw this.#notPlanned(target);
    const leave = await this.#turns.take(target.digest, { signal });
    if (this.#sealed.has(layer.index)) {
      leave();
      return undefined;
    }
    const { fs, fd, path } = this.#partial;
    return openFileIngest({
      target,
      diffId,
      fd,
      base: layer.offset,
      path,
      journal: this.#journal(layer.index),
      sync: this.#sync,
      guard: () => this.#lock.assertHeld(),
      fs,
      finish: () => this.#seal(layer.index, target.size),
      close: async () => leave(),
    });
  }

  async finish(options: FinishOptions = {}): Promise<Finished> {
    throwIfCancelled(options.signal);
    this.#mustBeOpen();
    const missing = this.#partial.head.blobs.find((_, index) => !this.#sealed.has(index));
    if (missing !== undefined) {
      const detail = { digest: missing[0] };
      throw new DrayError('BLOB_UNKNOWN', `cannot finish ${this.path}: the layer ${missing[0]} is missing`, { detail });
    }
    try {
      const finished = await (options.gzip === true ? this.#zip(options) : this.#complete());
      this.#end();
      return finished;
    } catch (error) {
      throw asFailure(`finishing ${this.path}`, error);
    }
  }

  async release(): Promise<void> {
    if (this.#state === 'over') return;
    const received = this.#partial.head.blobs.some((_, index) => readTable(this.#partial, index).ranges.length > 0);
    if (!received && this.#sealed.size === 0) this.#remove();
    this.#end();
  }

  async discard(): Promise<void> {
    if (this.#state === 'over') return;
    this.#remove();
    this.#end();
  }

  #document({ digest, size }: Descriptor): Uint8Array | undefined {
    const bytes = this.#documents.get(digest)?.bytes;
    return bytes?.length === size ? bytes : undefined;
  }

  #layer({ digest, size }: Descriptor): { readonly index: number; readonly offset: number } | undefined {
    const index = this.#numbers.get(digest);
    const place = index === undefined ? undefined : this.#partial.head.blobs[index];
    return index === undefined || place === undefined || place[2] !== size ? undefined : { index, offset: place[1] };
  }

  #journal(index: number): RangeJournal {
    return {
      load: () => readTable(this.#partial, index).ranges,
      note: (ranges) => writeTable(this.#partial, index, { ranges, sealed: false }),
      clear: () => writeTable(this.#partial, index, { ranges: [], sealed: false }),
    };
  }

  async #seal(index: number, size: number): Promise<void> {
    const { fs, fd } = this.#partial;
    writeTable(this.#partial, index, { ranges: [{ start: 0, end: size }], sealed: true });
    if (this.#sync) await syncFile(fs, fd);
    this.#sealed.add(index);
  }

  /** The first block comes last: until then it says where the tables are. */
  async #complete(): Promise<Finished> {
    const { fs, fd, path } = this.#partial;
    const region = { fs, fd, base: 0, path };
    this.#lock.assertHeld({ now: true });
    for (const { offset, bytes } of this.#plan.pieces.toReversed()) {
      if (bytes !== undefined) writeRegion(region, offset, bytes);
    }
    if (this.#sync) await syncFile(fs, fd);
    fs.ftruncateSync(fd, this.#plan.size);
    if (this.#sync) await syncFile(fs, fd);
    this.#lock.assertHeld({ now: true });
    await publish(path, this.path, { fs, sync: this.#sync });
    return { size: this.#plan.size };
  }

  async #zip(options: FinishOptions): Promise<Finished> {
    const { fs } = this.#partial;
    const finished = await replaceFile(this.path, this.#plan, this, {
      ...options,
      fs,
      sync: this.#sync,
      lock: this.#lock,
    });
    this.#remove();
    return finished;
  }

  #remove(): void {
    try {
      this.#lock.assertHeld({ now: true });
      this.#partial.fs.unlinkSync(this.#partial.path);
    } catch {
      // Lost to another owner, or out of order: the next run finds what there is.
    }
  }

  #end(): void {
    this.#state = 'over';
    try {
      this.#partial.fs.closeSync(this.#partial.fd);
    } catch {
      // Nothing depends on it.
    }
    this.#lock.release();
  }

  #mustBeOpen(): void {
    if (this.#state !== 'open') throw new DrayError('BUG', `${this.path} is not open any more`);
  }

  #notPlanned({ digest, size }: Descriptor): DrayError {
    const message = `${digest} with ${size} bytes is no part of the archive ${this.path}`;
    return new DrayError('INVALID_OPTION', message, { detail: { digest, size } });
  }
}
