import type { Bytes } from '#bytes';
import type { CallOptions } from '#content';
import type { Keychain } from '#registry';
import type {
  DistributionInspect,
  HistoryItem,
  ImageDeleteItem,
  ImageInspect,
  ImageSearchItem,
  ImageSummary,
  ImagesPruneReport,
} from '../../api/images.ts';
import type { ArchiveSource } from '../archive-body.ts';
import type { EngineConnection } from '../connection.ts';
import { type BuildOptions, type BuildResult, build } from './build.ts';
import { type DistributionOptions, distribution } from './distribution.ts';
import { type HistoryOptions, history } from './history.ts';
import { type ImportOptions, type ImportResult, importImage } from './import.ts';
import { type InspectImageOptions, inspect } from './inspect.ts';
import { type ListImagesOptions, list } from './list.ts';
import { type LoadOptions, type LoadResult, load } from './load.ts';
import type { MessageStream } from './message-stream.ts';
import { type PruneImagesOptions, prune } from './prune.ts';
import { type PullOptions, type PullResult, pull } from './pull.ts';
import { type PushOptions, type PushResult, push } from './push.ts';
import { type RemoveImageOptions, remove } from './remove.ts';
import { type SaveOptions, save } from './save.ts';
import { type SearchImagesOptions, search } from './search.ts';
import { tag } from './tag.ts';

/**
 * The images of an engine. A name is any that docker takes, an ID or the beginning of one; what could change the address of the request is
 * refused with INVALID_REFERENCE before anything is sent. An option that the engine's API version does not know yet is refused with UNSUPPORTED.
 * A status of 400 and above rejects with the engine's text and `detail: { status, message }`.
 *
 * What streams messages sends nothing before it is iterated, `done()` or read raw.
 */
export interface EngineImages {
  /** Brings an image, or with `all` every tag of a repository, from its registry. Without tag and digest `latest` is meant. */
  pull(reference: string, options?: PullOptions): MessageStream<PullResult>;
  /** Sends an image, or with `all` every tag of a repository, to its registry. */
  push(reference: string, options?: PushOptions): MessageStream<PushResult>;
  /** Takes in the images of an archive of `save`, compressed or not. */
  load(archive: ArchiveSource, options?: LoadOptions): MessageStream<LoadResult>;
  /** Makes an image of one layer, of a tar of its files or a URL that the engine gets one from. */
  import(source: ArchiveSource | string, options?: ImportOptions): MessageStream<ImportResult>;
  /** Builds an image with the classic builder; `files` is the context, a tar. */
  build(files: ArchiveSource, options?: BuildOptions): MessageStream<BuildResult>;
  /**
   * One archive of all the images that are named, to be read once. Nothing is asked for before that; leaving the loop closes the connection.
   * `await pipeline(engine.images.save('app'), createWriteStream('app.tar'))`
   */
  save(names: string | readonly string[], options?: SaveOptions): Bytes;
  /** Those that the engine has, the newest first. */
  list(options?: ListImagesOptions): Promise<readonly ImageSummary[]>;
  /** All that the engine knows of an image. Rejects with NOT_FOUND. */
  inspect(name: string, options?: InspectImageOptions): Promise<ImageInspect>;
  /** How an image was made, the last step first. */
  history(name: string, options?: HistoryOptions): Promise<readonly HistoryItem[]>;
  /** Gives an image one more name; an image that had that name loses it. */
  tag(name: string, target: string, options?: CallOptions): Promise<void>;
  /** Takes a name away, and the image with its last one. Rejects with NOT_FOUND, and CONFLICT where others need it. */
  remove(name: string, options?: RemoveImageOptions): Promise<readonly ImageDeleteItem[]>;
  /** Removes images without a name that nobody uses; with `dangling: false` all that no container uses. */
  prune(options?: PruneImagesOptions): Promise<ImagesPruneReport>;
  /** Looks for repositories on Docker Hub, or with `HOST/TERM` in another registry. */
  search(term: string, options?: SearchImagesOptions): Promise<readonly ImageSearchItem[]>;
  /** What a name stands for in its registry now. */
  distribution(name: string, options?: DistributionOptions): Promise<DistributionInspect>;
}

export interface ImagesOptions {
  /** Finds what is shown to registries where a call says nothing of it; nothing is shown without. */
  readonly keychain?: Keychain | undefined;
  /** The registries that the keychain has something for. */
  readonly knownRegistries?: (() => readonly string[]) | undefined;
}

export function imagesOf(
  connection: EngineConnection,
  { keychain, knownRegistries = () => [] }: ImagesOptions = {},
): EngineImages {
  const context = { connection, keychain, knownRegistries };
  return {
    pull: (reference, options = {}) => pull(context, reference, options),
    push: (reference, options = {}) => push(context, reference, options),
    load: (archive, options = {}) => load(context, archive, options),
    import: (source, options = {}) => importImage(context, source, options),
    build: (files, options = {}) => build(context, files, options),
    save: (names, options = {}) => save(context, names, options),
    list: (options = {}) => list(context, options),
    inspect: (name, options = {}) => inspect(context, name, options),
    history: (name, options = {}) => history(context, name, options),
    tag: (name, target, options = {}) => tag(context, name, target, options),
    remove: (name, options = {}) => remove(context, name, options),
    prune: (options = {}) => prune(context, options),
    search: (term, options = {}) => search(context, term, options),
    distribution: (name, options = {}) => distribution(context, name, options),
  };
}
