/**
 * What images are: names, digests, platforms and the documents that make them up, as plain readonly data that survives JSON,
 * structuredClone and worker threads, with functions instead of methods. Nothing here waits, reads files or talks to anyone.
 *
 * Text goes in and is either understood in the one way that everybody else understands it, or refused: a document that two readers
 * could take for two things (a key twice, layers beside manifests, a media type that says otherwise) is no document. All of it takes
 * linear time in what it reads, since a stranger wrote it.
 */
export { classify } from './classify.ts';
export { checkConfigMatches, type HistoryEntry, hasLabel, type ImageConfig, labelsOf, parseConfig } from './config.ts';
export type { Descriptor, Digest } from './descriptor.ts';
export {
  type DigestAlgorithm,
  digestOf,
  digestParts,
  hashFor,
  isDigest,
  parseDigest,
  referrersTag,
  shortId,
} from './digest.ts';
export { goJson } from './go-json.ts';
export { children } from './graph.ts';
export { type HostProcess, hostPlatform } from './host-platform.ts';
export { type ImageIndex, parseIndex } from './image-index.ts';
export { isJsonObject, type JsonObject, type JsonValue, parseJsonStrict, rawMembers } from './json.ts';
export { isArtifact, type Manifest, parseManifest } from './manifest.ts';
export {
  DOCKER_CONFIG,
  DOCKER_FOREIGN_LAYER,
  DOCKER_FOREIGN_LAYER_GZIP,
  DOCKER_FOREIGN_LAYER_ZSTD,
  DOCKER_LAYER,
  DOCKER_LAYER_GZIP,
  DOCKER_LAYER_ZSTD,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  DOCKER_PLUGIN_CONFIG,
  type DocumentType,
  isDocumentType,
  isForeignLayerType,
  isImageConfigType,
  isIndexType,
  isLayerType,
  isManifestType,
  isSchema1Type,
  MANIFEST_ACCEPT,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_FOREIGN_LAYER,
  OCI_FOREIGN_LAYER_GZIP,
  OCI_FOREIGN_LAYER_ZSTD,
  OCI_INDEX,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
  SCHEMA1_MANIFEST,
  SCHEMA1_SIGNED_MANIFEST,
} from './media-types.ts';
export type { Platform } from './platform.ts';
export { type PlatformDocument, platformDocument } from './platform-document.ts';
export {
  isAttestation,
  matchesPlatform,
  pickPlatform,
  platformCandidates,
  platformOrder,
  platformsOf,
} from './platform-match.ts';
export { normalizePlatform } from './platform-normalize.ts';
export { formatPlatform, parsePlatform } from './platform-parse.ts';
export { printable, quoted } from './printable.ts';
export { familiarName, familiarString, fullName, fullString, referenceLabel } from './reference/format.ts';
export { matchesRepository } from './reference/match.ts';
export { isRepositoryPath, isTag, parseReference, refuseReservedName, withDefaultTag } from './reference/parse.ts';
export type { Reference } from './reference.ts';
export { parseSchema1, type Schema1Layer, type Schema1Manifest, type Schema1Step, schema1Layers } from './schema1.ts';
export {
  type ConvertedDocument,
  type ConvertedImage,
  type ConvertedLayer,
  convertSchema1,
} from './schema1-convert.ts';
export { schema1Payload } from './schema1-signature.ts';
