import { join } from 'node:path';
import { DrayError } from '#errors';
import { certificatesIn, DEFAULT_CONTEXT, readContext } from './contexts.ts';
import { type DockerConfig, readDockerConfig } from './docker-config.ts';
import type { EngineOptions, EngineTls } from './engine-options.ts';
import { parseHost } from './parse-host.ts';

export type EngineEnvironment = Readonly<Record<string, string | undefined>>;

export interface FromEnvOptions {
  /** In place of DOCKER_CONTEXT and `currentContext`, and before DOCKER_HOST, as `docker --context`. */
  readonly context?: string | undefined;
  /** The home folder; HOME, or on Windows USERPROFILE, by default. */
  readonly home?: string | undefined;
  /** Node's name of it; that of this process by default. */
  readonly platform?: NodeJS.Platform | undefined;
}

/**
 * The engine that the docker command would use, as options: DOCKER_HOST, else the context of DOCKER_CONTEXT, else docker's current one, else
 * the default socket without encryption; DOCKER_API_VERSION; DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH; the headers of docker's
 * config.json (its folder is DOCKER_CONFIG); the proxies of the environment; where credentials for registries are. An empty variable is one that is not set.
 *
 * Reads small files and connects to nothing. Throws INVALID_OPTION, INVALID_CONFIGURATION, or NOT_FOUND for a context that is not there.
 */
export function fromEnv(env: EngineEnvironment, options: FromEnvOptions = {}): EngineOptions {
  const { platform = process.platform } = options;
  const home = options.home ?? (platform === 'win32' ? env['USERPROFILE'] || env['HOME'] : env['HOME']);
  const folder = env['DOCKER_CONFIG'] || (home ? join(home, '.docker') : undefined);
  const config = folder === undefined ? undefined : readDockerConfig(join(folder, 'config.json'));
  const endpoint = endpointOf(env, { folder, config, context: options.context });
  const version = env['DOCKER_API_VERSION'];
  const headers = config?.headers ?? {};
  return {
    ...endpoint,
    ...(version ? { version } : {}),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(/^\s*ssh:/i.test(endpoint.host ?? '') ? { ssh: { env } } : {}),
    proxy: proxyOf(env),
    auth: {
      authConfigText: env['DOCKER_AUTH_CONFIG'] || undefined,
      dockerConfigFile: folder === undefined ? undefined : join(folder, 'config.json'),
      env,
    },
  };
}

interface Choice {
  readonly folder: string | undefined;
  readonly config: DockerConfig | undefined;
  readonly context: string | undefined;
}

function endpointOf(env: EngineEnvironment, { folder, config, context }: Choice): Pick<EngineOptions, 'host' | 'tls'> {
  const host = context === undefined ? env['DOCKER_HOST'] : undefined;
  const name = host ? undefined : context || env['DOCKER_CONTEXT'] || config?.currentContext;
  if (!name || name === DEFAULT_CONTEXT) return fromVariables(env, folder);
  if (folder === undefined) {
    throw new DrayError(
      'NOT_FOUND',
      `there is no docker context ${JSON.stringify(name)}: no folder of docker's is known`,
      {
        hint: 'set HOME or DOCKER_CONFIG',
      },
    );
  }
  return readContext(name, folder);
}

function fromVariables(env: EngineEnvironment, folder: string | undefined): Pick<EngineOptions, 'host' | 'tls'> {
  const host = env['DOCKER_HOST'];
  if (!host) return {};
  const parsed = parseHost(host);
  const tls = parsed.kind === 'tcp' ? tlsOf(env, folder) : undefined;
  return tls === undefined ? { host } : { host, tls };
}

/** As docker's client has it: any value of DOCKER_TLS_VERIFY asks for the check, and certificates alone mean TLS without it. */
function tlsOf(env: EngineEnvironment, configFolder: string | undefined): EngineTls | undefined {
  const verify = Boolean(env['DOCKER_TLS_VERIFY']);
  const given = env['DOCKER_CERT_PATH'];
  if (!verify && !env['DOCKER_TLS'] && !given) return undefined;
  const folder = given || configFolder;
  const found = folder === undefined ? {} : certificatesIn(folder);
  const where = folder ?? 'no folder (HOME, DOCKER_CONFIG and DOCKER_CERT_PATH are not set)';
  const refuse = (why: string): DrayError =>
    new DrayError('INVALID_CONFIGURATION', `the certificates for the Docker engine cannot be used: ${why}`, {
      hint: 'DOCKER_CERT_PATH is a folder with ca.pem, cert.pem and key.pem',
    });
  if (verify && found.ca === undefined) throw refuse(`DOCKER_TLS_VERIFY is set, and there is no ca.pem in ${where}`);
  if (given && Object.keys(found).length === 0) throw refuse(`none is in ${where}`);
  // without the check nobody asks who signed
  const { ca, ...own } = found;
  return verify ? { ...own, ca } : { ...own, verify: false };
}

function proxyOf(env: EngineEnvironment): EngineOptions['proxy'] {
  const of = (name: string): string | undefined => env[name] || env[name.toLowerCase()] || undefined;
  const all = of('ALL_PROXY');
  return { http: of('HTTP_PROXY') ?? all, https: of('HTTPS_PROXY') ?? all, no: of('NO_PROXY') };
}
