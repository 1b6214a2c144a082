/**
 * The verbs, over places that the caller has built: pull a reference into the store or into a file, list what is there, look at what a
 * registry has. A pull is resolve (documents), fetch (blobs), keep (names), write (files); `pull/pull.ts` shows the order.
 */

export type { ArtifactFile } from './artifact/artifact-files.ts';
export { type PullArtifactOptions, type PullArtifactResult, pullArtifact } from './artifact/pull-artifact.ts';
export { type PushArtifactOptions, type PushArtifactResult, pushArtifact } from './artifact/push-artifact.ts';
export type {
  ComparedImage,
  CompareOptions,
  Comparison,
  ConfigChange,
  FileAspect,
  FileChange,
} from './compare/comparison.ts';
export type { BlobOutcome, CopyBlob, CopyBytes } from './copy/copied.ts';
export { copyImage } from './copy/copy.ts';
export { copyRepository, type SeveralCopiesOptions } from './copy/copy-repository.ts';
export type { CopyOptions, CopyResult } from './copy/copy-result.ts';
export type { EngineArchives } from './engine-archives.ts';
export type { ImageFile, ListFilesOptions } from './files/list-files.ts';
export type { OpenImageOptions } from './files/open-image.ts';
export { type HistoryOptions, type HistoryStep, imageHistory } from './history/history.ts';
export { type ImportOptions, type ImportResult, importImage } from './import/import.ts';
export {
  appendToIndex,
  createIndex,
  type EditIndexOptions,
  type IndexResult,
  type RemoveFromIndexOptions,
  removeFromIndex,
} from './index-edit/edit-index.ts';
export { type InspectedImage, type InspectOptions, inspectImage } from './inspect/inspect.ts';
export { listImages } from './list.ts';
export { loadArchive } from './load/load.ts';
export type { LoadedImage, LoadOptions, LoadResult, MovedName } from './load/loaded.ts';
export { lookAtConfig, lookAtDigest, lookAtManifest } from './look.ts';
export { compareImages, listFiles, readFile, validateImage } from './look-into.ts';
export { hasScheme, isPlace } from './place/is-place.ts';
export { registryOf } from './place/registry-of.ts';
export type { Places } from './places.ts';
export { type PruneOptions, type PruneResult, pruneStore } from './prune/prune.ts';
export { planPull } from './pull/plan.ts';
export { pullAll } from './pull/pull.ts';
export { pushAll } from './push/push.ts';
export type { PushOptions, PushResult } from './push/push-result.ts';
export { type DeleteRemoteOptions, type DeleteRemoteResult, deleteRemote } from './remote/delete-remote.ts';
export { listReferrers, type ReferrersOfOptions, type ReferrersResult } from './remote/list-referrers.ts';
export { type RateLimitResult, readRateLimit } from './remote/rate-limit.ts';
export { readBlob } from './remote/read-blob.ts';
export {
  type RemovalStep,
  type RemoveOptions,
  type RemoveResult,
  removeImage,
  type UntaggedImage,
} from './remove/remove.ts';
export { type DescribedImage, type DescribeOptions, describeImage } from './rows/describe-image.ts';
export type { ImageManifest } from './rows/image-manifests.ts';
export { type ImageRow, type ImageRows, type ImageRowsOptions, imageRows } from './rows/image-rows.ts';
export { saveImages } from './save/save.ts';
export type { SavedImage, SaveOptions, SaveResult } from './save/saved.ts';
export { type TagOptions, tagImage } from './tag.ts';
export { listTags, type TagsOptions } from './tags.ts';
export type {
  ListImagesOptions,
  LoginOptions,
  LoginResult,
  LookOptions,
  ManifestResult,
  OutputFormat,
  OutputOptions,
  PulledImage,
  PulledLayer,
  PullOptions,
  PullPlan,
  PullResult,
  StoredImage,
} from './types.ts';
export { type ExportOptions, type ExportResult, exportImage } from './unpack/export.ts';
export { type UnpackOptions, type UnpackResult, unpackImage } from './unpack/unpack.ts';
export type { Lost } from './unpack/write-owners.ts';
export { type ImageUsage, type StoreUsage, storeUsage } from './usage/usage.ts';
export type { Fault } from './validate/fault.ts';
export type { ValidatedImage, ValidateOptions, Validation } from './validate/validate.ts';
