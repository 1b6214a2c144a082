export type {
  Credential,
  Endpoint,
  FetchedManifest,
  Keychain,
  ManifestOptions,
  OverOptions,
  RegistryClient,
  Repository,
} from './types.ts';
