import { throwIfCancelled } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { pageOf } from '../page.ts';
import type {
  ByteSpan,
  Page,
  PageOptions,
  RegistryStorage,
  StorageOptions,
  StoredBlob,
  StoredManifest,
} from '../port.ts';
import { type Referral, referralOf, sortedByDigest } from '../referral.ts';
import { MemoryUploads } from './memory-uploads.ts';
import { MemoryRepositories } from './repository.ts';

/** Bytes given to a reader at once. */
const CHUNK = 1024 * 1024;

/** A storage in the memory of this process, for tests and for what need not last. Blobs that no repository holds are dropped at once. */
export function createMemoryStorage(): RegistryStorage {
  return new MemoryStorage();
}

class MemoryStorage implements RegistryStorage {
  readonly uploads: MemoryUploads;
  readonly #bytes = new Map<Digest, Uint8Array>();
  readonly #repositories = new MemoryRepositories();
  readonly #referrals = new WeakMap<StoredManifest, Referral | 'none'>();

  constructor() {
    this.uploads = new MemoryUploads((repository, digest, bytes) => {
      this.#bytes.set(digest, bytes);
      this.#repositories.of(repository).blobs.add(digest);
    });
  }

  async blob(repository: string, digest: Digest, options: StorageOptions = {}): Promise<StoredBlob | undefined> {
    throwIfCancelled(options.signal);
    const bytes = this.#repositories.get(repository)?.blobs.has(digest) ? this.#bytes.get(digest) : undefined;
    if (bytes === undefined) return undefined;
    return { digest, size: bytes.length, bytes, read: (range, { signal } = {}) => readChunks(bytes, range, signal) };
  }

  async mountBlob(
    repository: string,
    digest: Digest,
    from: string | undefined,
    options: StorageOptions = {},
  ): Promise<boolean> {
    throwIfCancelled(options.signal);
    const isThere =
      from === undefined ? this.#repositories.isHeld(digest) : this.#repositories.get(from)?.blobs.has(digest) === true;
    if (isThere) this.#repositories.of(repository).blobs.add(digest);
    return isThere;
  }

  async *holders(digest: Digest, options: StorageOptions = {}): AsyncGenerator<string, void, undefined> {
    for (const [name, { blobs }] of this.#repositories.all) {
      throwIfCancelled(options.signal);
      if (blobs.has(digest)) yield name;
    }
  }

  async removeBlob(repository: string, digest: Digest, options: StorageOptions = {}): Promise<boolean> {
    throwIfCancelled(options.signal);
    const removed = this.#repositories.get(repository)?.blobs.delete(digest) === true;
    if (removed) this.#afterRemoval(repository, [digest]);
    return removed;
  }

  async manifest(
    repository: string,
    digest: Digest,
    options: StorageOptions = {},
  ): Promise<StoredManifest | undefined> {
    throwIfCancelled(options.signal);
    return this.#repositories.get(repository)?.manifests.get(digest);
  }

  async tagged(repository: string, tag: string, options: StorageOptions = {}): Promise<StoredManifest | undefined> {
    throwIfCancelled(options.signal);
    const found = this.#repositories.get(repository);
    const digest = found?.tags.get(tag);
    return digest === undefined ? undefined : found?.manifests.get(digest);
  }

  async putManifest(
    repository: string,
    manifest: StoredManifest,
    tags: readonly string[],
    options: StorageOptions = {},
  ): Promise<void> {
    throwIfCancelled(options.signal);
    const place = this.#repositories.of(repository);
    const before = place.manifests.get(manifest.digest);
    if (before?.mediaType !== manifest.mediaType) {
      place.manifests.set(manifest.digest, { ...manifest, bytes: new Uint8Array(manifest.bytes) });
    }
    for (const tag of tags) place.tags.set(tag, manifest.digest);
  }

  async removeManifest(
    repository: string,
    digest: Digest,
    options: StorageOptions = {},
  ): Promise<readonly string[] | undefined> {
    throwIfCancelled(options.signal);
    const found = this.#repositories.get(repository);
    if (found?.manifests.delete(digest) !== true) return undefined;
    const tags = [...found.tags].filter(([, target]) => target === digest).map(([tag]) => tag);
    for (const tag of tags) found.tags.delete(tag);
    this.#repositories.forgetEmpty(repository);
    return tags.sort();
  }

  async removeTag(repository: string, tag: string, options: StorageOptions = {}): Promise<boolean> {
    throwIfCancelled(options.signal);
    return this.#repositories.get(repository)?.tags.delete(tag) === true;
  }

  async removeRepository(repository: string, options: StorageOptions = {}): Promise<boolean> {
    throwIfCancelled(options.signal);
    const found = this.#repositories.get(repository);
    this.#repositories.all.delete(repository);
    this.uploads.drop(repository);
    if (found !== undefined) this.#afterRemoval(repository, found.blobs);
    return found !== undefined;
  }

  async tags(repository: string, options: PageOptions = {}): Promise<Page | undefined> {
    throwIfCancelled(options.signal);
    const found = this.#repositories.get(repository);
    return found === undefined ? undefined : pageOf([...found.tags.keys()].sort(), options);
  }

  async repositories(options: PageOptions = {}): Promise<Page> {
    throwIfCancelled(options.signal);
    return pageOf([...this.#repositories.all.keys()].sort(), options);
  }

  async referrers(repository: string, digest: Digest, options: StorageOptions = {}): Promise<readonly Descriptor[]> {
    throwIfCancelled(options.signal);
    const manifests = [...(this.#repositories.get(repository)?.manifests.values() ?? [])];
    const referrals = manifests.map((manifest) => this.#referral(manifest));
    return sortedByDigest(referrals.flatMap((referral) => (referral?.subject === digest ? [referral.descriptor] : [])));
  }

  #referral(manifest: StoredManifest): Referral | undefined {
    let known = this.#referrals.get(manifest);
    if (known === undefined) {
      known = referralOf(manifest) ?? 'none';
      this.#referrals.set(manifest, known);
    }
    return known === 'none' ? undefined : known;
  }

  #afterRemoval(repository: string, digests: Iterable<Digest>): void {
    for (const digest of digests) if (!this.#repositories.isHeld(digest)) this.#bytes.delete(digest);
    this.#repositories.forgetEmpty(repository);
  }
}

async function* readChunks(
  bytes: Uint8Array,
  { start, end }: ByteSpan,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end; at += CHUNK) {
    throwIfCancelled(signal);
    yield bytes.subarray(at, Math.min(at + CHUNK, end));
  }
}
