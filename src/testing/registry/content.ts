import { DrayError } from '#errors';
import { type Digest, parseDigest } from '#oci';
import { digestOf } from '../images/descriptor-of.ts';
import type { TestGraph } from '../images/graph.ts';

interface RepositoryContent {
  readonly tags: Map<string, Digest>;
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, string>;
}

/** A manifest as it was put. */
export interface HeldManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What the registry holds, by repository. */
export class Content {
  readonly #repositories = new Map<string, RepositoryContent>();

  /** `name` is `repository:tag`, or `repository` for content without a tag. */
  add(name: string, graph: TestGraph): void {
    const [repository, tag] = name.split(':');
    if (repository === undefined || repository === '')
      throw new DrayError('INVALID_OPTION', `no repository in "${name}"`);
    const own = this.#open(repository);
    for (const [digest, bytes] of graph.blobs) own.blobs.set(digest, bytes);
    for (const [digest, mediaType] of graph.manifests) own.manifests.set(digest, mediaType);
    if (tag !== undefined) own.tags.set(tag, graph.root.digest);
  }

  /** Sorted, as registries give them. */
  repositories(): readonly string[] {
    return [...this.#repositories.keys()].toSorted();
  }

  /** The first repository that has the blob. */
  holderOf(digest: string): string | undefined {
    return this.repositories().find((name) => this.blob(name, digest) !== undefined);
  }

  keepBlob(repository: string, digest: string, bytes: Uint8Array): void {
    this.#open(repository).blobs.set(digest, bytes);
  }

  /** Under its digest, and a tag where `reference` is one. */
  keepManifest(repository: string, reference: string, manifest: HeldManifest): void {
    const own = this.#open(repository);
    own.blobs.set(manifest.digest, manifest.bytes);
    own.manifests.set(manifest.digest, manifest.mediaType);
    if (!reference.includes(':')) own.tags.set(reference, parseDigest(manifest.digest));
  }

  /** False when it was not there. */
  deleteBlob(repository: string, digest: string): boolean {
    return this.#repositories.get(repository)?.blobs.delete(digest) ?? false;
  }

  /** With all its tags. False when it was not there. */
  deleteManifest(repository: string, digest: string): boolean {
    const own = this.#repositories.get(repository);
    if (own?.manifests.delete(digest) !== true) return false;
    own.blobs.delete(digest);
    for (const [tag, named] of own.tags) if (named === digest) own.tags.delete(tag);
    return true;
  }

  deleteTag(repository: string, tag: string): boolean {
    return this.#repositories.get(repository)?.tags.delete(tag) ?? false;
  }

  /** All of a repository. */
  manifests(repository: string): readonly HeldManifest[] {
    const own = this.#repositories.get(repository);
    return [...(own?.manifests ?? [])].map(([digest, mediaType]) => ({
      digest,
      mediaType,
      bytes: own?.blobs.get(digest) ?? new Uint8Array(),
    }));
  }

  has(repository: string): boolean {
    return this.#repositories.has(repository);
  }

  /** Sorted, as registries give them. */
  tags(repository: string): readonly string[] {
    return [...(this.#repositories.get(repository)?.tags.keys() ?? [])].toSorted();
  }

  blob(repository: string, digest: string): Uint8Array | undefined {
    return this.#repositories.get(repository)?.blobs.get(this.#known(repository, digest));
  }

  manifest(repository: string, reference: string): HeldManifest | undefined {
    const own = this.#repositories.get(repository);
    const digest = own?.tags.get(reference) ?? this.#known(repository, reference);
    const mediaType = own?.manifests.get(digest);
    const bytes = own?.blobs.get(digest);
    if (mediaType === undefined || bytes === undefined) return undefined;
    return { digest: reference.startsWith('sha512:') ? reference : digest, mediaType, bytes };
  }

  #open(repository: string): RepositoryContent {
    const own = this.#repositories.get(repository) ?? { tags: new Map(), blobs: new Map(), manifests: new Map() };
    this.#repositories.set(repository, own);
    return own;
  }

  /** The digest that the content is kept under: everything can be asked for by sha512 too. */
  #known(repository: string, digest: string): string {
    if (!digest.startsWith('sha512:')) return digest;
    const blobs = this.#repositories.get(repository)?.blobs ?? new Map<string, Uint8Array>();
    return [...blobs].find(([, bytes]) => digestOf(bytes, 'sha512') === digest)?.[0] ?? digest;
  }
}
