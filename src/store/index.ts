/**
 * Places on this machine: the content-addressed store on disk, and (below) image layouts and archives. All of them take blobs
 * through one `Ingest`: pieces in any order, over several runs, hashed as they arrive, visible only when verified.
 */
export { type FileIngestOptions, openFileIngest, type RangeJournal } from './file-ingest.ts';
// Layouts and archives: ./layout and ./archive-file.
