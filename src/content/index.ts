/**
 * The one idea: everything is a graph of descriptors that stands in some place, and `copy` brings it from one place to
 * another. `ports.ts` says what a place must be able to do; `copy` walks the graph, children before parents; `transfer`
 * brings one blob, in pieces and over failures, so that no byte that has come is asked for again.
 */
export { cachedSource } from './cached.ts';
export {
  type Assignment,
  type Carrier,
  type Carry,
  type CarryJob,
  type PlainError,
  plainError,
  revivedError,
} from './carrier.ts';
export { type ContinuedSourceOptions, continuedSource } from './continued-source.ts';
export { blobsOf, type CopyOptions, copy } from './copy.ts';
export { type CopiedBlob, type CopyBlobsOptions, copyBlobs } from './copy-blobs.ts';
export {
  type DocumentOptions,
  type Graph,
  type GraphNode,
  type GraphOptions,
  readDocument,
  readGraph,
} from './graph.ts';
export { createLimit, type Limit } from './limit.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory.ts';
export type {
  CallOptions,
  Fetched,
  FetchOptions,
  Ingest,
  Loan,
  PutOptions,
  Resolver,
  Source,
  Store,
  Tagger,
  UploadOptions,
} from './ports.ts';
export { type BlobWork, type TransferOptions, transfer } from './transfer.ts';
export { verified } from './verified.ts';
