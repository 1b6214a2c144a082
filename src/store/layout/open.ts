import type { CallOptions, Ingest, PutOptions, Resolver, Store, Tagger } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { type Descriptor, parseJsonStrict } from '#oci';
import { BlobFolder, type BlobFolderOptions, LAYOUT } from '../disk/blob-folder.ts';
import { hasBlob } from '../disk/blobs.ts';
import type { RootNames } from '../index-entry.ts';
import { createIndex, findRoot, readRoots, writeRoot } from './roots.ts';
import { sweepLayout } from './sweep.ts';

export type OciLayoutOptions = Pick<BlobFolderOptions, 'sync' | 'clock' | 'lockTimings' | 'fs'>;

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
  const layout = new FolderLayout(root, LAYOUT, options);
  layout.check();
  return layout;
}

class FolderLayout extends BlobFolder implements OciLayout {
  /** True when there is a layout already. */
  check(): boolean {
    return this.look('opening the image layout', () => {
      const text = this.files.read(this.files.path(MARK));
      if (text !== undefined) {
        this.#checkVersion(text);
        return true;
      }
      const stranger = this.files.list(this.root).find((name) => !name.startsWith('.') && !name.startsWith(MARK));
      if (stranger === undefined) return false;
      throw new DrayError('STORE_INCOMPATIBLE', `${this.root} is no OCI image layout: it has files, but no ${MARK}`, {
        hint: 'name an empty or new folder',
        detail: { root: this.root },
      });
    });
  }

  async resolve(name: string, options: CallOptions = {}): Promise<Descriptor> {
    const found = findRoot(await this.roots(options), name);
    if (found === undefined) throw unknown(this.root, name);
    const { mediaType, digest, size, platform } = found;
    return { mediaType, digest, size, ...(platform !== undefined && { platform }) };
  }

  async roots(options: CallOptions = {}): Promise<readonly Descriptor[]> {
    throwIfCancelled(options.signal);
    return this.look('reading index.json', () => readRoots(this.files));
  }

  async tag(name: string, root: Descriptor, options: CallOptions = {}): Promise<void> {
    const colon = name.lastIndexOf(':');
    const isFull = colon > name.lastIndexOf('/');
    const names = isFull ? { fullName: name, tag: name.slice(colon + 1) } : { tag: name };
    await this.list(root, { ...names, platform: root.platform }, options);
  }

  async list(root: Descriptor, names: RootNames, options: CallOptions = {}): Promise<void> {
    await this.change(`listing ${root.digest}`, options, async () => {
      if (!hasBlob(this.files, root)) throw unknown(this.root, root.digest);
      await this.#locked(options, () => writeRoot(this.files, root, names));
    });
  }

  /** Changes index.json, which nobody else does meanwhile. */
  async #locked(options: CallOptions, change: () => Promise<void>): Promise<void> {
    const lock = await this.locks.acquire(this.files.path('.dray-index.lock'), { signal: options.signal });
    try {
      await change();
    } finally {
      lock?.release();
    }
  }

  #checkVersion(text: string): void {
    const mark = parseJsonStrict(Buffer.from(text), this.files.path(MARK));
    const version = mark['imageLayoutVersion'];
    if (version === VERSION) return;
    const message = `${this.root} is an OCI image layout of another version than ${VERSION}`;
    throw new DrayError('STORE_INCOMPATIBLE', message, { detail: { root: this.root, version } });
  }

  /** Makes the folder a layout, the mark first: a run that is stopped here leaves one that can be gone on with. */
  protected override async prepare(): Promise<void> {
    const { files, locks } = this;
    if (!this.check()) await files.replace(files.path(MARK), JSON.stringify({ imageLayoutVersion: VERSION }));
    await files.ensure(files.path('blobs'));
    await this.#locked({}, () => createIndex(files));
    sweepLayout(files, locks);
  }
}

function unknown(root: string, name: string): DrayError {
  return new DrayError('MANIFEST_UNKNOWN', `${root} does not list ${JSON.stringify(name.slice(0, 200))}`, {
    detail: { root },
  });
}
