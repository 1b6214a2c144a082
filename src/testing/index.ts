/**
 * What a client of registries is tested with: tiny images made by code (their program really runs), a registry in this process over a
 * real socket, and faults that are wrapped around its honest answers. Nothing here comes from the network and nothing needs Docker.
 *
 *     const registry = await startRegistry({ images: { 'app:1': helloIndex() }, faults: [cutAfter(1000, { kind: 'blob', times: 1 })] });
 *     … pull(registry.reference('app:1')) … registry.served.bytes … await registry.close();
 *
 * The images come from a tar writer of their own and the server is plain node:http: what is under test does not make its own test data.
 */

export { type Certificate, type CertificateOptions, createCertificate } from './certificates.ts';
export { type CountedConnection, type CountingProxy, startCountingProxy } from './counting-proxy.ts';
export {
  contentDigest,
  contentLength,
  contentRange,
  header,
  ignoreRange,
  noContentLength,
  noHead,
  redirect,
  redirectLoop,
  redirectTo,
  type StatusOptions,
  status,
} from './faults/answers.ts';
export { endless, extraBytes, flipByte, replaceBody, truncate } from './faults/bodies.ts';
export { cutAfter, delay, hangUp, neverAnswer, rawAnswer, slow, stallAfter, takeOver } from './faults/connection.ts';
export { answerWith, changeReply, changeRequest, type Fault, type Match } from './faults/fault.ts';
export { cutUpload, uploadLocation, uploadRange } from './faults/uploads.ts';
export { ARCHIVE_SHAPES, type ArchiveShape, type NamedImage, uncompressed } from './images/archives.ts';
export {
  type ArtifactOptions,
  buildArtifact,
  buildIndex,
  helloIndex,
  type IndexEntry,
} from './images/collections.ts';
export { descriptorOf, digestOf } from './images/descriptor-of.ts';
export { editManifest, type SealOptions, sealManifest, type TestGraph } from './images/graph.ts';
export { buildImage, type HelloOptions, helloImage, type ImageOptions, type TestImage } from './images/image.ts';
export {
  buildLayer,
  type Compression,
  type Flavour,
  fillerBytes,
  type LayerOptions,
  layerDescriptor,
  type TestLayer,
} from './images/layers.ts';
export { MEDIA_TYPES, type MediaTypes } from './images/media-types.ts';
export { helloProgram, PROGRAM_OUTPUT, type ProgramArchitecture } from './images/programs.ts';
export { buildSchema1, type Schema1Options } from './images/schema1.ts';
export { type LayerFile, tarOf } from './images/tar.ts';
export { type Auth, type BearerOptions, basicAuth, bearerAuth, type Users } from './registry/auth.ts';
export { type Delivery, type Reply, reply } from './registry/reply.ts';
export type { RecordedRequest, RegistryRequest, RequestKind } from './registry/request.ts';
export type { Answer, Deletes } from './registry/routes.ts';
export { type RegistryOptions, type Served, startRegistry, type TestRegistry } from './registry/start.ts';
export type { UploadRules } from './registry/uploads.ts';
export {
  type Content,
  contentOf,
  described,
  diffIdOf,
  inChunks,
  type LayerContent,
  layerOf,
} from './suites/content.ts';
export { holds, lacks, rejects } from './suites/expect.ts';
export { type ForgetfulFiles, forgetfulFiles, type PowerCut } from './suites/forgetful-files.ts';
export { type OpenRegistryStorage, registryStorageSuite } from './suites/registry-storage.ts';
export { type OpenSource, type SourceCapabilities, sourceSuite } from './suites/source.ts';
export { cameToEnd, type StoppingFiles, stoppingFiles } from './suites/stopping-files.ts';
export { type OpenStore, type StoreCapabilities, storeSuite } from './suites/store.ts';
