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
export { type Compression, SNIFF_LENGTH, sniffCompression } from './compression/sniff.ts';
export { limitWindows } from './compression/window-budget.ts';
export { BLOCK, encodeHeader, type PlainEntry, paddingOf } from './tar/header.ts';
export type { PaxRecords } from './tar/pax.ts';
export { readTar, type TarEntry, type TarType } from './tar/read.ts';
