/**
 * Places on this machine: the content-addressed store on disk, and (below) image layouts and archives. All of them take blobs
 * through one `Ingest`: pieces in any order, over several runs, hashed as they arrive, visible only when verified.
 */
export type { DeltaTable } from './archive-file/delta.ts';
export {
  type ArchiveFile,
  type ArchiveFileOptions,
  type Finished,
  type FinishOptions,
  openArchiveFile,
} from './archive-file/open.ts';
export {
  type ArchiveDelta,
  type ArchiveDocument,
  type ArchiveFormat,
  type ArchiveImage,
  type ArchivePiece,
  type ArchivePlan,
  type ArchivePlatformImage,
  type PlannedBlob,
  planArchive,
} from './archive-file/plan.ts';
export type { ProduceOptions } from './archive-file/produce.ts';
export { SinkWriter, writeArchive } from './archive-file/stream.ts';
export { type WriteArchiveFileOptions, writeArchiveFile } from './archive-file/write-file.ts';
export type { ArchivedImage, ArchiveLimits, ReadableArchive } from './archive-read/archive.ts';
export { type LocalContent, type LocalContentOptions, openLocalContent } from './archive-read/content.ts';
export { type OpenArchiveOptions, openArchive } from './archive-read/open.ts';
export { isRegionsRecipe, openRegions, type RegionsRecipe } from './archive-read/regions.ts';
export type { ArchiveOrigin } from './archive-read/seekable.ts';
export { BoundedCache } from './bounded-cache.ts';
export type { Collected, CollectOptions } from './disk/collect.ts';
export { type DiskStore, type DiskStoreOptions, openDiskStore } from './disk/disk-store.ts';
export type { Dropped, Dropping } from './disk/drop-manifests.ts';
export { Files, type FilesOptions, isAbsence } from './disk/files.ts';
export type { StoredBlob, StoredPartial } from './disk/inventory.ts';
export type { Lease } from './disk/leases.ts';
export { LockKeeper, type LockKeeperOptions } from './disk/lock.ts';
export type { HeldLock, LockTimings } from './disk/lock-file.ts';
export { type Death, type Owner, type OwnerProof, systemOwners } from './disk/owner.ts';
export type { PartialBounds } from './disk/prune-partials.ts';
export type { NewReference, ReferenceKey, StoredReference } from './disk/references.ts';
export { asFailure } from './failure.ts';
export { type FileIngestOptions, openFileIngest, type RangeJournal } from './file-ingest.ts';
export { writeRegion } from './file-region.ts';
export { type FileSystem, syncFile, systemFiles } from './file-system.ts';
export { indexEntry, type RootNames } from './index-entry.ts';
export type { LayerFacts } from './layer-check.ts';
export { type OciLayout, type OciLayoutOptions, openOciLayout } from './layout/open.ts';
export { type JournalTerms, type LentIngest, type LoanTerms, openLoan } from './loan.ts';
export { Turns } from './turns.ts';
export { type WholeFileOptions, writeWholeFile } from './whole-file.ts';
