export type {
  CallOptions,
  Fetched,
  FetchOptions,
  Ingest,
  PutOptions,
  Resolver,
  Source,
  Store,
  Tagger,
} from './ports.ts';
