/**
 * dray: container images without Docker. `createDray` gives the verbs over the local store and all registries; the rooms
 * below have doors of their own (`dray/oci`, `dray/content`, `dray/registry`, `dray/store`, `dray/archive`, `dray/testing`).
 */
export type { CallOptions } from '#content';
export { DrayError, type ErrorCode, isDrayError } from '#errors';
export type {
  ArtifactFile,
  BlobOutcome,
  ComparedImage,
  CompareOptions,
  Comparison,
  ConfigChange,
  CopyBlob,
  CopyBytes,
  CopyOptions,
  CopyResult,
  DeleteRemoteOptions,
  DeleteRemoteResult,
  EditIndexOptions,
  ExportOptions,
  ExportResult,
  Fault,
  FileAspect,
  FileChange,
  ImageFile,
  ImportOptions,
  ImportResult,
  IndexResult,
  ListFilesOptions,
  ListImagesOptions,
  LoadedImage,
  LoadOptions,
  LoadResult,
  LoginOptions,
  LoginResult,
  LookOptions,
  Lost,
  ManifestResult,
  MovedName,
  OpenImageOptions,
  OutputFormat,
  OutputOptions,
  PullArtifactOptions,
  PullArtifactResult,
  PulledImage,
  PulledLayer,
  PullOptions,
  PullPlan,
  PullResult,
  PushArtifactOptions,
  PushArtifactResult,
  PushOptions,
  PushResult,
  RateLimitResult,
  ReferrersOfOptions,
  ReferrersResult,
  RemoveFromIndexOptions,
  SavedImage,
  SaveOptions,
  SaveResult,
  SeveralCopiesOptions,
  StoredImage,
  TagsOptions,
  UnpackOptions,
  UnpackResult,
  ValidatedImage,
  ValidateOptions,
  Validation,
} from '#image';
export type { Descriptor, Digest, Platform } from '#oci';
export type { ProgressEvent } from '#progress';
export type { ArchiveOrigin } from '#store';
export { createDray } from './create-dray.ts';
export { type Defaults, defaults, type Environment } from './defaults.ts';
export type { Dray, DrayOptions, EndOptions } from './dray.ts';
export type { RateLimit, SearchOptions, SearchResult, TokenOptions } from './registry-verbs.ts';
