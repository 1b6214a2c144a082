import type { CallOptions } from '#content';
import {
  type ArtifactFile,
  appendToIndex,
  createIndex,
  type DeleteRemoteOptions,
  type DeleteRemoteResult,
  deleteRemote,
  type EditIndexOptions,
  type IndexResult,
  listReferrers,
  type PullArtifactOptions,
  type PullArtifactResult,
  type PushArtifactOptions,
  type PushArtifactResult,
  pullArtifact,
  pushArtifact,
  type RateLimitResult,
  type ReferrersOfOptions,
  type ReferrersResult,
  type RemoveFromIndexOptions,
  readBlob,
  readRateLimit,
  removeFromIndex,
} from '#image';
import { type Descriptor, parseReference } from '#oci';
import type { RateLimit, SearchOptions, SearchResult, TokenOptions } from '#registry';
import type { Machine } from './machine.ts';

export type { RateLimit, SearchOptions, SearchResult, TokenOptions };

/** What is asked of registries as such, or changed there. */
export interface RegistryVerbs {
  /** All repositories of a registry, as they come. Rejects with UNSUPPORTED where it does not tell. */
  catalog(registry: string, options?: CallOptions): AsyncIterable<string>;
  /** Repositories whose name or description has `term`, `[HOST/]TERM`: in Docker Hub's index, a registry's own, or else its catalog. */
  search(term: string, options?: SearchOptions): Promise<readonly SearchResult[]>;
  /** Signatures, SBOMs and whatever else points to an image. */
  referrers(reference: string, options?: ReferrersOfOptions): Promise<ReferrersResult>;
  /**
   * Gives `use` the bytes of a blob, `REPOSITORY@DIGEST`. Rejects with DIGEST_MISMATCH or SIZE_MISMATCH at their end when they are not the blob:
   * what was made of them is worth nothing then.
   */
  blob(
    name: string,
    use: (blob: Descriptor, bytes: AsyncIterable<Uint8Array>) => Promise<void>,
    options?: CallOptions,
  ): Promise<void>;
  /** Deletes an image in a registry: what a tag or digest stands for, with all its tags, or with `tagOnly` a tag. */
  delete(reference: string, options?: DeleteRemoteOptions): Promise<DeleteRemoteResult>;
  /** Makes an index of images, which are copied beside it, and gives it the name `target`. */
  createIndex(target: string, images: readonly string[], options?: EditIndexOptions): Promise<IndexResult>;
  /** Adds images to an index; those for a platform that it has take the place of what was there. */
  appendToIndex(target: string, images: readonly string[], options?: EditIndexOptions): Promise<IndexResult>;
  /** Takes images out of an index; their manifests stay in the repository. */
  removeFromIndex(target: string, options: RemoveFromIndexOptions): Promise<IndexResult>;
  /** Pushes files as an artifact: an SBOM, a signature, a chart. Paths are relative to the working directory. */
  pushArtifact(
    target: string,
    files: readonly ArtifactFile[],
    options?: PushArtifactOptions,
  ): Promise<PushArtifactResult>;
  /** Writes the files of an artifact into a folder, and nothing outside of it. */
  pullArtifact(reference: string, folder: string, options?: PullArtifactOptions): Promise<PullArtifactResult>;
  /** How many pulls the registry still allows; asking costs none. */
  rateLimit(reference: string, options?: CallOptions): Promise<RateLimitResult>;
  /** A bearer token for the repository, or for other scopes; undefined where the registry wants none. */
  token(repository: string, options?: TokenOptions): Promise<string | undefined>;
}

export function registryVerbs(machine: Machine): RegistryVerbs {
  return {
    async *catalog(registry, options) {
      const { places } = await machine.open([`${registry}/x`]);
      yield* places.registries.catalog(parseReference(`${registry}/x`).domain, options);
    },
    async search(term, options) {
      const { domain, words } = splitTerm(term);
      const { places } = await machine.open([`${domain}/x`]);
      return places.registries.search(domain, words, options);
    },
    async referrers(reference, options) {
      const { places } = await machine.open([reference]);
      return listReferrers(reference, places, options);
    },
    async blob(name, use, options) {
      const { places } = await machine.open([name]);
      return readBlob(name, places, use, options);
    },
    async delete(reference, options) {
      const { places } = await machine.open([reference]);
      return deleteRemote(reference, places, options);
    },
    async createIndex(target, images, options) {
      const { places } = await machine.open([target, ...images]);
      return createIndex(target, images, places, options);
    },
    async appendToIndex(target, images, options) {
      const { places } = await machine.open([target, ...images]);
      return appendToIndex(target, images, places, options);
    },
    async removeFromIndex(target, options) {
      const { places } = await machine.open([target]);
      return removeFromIndex(target, places, options);
    },
    async pushArtifact(target, files, options) {
      const { places } = await machine.open([target]);
      return pushArtifact(target, files, places, options);
    },
    async pullArtifact(reference, folder, options) {
      const { places } = await machine.open([reference]);
      return pullArtifact(reference, folder, places, options);
    },
    async rateLimit(reference, options) {
      const { places } = await machine.open([reference]);
      return readRateLimit(reference, places, options);
    },
    async token(repository, options) {
      const { places } = await machine.open([repository]);
      return places.registries.token(parseReference(repository), options);
    },
  };
}

/** As docker: what is before the first slash is a registry where it can be one. */
function splitTerm(term: string): { readonly domain: string; readonly words: string } {
  const slash = term.indexOf('/');
  const host = slash < 0 ? '' : term.slice(0, slash);
  if (!/[.:]/.test(host) && host !== 'localhost') return { domain: 'docker.io', words: term };
  const domain = host === 'index.docker.io' ? 'docker.io' : host;
  return { domain, words: term.slice(slash + 1) };
}
