import { randomBytes } from 'node:crypto';
import type { Bytes } from '#bytes';
import type { CallOptions, Fetched, FetchOptions, Ingest, PutOptions, Resolver, Store, Tagger } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, parseJsonStrict } from '#oci';
import { type Clock, systemClock } from '#timing';
import type { Stem } from '../disk/adopt.ts';
import { digestNames, fetchBlob, hasBlob } from '../disk/blobs.ts';
import { Files } from '../disk/files.ts';
import { LockKeeper } from '../disk/lock.ts';
import type { LockTimings } from '../disk/lock-file.ts';
import { openIngest, putBlob, type Taking } from '../disk/take.ts';
import { asFailure } from '../failure.ts';
import { type FileSystem, systemFiles } from '../file-system.ts';
import type { RootNames } from '../index-entry.ts';
import { Turns } from '../turns.ts';
import { createIndex, findRoot, readRoots, writeRoot } from './roots.ts';
import { sweepLayout } from './sweep.ts';

export interface OciLayoutOptions {
  /** False: nothing is flushed; a power cut may undo what was acknowledged. */
  readonly sync?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly lockTimings?: Partial<LockTimings> | undefined;
  readonly fs?: FileSystem | undefined;
}

/**
 * An OCI image layout in a folder (the image spec's image-layout.md). Blobs of other tools that are there are used, as far as their
 * size is right; partial ones stand beside the blobs under hidden names.
 */
export interface OciLayout extends Store, Resolver, Tagger {
  readonly root: string;
  ingest(target: Descriptor, options?: PutOptions): Promise<Ingest | undefined>;
  /** Finds a root by its full name, its tag or its digest. */
  resolve(name: string, options?: CallOptions): Promise<Descriptor>;
  /** Names a root, by a full name (whose tag becomes its tag in the layout) or by a tag. What had the name before loses it. */
  tag(name: string, root: Descriptor, options?: CallOptions): Promise<void>;
  /** Lists a root, which is there, in `index.json`; one that is listed without a name needs none. */
  list(root: Descriptor, names: RootNames, options?: CallOptions): Promise<void>;
  /** What `index.json` lists. */
  roots(options?: CallOptions): Promise<readonly Descriptor[]>;
}

const MARK = 'oci-layout';
const VERSION = '1.0.0';

/**
 * Opens the layout, which need not exist: nothing is made before something is kept. Rejects with STORE_INCOMPATIBLE where the folder holds
 * other things, or a layout of another version.
 */
export async function openOciLayout(root: string, options: OciLayoutOptions = {}): Promise<OciLayout> {
  const layout = new FolderLayout(root, options);
  layout.check();
  return layout;
}

class FolderLayout implements OciLayout {
  readonly root: string;
  readonly #files: Files;
  readonly #taking: Taking;
  #prepared: Promise<void> | undefined;

  constructor(root: string, options: OciLayoutOptions) {
    const { sync = true, clock = systemClock, fs = systemFiles, lockTimings: timings } = options;
    this.root = root;
    const files = new Files({ root, fs, sync, id: randomBytes(6).toString('hex'), shared: true });
    const locks = new LockKeeper({ fs, clock, timings });
    const stem = (digest: Digest): Stem => {
      const [algorithm, hex] = digestNames(digest);
      return { folder: files.path('blobs', algorithm), name: `.dray-${hex}` };
    };
    this.#files = files;
    this.#taking = { files, locks, turns: new Turns(), stem, facts: false };
  }

  /** True when there is a layout already. */
  check(): boolean {
    return this.#trySync('opening the image layout', () => {
      const text = this.#files.read(this.#files.path(MARK));
      if (text !== undefined) {
        this.#checkVersion(text);
        return true;
      }
      const stranger = this.#files.list(this.root).find((name) => !name.startsWith('.') && !name.startsWith(MARK));
      if (stranger === undefined) return false;
      throw new DrayError('STORE_INCOMPATIBLE', `${this.root} is no OCI image layout: it has files, but no ${MARK}`, {
        hint: 'name an empty or new folder',
        detail: { root: this.root },
      });
    });
  }

  async has(target: Descriptor): Promise<boolean> {
    return this.#trySync(`looking for ${target.digest}`, () => hasBlob(this.#files, target));
  }

  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<Fetched> {
    return this.#trySync(`reading ${target.digest}`, () => fetchBlob(this.#files, target, options));
  }

  async put(target: Descriptor, content: Bytes, options: PutOptions = {}): Promise<void> {
    await this.#change(`keeping ${target.digest}`, options, () => putBlob(this.#taking, target, content, options));
  }

  async ingest(target: Descriptor, options: PutOptions = {}): Promise<Ingest | undefined> {
    return this.#change(`taking ${target.digest}`, options, () => openIngest(this.#taking, target, options));
  }

  async resolve(name: string, options: CallOptions = {}): Promise<Descriptor> {
    const found = findRoot(await this.roots(options), name);
    if (found === undefined) throw unknown(this.root, name);
    const { mediaType, digest, size, platform } = found;
    return { mediaType, digest, size, ...(platform !== undefined && { platform }) };
  }

  async roots(options: CallOptions = {}): Promise<readonly Descriptor[]> {
    throwIfCancelled(options.signal);
    return this.#trySync('reading index.json', () => readRoots(this.#files));
  }

  async tag(name: string, root: Descriptor, options: CallOptions = {}): Promise<void> {
    const colon = name.lastIndexOf(':');
    const isFull = colon > name.lastIndexOf('/');
    const names = isFull ? { fullName: name, tag: name.slice(colon + 1) } : { tag: name };
    await this.list(root, { ...names, platform: root.platform }, options);
  }

  async list(root: Descriptor, names: RootNames, options: CallOptions = {}): Promise<void> {
    await this.#change(`listing ${root.digest}`, options, async () => {
      if (!hasBlob(this.#files, root)) throw unknown(this.root, root.digest);
      await this.#locked(options, () => writeRoot(this.#files, root, names));
    });
  }

  /** Changes index.json, which nobody else does meanwhile. */
  async #locked(options: CallOptions, change: () => Promise<void>): Promise<void> {
    const lock = await this.#taking.locks.acquire(this.#files.path('.dray-index.lock'), { signal: options.signal });
    try {
      await change();
    } finally {
      lock?.release();
    }
  }

  #checkVersion(text: string): void {
    const mark = parseJsonStrict(Buffer.from(text), this.#files.path(MARK));
    const version = mark['imageLayoutVersion'];
    if (version === VERSION) return;
    const message = `${this.root} is an OCI image layout of another version than ${VERSION}`;
    throw new DrayError('STORE_INCOMPATIBLE', message, { detail: { root: this.root, version } });
  }

  async #change<T>(doing: string, options: CallOptions, work: () => Promise<T>): Promise<T> {
    throwIfCancelled(options.signal);
    try {
      this.#prepared ??= this.#prepare();
      await this.#prepared;
      return await work();
    } catch (error) {
      throw asFailure(`${doing} in ${this.root}`, error);
    }
  }

  /** Makes the folder a layout, the mark first: a run that is stopped here leaves one that can be gone on with. */
  async #prepare(): Promise<void> {
    try {
      const files = this.#files;
      if (!this.check()) await files.replace(files.path(MARK), JSON.stringify({ imageLayoutVersion: VERSION }));
      await files.ensure(files.path('blobs'));
      await this.#locked({}, () => createIndex(files));
      sweepLayout(files, this.#taking.locks);
    } catch (error) {
      // Another call may fare better.
      this.#prepared = undefined;
      throw error;
    }
  }

  #trySync<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asFailure(`${doing} in ${this.root}`, error);
    }
  }
}

function unknown(root: string, name: string): DrayError {
  return new DrayError('MANIFEST_UNKNOWN', `${root} does not list ${JSON.stringify(name.slice(0, 200))}`, {
    detail: { root },
  });
}
