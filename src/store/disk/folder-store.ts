import type { CallOptions } from '#content';
import { DrayError, errnoOf, hasCode, isDrayError, throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, isIndexType } from '#oci';
import { asFailure } from '../failure.ts';
import type { LayerFacts } from '../layer-check.ts';
import { BlobFolder } from './blob-folder.ts';
import { blobPath, hasBlob, isWhole } from './blobs.ts';
import { type Collected, type CollectOptions, collect } from './collect.ts';
import { readCompressed, writeCompressed } from './compressed.ts';
import type { DiskStore } from './disk-store.ts';
import { type Dropped, type Dropping, dropManifests } from './drop-manifests.ts';
import { readFacts, removeFacts, writeFacts } from './facts.ts';
import { checkFormat, createFormat } from './format.ts';
import { listBlobs, listPartials, removePartial, type StoredBlob, type StoredPartial } from './inventory.ts';
import { type Lease, NO_LEASE, takeLease } from './leases.ts';
import { deleteReference, type Naming, writeReference } from './naming.ts';
import {
  listReferences,
  type NewReference,
  type ReferenceKey,
  readReference,
  type StoredReference,
  unknownName,
} from './references.ts';
import { dropHint, sweepIngest } from './sweep.ts';

/** The store in a folder; `disk-store.ts` says what its calls do. */
export class FolderStore extends BlobFolder implements DiskStore {
  get #naming(): Naming {
    const { files, locks, clock } = this;
    return { files, locks, clock };
  }

  open(): void {
    try {
      checkFormat(this.files);
    } catch (error) {
      throw unusable(`opening the store ${this.root}`, error);
    }
  }

  blobFile(target: Descriptor): string | undefined {
    const path = blobPath(this.files, target.digest);
    return this.look(`looking for ${path}`, () => (isWhole(this.files, path, target) ? path : undefined));
  }

  async discard(digest: Digest, options: CallOptions = {}): Promise<boolean> {
    throwIfCancelled(options.signal);
    return this.look(`dropping ${digest}`, () => {
      removeFacts(this.files, digest);
      return this.files.remove(blobPath(this.files, digest));
    });
  }

  async blobs(options: CallOptions = {}): Promise<readonly StoredBlob[]> {
    throwIfCancelled(options.signal);
    return this.look('listing blobs', () => listBlobs(this.files));
  }

  async partials(options: CallOptions = {}): Promise<readonly StoredPartial[]> {
    throwIfCancelled(options.signal);
    return this.look('listing partial downloads', () => listPartials(this.files));
  }

  async removePartial(digest: Digest, options: CallOptions = {}): Promise<boolean> {
    return this.change(`forgetting ${digest}`, options, () => removePartial(this.files, this.locks, digest));
  }

  async lease(content: readonly Descriptor[], options: CallOptions = {}): Promise<Lease> {
    try {
      return await this.change('taking a lease', options, () => takeLease(this.#naming, content, options));
    } catch (error) {
      if (isDrayError(error) && READ_ONLY.has(errnoOf(error.cause) ?? '')) return NO_LEASE;
      throw error;
    }
  }

  async workFolder(options: CallOptions = {}): Promise<string> {
    const folder = this.files.path('ingest');
    await this.change('making a folder', options, () => this.files.ensure(folder));
    return folder;
  }

  async collect(options: CollectOptions = {}): Promise<Collected> {
    if (!this.look('opening', () => checkFormat(this.files))) return { blobs: [], partials: [], bytes: 0 };
    const doing = 'removing what is not needed';
    return this.#remove(doing, options, () => collect(this.#naming, this, options));
  }

  layerFacts(digest: Digest): LayerFacts | undefined {
    return this.look(`looking for facts of ${digest}`, () => readFacts(this.files, digest));
  }

  async rememberLayer(digest: Digest, facts: LayerFacts, options: CallOptions = {}): Promise<void> {
    await this.change(`remembering ${digest}`, options, () => writeFacts(this.files, digest, facts));
  }

  compressed(digest: Digest): Descriptor | undefined {
    return this.look(`looking for facts of ${digest}`, () => readCompressed(this.files, digest));
  }

  async rememberCompressed(digest: Digest, compressed: Descriptor, options: CallOptions = {}): Promise<void> {
    await this.change(`remembering ${digest}`, options, () => writeCompressed(this.files, digest, compressed));
  }

  async resolve(name: string): Promise<Descriptor> {
    const reference = await this.reference(name);
    if (reference === undefined) throw unknownName(this.root, name);
    return reference.root;
  }

  async tag(name: string, root: Descriptor, options: CallOptions = {}): Promise<void> {
    await this.remember({ name, root, manifests: isIndexType(root.mediaType) ? [] : [root] }, options);
  }

  async remember(reference: NewReference, options: CallOptions = {}): Promise<void> {
    const { name, root } = reference;
    await this.change(`naming ${name ?? root.digest}`, options, async () => {
      if (!hasBlob(this.files, root)) throw unknownName(this.root, root.digest);
      await writeReference(this.#naming, reference, options);
    });
  }

  async reference(name: string, options: CallOptions = {}): Promise<StoredReference | undefined> {
    throwIfCancelled(options.signal);
    return this.look(`looking for ${name}`, () => readReference(this.files, { name }));
  }

  async references(options: CallOptions = {}): Promise<readonly StoredReference[]> {
    throwIfCancelled(options.signal);
    return this.look('listing images', () => listReferences(this.files));
  }

  async removeReference(which: string | ReferenceKey, options: CallOptions = {}): Promise<boolean> {
    throwIfCancelled(options.signal);
    const key: ReferenceKey = typeof which === 'string' ? { name: which } : which;
    const doing = `removing ${key.name ?? key.root?.digest}`;
    if (this.look(doing, () => readReference(this.files, key)) === undefined) return false;
    return this.#remove(doing, options, () => deleteReference(this.#naming, key, options));
  }

  async dropManifests(dropping: Dropping, options: CallOptions = {}): Promise<Dropped> {
    const doing = 'removing manifests';
    const { manifests, bytes, below } = await this.#remove(doing, options, () =>
      dropManifests(this.#naming, this, dropping, options),
    );
    const collected = await this.collect({ ...options, below });
    return { manifests, bytes: bytes + collected.bytes };
  }

  /** As `change`, also on a disk that is full. */
  async #remove<T>(doing: string, options: CallOptions, work: () => Promise<T>): Promise<T> {
    for (let spared = 0; ; spared += 1) {
      try {
        return await this.change(doing, options, work);
      } catch (error) {
        if (!hasCode(error, 'DISK_FULL') || spared === MOST_SPARED || !dropHint(this.files)) throw error;
      }
    }
  }

  protected override async prepare(): Promise<void> {
    try {
      if (!checkFormat(this.files)) await createFormat(this.files);
      sweepIngest(this.files, this.clock);
    } catch (error) {
      throw unusable(`making the store ${this.root}`, error);
    }
  }
}

/** What is remembered of layers and given up for room: one block is enough for a lock. */
const MOST_SPARED = 4;

const READ_ONLY: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** What the file system refused of the folder itself: another folder is the way out. */
function unusable(doing: string, error: unknown): unknown {
  const failure = asFailure(doing, error);
  if (!isDrayError(failure) || failure.code !== 'IO_FAILED') return failure;
  return new DrayError('IO_FAILED', failure.message, {
    hint: 'name a folder that can be written with --root or DRAY_ROOT, or go without a store: --no-store -o FILE',
    detail: failure.detail,
    cause: failure.cause,
  });
}
