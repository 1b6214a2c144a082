export { checkLogin } from './check-login.ts';
export { createRegistryClient } from './client.ts';
export { createKeychain, hostOf, type KeychainOptions, login, logout } from './auth/index.ts';
export { endpointsFor } from './hosts/endpoints.ts';
export { type DrayLimits, type DraySettings, readDaemonJson, readDraySettings } from './hosts/read-settings.ts';
export { type HostsSettings, mergeHosts, type NamedHosts } from './hosts/settings.ts';
export { createRepository } from './repository.ts';
export type {
  Credential,
  Endpoint,
  FetchedManifest,
  Keychain,
  ManifestOptions,
  OpenRepository,
  OverOptions,
  RegistryClient,
  RegistryClientOptions,
  Repository,
  RepositoryOptions,
} from './types.ts';
