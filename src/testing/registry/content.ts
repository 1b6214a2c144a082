import { DrayError } from '#errors';
import type { Digest } from '#oci';
import { digestOf } from '../images/descriptor-of.ts';
import type { TestGraph } from '../images/graph.ts';

interface RepositoryContent {
  readonly tags: Map<string, Digest>;
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, string>;
}

/** What the registry holds, by repository. */
export class Content {
  readonly #repositories = new Map<string, RepositoryContent>();

  /** `name` is `repository:tag`, or `repository` for content without a tag. */
  add(name: string, graph: TestGraph): void {
    const [repository, tag] = name.split(':');
    if (repository === undefined || repository === '')
      throw new DrayError('INVALID_OPTION', `no repository in "${name}"`);
    const own = this.#repositories.get(repository) ?? { tags: new Map(), blobs: new Map(), manifests: new Map() };
    this.#repositories.set(repository, own);
    for (const [digest, bytes] of graph.blobs) own.blobs.set(digest, bytes);
    for (const [digest, mediaType] of graph.manifests) own.manifests.set(digest, mediaType);
    if (tag !== undefined) own.tags.set(tag, graph.root.digest);
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

  manifest(
    repository: string,
    reference: string,
  ): { readonly digest: string; readonly mediaType: string; readonly bytes: Uint8Array } | undefined {
    const own = this.#repositories.get(repository);
    const digest = own?.tags.get(reference) ?? this.#known(repository, reference);
    const mediaType = own?.manifests.get(digest);
    const bytes = own?.blobs.get(digest);
    if (mediaType === undefined || bytes === undefined) return undefined;
    return { digest: reference.startsWith('sha512:') ? reference : digest, mediaType, bytes };
  }

  /** The digest that the content is kept under: everything can be asked for by sha512 too. */
  #known(repository: string, digest: string): string {
    if (!digest.startsWith('sha512:')) return digest;
    const blobs = this.#repositories.get(repository)?.blobs ?? new Map<string, Uint8Array>();
    return [...blobs].find(([, bytes]) => digestOf(bytes, 'sha512') === digest)?.[0] ?? digest;
  }
}
