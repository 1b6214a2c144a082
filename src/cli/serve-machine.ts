import { join } from 'node:path';
import type { Environment } from '#dray';
import type { ServeSettings } from '#serve';

/**
 * The settings with what this machine has for asking the registries of a cache: proxies, certificates, and the logins for those that are to
 * be asked with them. Added when nobody is shown the settings any more: it holds the environment.
 */
export async function withMachine(settings: ServeSettings, env: Environment): Promise<ServeSettings> {
  const { cache } = settings;
  if (cache === undefined) return settings;
  const { defaults, homeFolder } = await import('#dray');
  const known = defaults(env, homeFolder(), process.platform);
  const keychain = {
    authConfigText: known.authConfig,
    dockerConfigFile: join(known.configDir, 'config.json'),
    registryAuthFile: known.registryAuthFile,
    podmanFiles: known.podmanFiles,
    env,
  };
  const transport = { trust: known.trust, proxy: known.proxy };
  return { ...settings, cache: { ...cache, machine: { keychain, transport } } };
}
