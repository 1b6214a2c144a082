/**
 * Tar and compression: what layers and image archives are made of. Everything streams; nothing here knows images, stores or registries.
 * Content is told by its first bytes, decoders are bounded in memory whatever they are fed, and what is written is the same byte for
 * byte every time.
 */
export { decompress } from './compression/decompress.ts';
export { compressGzip, GzipWriter } from './compression/gzip-writer.ts';
export {
  createLayerDigester,
  type LayerDigest,
  type LayerDigester,
  type LayerDigesterOptions,
  mostUnpacked,
} from './compression/layer-digester.ts';
export { refuseForeign } from './compression/refuse-foreign.ts';
export { type Compression, SNIFF_LENGTH, sniffCompression } from './compression/sniff.ts';
export { limitWindows } from './compression/window-budget.ts';
export { type ApplyLayerOptions, applyLayer } from './layer/apply-layer.ts';
export { diskFailure } from './layer/disk/disk-failure.ts';
export { type DiskFolder, DiskTree } from './layer/disk/disk-tree.ts';
export { openNewFile } from './layer/disk/file-writer.ts';
export { Folder } from './layer/disk/folder.ts';
export type { Unset } from './layer/disk/notes.ts';
export { entryPath } from './layer/entry-path.ts';
export { type FlatPlan, flatLayer, planFlat, TAR_END } from './layer/flatten.ts';
export { type LayerItem, type ListLayerOptions, listEntries, listLayer } from './layer/list-layer.ts';
export { type MemoryFile, type MemoryFolder, MemoryTree } from './layer/memory-tree.ts';
export { type ReadLayerOptions, readLayer } from './layer/read-layer.ts';
export type { Tree } from './layer/tree.ts';
export { askedBy } from './layer/whiteout.ts';
export { ContentCount } from './tar/content-count.ts';
export { BLOCK, encodeHeader, type PlainEntry, paddingOf } from './tar/header.ts';
export type { PaxRecords } from './tar/pax.ts';
export { readTar, type TarEntry, type TarType } from './tar/read.ts';
