import type { Bytes } from '#bytes';
import type { Fetched, FetchOptions, Ingest, PutOptions } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import type { Descriptor, Digest } from '#oci';
import type { HeldLock } from '../disk/lock-file.ts';
import { asFailure } from '../failure.ts';
import { openFileIngest } from '../file-ingest.ts';
import { type FileRegion, writeRegion } from '../file-region.ts';
import { syncFile } from '../file-system.ts';
import { Turns } from '../turns.ts';
import { copyRegion } from './copy-region.ts';
import { expectDocument } from './expect-document.ts';
import { type Layer, Layers } from './layers.ts';
import type { ArchiveFile, Finished, FinishOptions } from './open.ts';
import { OvertakenIngest } from './overtaken-ingest.ts';
import type { PartialArchive } from './partial-file.ts';
import type { ArchivePlan } from './plan.ts';
import { fetchBytes, fetchRegion } from './read-region.ts';
import { publish, replaceFile } from './replace.ts';
import { Spool } from './spool.ts';

interface Parts {
  readonly path: string;
  readonly plan: ArchivePlan;
  readonly sync: boolean;
  readonly lock: HeldLock;
  readonly partial: PartialArchive;
}

export class PlannedFile implements ArchiveFile {
  readonly path: string;
  readonly #plan: ArchivePlan;
  readonly #sync: boolean;
  readonly #lock: HeldLock;
  readonly #partial: PartialArchive;
  readonly #documents: ReadonlyMap<Digest, Uint8Array>;
  readonly #layers: Layers;
  readonly #spool: Spool;
  readonly #turns = new Turns();
  readonly #ingests = new Set<Ingest>();
  /** Layers that a `put` is bringing into their place just now. */
  readonly #moving = new Map<Layer, Promise<void>>();
  #state: 'open' | 'over' = 'open';

  constructor({ path, plan, sync, lock, partial }: Parts) {
    this.path = path;
    this.#plan = plan;
    this.#sync = sync;
    this.#lock = lock;
    this.#partial = partial;
    const known = plan.blobs.flatMap(({ descriptor, bytes }) => (bytes ? [[descriptor.digest, bytes] as const] : []));
    this.#documents = new Map(known);
    this.#layers = new Layers(partial, sync);
    this.#spool = new Spool(partial, this.#guard);
  }

  async has(target: Descriptor): Promise<boolean> {
    if (this.#document(target) !== undefined) return true;
    const layer = this.#layers.find(target);
    return layer !== undefined && this.#layers.isSealed(layer);
  }

  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<Fetched> {
    throwIfCancelled(options.signal);
    this.#mustBeOpen();
    const document = this.#document(target);
    if (document !== undefined) return fetchBytes(document, options);
    const layer = this.#layers.find(target);
    if (layer !== undefined && this.#layers.isSealed(layer)) {
      return fetchRegion(this.#regionOf(layer), layer.size, options);
    }
    const detail = { digest: target.digest };
    throw new DrayError('BLOB_UNKNOWN', `${this.path} does not hold ${target.digest}`, { detail });
  }

  async put(target: Descriptor, content: Bytes, options: PutOptions = {}): Promise<void> {
    throwIfCancelled(options.signal);
    this.#mustBeOpen();
    if (this.#document(target) !== undefined) return expectDocument(target, content, options);
    const layer = this.#planned(target);
    if (this.#layers.isSealed(layer)) {
      await content[Symbol.asyncIterator]().return?.();
      return;
    }
    await this.#spool.take(target, content, { ...options, move: (from) => this.#move(from, layer) });
  }

  async ingest(target: Descriptor, options: PutOptions = {}): Promise<Ingest | undefined> {
    const { signal, diffId } = options;
    throwIfCancelled(signal);
    this.#mustBeOpen();
    if (this.#document(target) !== undefined) return undefined;
    const layer = this.#planned(target);
    const onWait = (): void => {
      const { digest, size } = target;
      options.onEvent?.({ kind: 'blob', digest, size, role: 'layer', state: 'waiting', received: 0 });
    };
    const leave = await this.#turns.take(target.digest, { signal, onWait });
    if (this.#layers.isSealed(layer) || this.#state === 'over') {
      leave();
      this.#mustBeOpen();
      return undefined;
    }
    const inner = openFileIngest({
      ...this.#regionOf(layer),
      target,
      diffId,
      fs: this.#partial.fs,
      journal: this.#layers.journal(layer),
      lending: { kind: 'page', position: this.#layers.journalPosition(layer) },
      sync: this.#sync,
      guard: this.#guard,
      finish: () => this.#layers.seal(layer),
      close: async () => {
        this.#ingests.delete(inner);
        leave();
      },
    });
    this.#ingests.add(inner);
    return new OvertakenIngest(inner, () => this.#layers.isSealed(layer) || this.#moving.has(layer));
  }

  async finish(options: FinishOptions = {}): Promise<Finished> {
    throwIfCancelled(options.signal);
    this.#mustBeOpen();
    const missing = this.#layers.missing();
    if (missing !== undefined) {
      const message = `cannot finish ${this.path}: the layer ${missing.digest} is missing`;
      throw new DrayError('BLOB_UNKNOWN', message, { detail: { digest: missing.digest } });
    }
    try {
      const finished = await (options.gzip === true ? this.#zip(options) : this.#complete());
      await this.#end();
      return finished;
    } catch (error) {
      throw asFailure(`finishing ${this.path}`, error);
    }
  }

  async release(): Promise<void> {
    if (this.#state === 'over') return;
    this.#state = 'over';
    await this.#releaseIngests();
    if (this.#layers.isEmpty()) this.#remove();
    await this.#end();
  }

  async discard(): Promise<void> {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#remove();
    await this.#end();
  }

  readonly #guard = (): void => this.#lock.assertHeld();

  #document({ digest, size }: Descriptor): Uint8Array | undefined {
    const bytes = this.#documents.get(digest);
    return bytes?.length === size ? bytes : undefined;
  }

  #planned(target: Descriptor): Layer {
    const layer = this.#layers.find(target);
    if (layer !== undefined) return layer;
    const { digest, size } = target;
    const message = `${digest} with ${size} bytes is no part of the archive ${this.path}`;
    throw new DrayError('INVALID_OPTION', message, { detail: { digest, size } });
  }

  #regionOf(layer: Layer): FileRegion {
    const { fs, fd, path } = this.#partial;
    return { fs, fd, path, base: layer.offset };
  }

  /** Verified content goes to its place, also over what an ingest has put there of it. */
  async #move(from: FileRegion, layer: Layer): Promise<void> {
    for (let other = this.#moving.get(layer); other !== undefined; other = this.#moving.get(layer)) {
      await other.catch(() => undefined);
    }
    if (this.#layers.isSealed(layer)) return;
    const moved = this.#copyIn(from, layer).finally(() => this.#moving.delete(layer));
    this.#moving.set(layer, moved);
    await moved;
  }

  async #copyIn(from: FileRegion, layer: Layer): Promise<void> {
    await copyRegion(from, this.#regionOf(layer), { start: 0, end: layer.size });
    if (this.#sync) await syncFile(this.#partial.fs, this.#partial.fd);
    await this.#layers.seal(layer);
  }

  /** The first block comes last: until then it says where the tables are. */
  async #complete(): Promise<Finished> {
    const { fs, fd, path } = this.#partial;
    const { pieces, size } = this.#plan;
    this.#lock.assertHeld({ now: true });
    for (const { offset, bytes } of pieces.toReversed()) {
      if (bytes !== undefined) writeRegion({ fs, fd, path, base: 0 }, offset, bytes);
    }
    if (this.#sync) await syncFile(fs, fd);
    fs.ftruncateSync(fd, size);
    if (this.#sync) await syncFile(fs, fd);
    this.#lock.assertHeld({ now: true });
    await publish(path, this.path, { fs, sync: this.#sync });
    return { size };
  }

  async #zip(options: FinishOptions): Promise<Finished> {
    const { fs } = this.#partial;
    const replace = { ...options, fs, sync: this.#sync, lock: this.#lock };
    const finished = await replaceFile(this.path, this.#plan, this, replace);
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

  async #end(): Promise<void> {
    this.#state = 'over';
    await this.#releaseIngests();
    try {
      this.#partial.fs.closeSync(this.#partial.fd);
    } catch {
      // Nothing depends on it.
    }
    this.#lock.release();
  }

  async #releaseIngests(): Promise<void> {
    await Promise.all([...this.#ingests].map((ingest) => ingest.release()));
  }

  #mustBeOpen(): void {
    if (this.#state !== 'open') throw new DrayError('BUG', `${this.path} is not open any more`);
  }
}
