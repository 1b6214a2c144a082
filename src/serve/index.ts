/**
 * A registry: the distribution API over places to keep what is pushed. Its storage on disk is laid out as docker's own registry lays it out,
 * so that either can serve what the other one wrote.
 */
export { createMemoryStorage } from './storage/memory/memory-storage.ts';
export type {
  ByteSpan,
  Page,
  PageOptions,
  RegistryStorage,
  StorageOptions,
  StoredBlob,
  StoredManifest,
  UploadPiece,
  UploadStorage,
} from './storage/port.ts';
