/**
 * Registries: the only room that speaks the distribution protocol. A `Repository` is one name at one endpoint, a place that content can be
 * read from; a `RegistryClient` knows all registries and asks their endpoints (mirrors, then the registry, https before http) until one
 * answers. Nothing that a server says is taken for granted: manifests are checked against their digests here, ranges, lengths, links and error
 * texts against what was asked, and blobs by whoever keeps them. Credentials (`auth/`) go to their own host alone.
 */

export { createKeychain, hostOf, type KeychainOptions, login, logout } from './auth/index.ts';
export { checkLogin } from './check-login.ts';
export { createRegistryClient } from './client.ts';
export { endpointsFor } from './hosts/endpoints.ts';
export { insecureHosts } from './hosts/insecure.ts';
export { type DrayLimits, type DraySettings, readDaemonJson, readDraySettings } from './hosts/read-settings.ts';
export { type HostsSettings, mergeHosts, type NamedHosts } from './hosts/settings.ts';
export { folderSessions } from './push/folder-sessions.ts';
export { createRepository } from './repository.ts';
export type {
  Credential,
  Endpoint,
  FetchedManifest,
  Keychain,
  LookupOptions,
  ManifestOptions,
  OpenRepository,
  OverOptions,
  RateLimit,
  ReferrersOptions,
  RegistryClient,
  RegistryClientOptions,
  Repository,
  RepositoryOptions,
  SearchOptions,
  SearchResult,
  TokenOptions,
  UploadSessions,
} from './types.ts';
