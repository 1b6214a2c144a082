import { isJsonObject } from '#oci';
import { hostOf, type KeychainOptions } from '#registry';
import { parseDocument, readDocument } from '../docker-config.ts';

/**
 * The registries that docker, or the caller, has credentials or a helper for: `docker.io`, `host:port`. Patterns stand for no registry.
 * Throws INVALID_CONFIGURATION for a configuration that cannot be read.
 */
export function knownRegistries(options: KeychainOptions): readonly string[] {
  const { anonymous, explicit = {}, authConfigText, dockerConfigFile } = options;
  if (anonymous === true) return [];
  const documents = [
    authConfigText === undefined ? undefined : parseDocument(authConfigText, 'DOCKER_AUTH_CONFIG'),
    dockerConfigFile === undefined ? undefined : readDocument(dockerConfigFile, "docker's configuration"),
  ];
  const keys = documents.flatMap((document) =>
    [document?.['auths'], document?.['credHelpers']].flatMap((part) => (isJsonObject(part) ? Object.keys(part) : [])),
  );
  const hosts = [...Object.keys(explicit), ...keys.filter((key) => !key.includes('*'))].map(hostOf);
  return [...new Set(hosts)];
}
