/**
 * Places on this machine: the content-addressed store on disk, and (below) image layouts and archives. All of them take blobs
 * through one `Ingest`: pieces in any order, over several runs, hashed as they arrive, visible only when verified.
 */
export { type DiskStore, type DiskStoreOptions, openDiskStore } from './disk/disk-store.ts';
export type { LockTimings } from './disk/lock-file.ts';
export type { NewReference, StoredReference } from './disk/references.ts';
export { type FileIngestOptions, openFileIngest, type RangeJournal } from './file-ingest.ts';
export type { LayerFacts } from './layer-check.ts';
// Layouts and archives: ./layout and ./archive-file.
