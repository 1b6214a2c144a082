import { posix, win32 } from 'node:path';
import type { ProxySettings, TrustSettings } from '#transport';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment and the home folder say where a caller says nothing. Plain data; no file is looked at. */
export interface Defaults {
  /** Folder of the store. */
  readonly root: string;
  /** Folder of docker's config.json. */
  readonly configDir: string;
  /** dray's own settings. */
  readonly settingsFile: string;
  /** Docker's daemon.json, for its mirrors and insecure registries. */
  readonly daemonFile: string;
  readonly certFolders: readonly string[];
  readonly hostsFolders: readonly string[];
  /** The text of DOCKER_AUTH_CONFIG. */
  readonly authConfig: string | undefined;
  readonly registryAuthFile: string | undefined;
  readonly podmanFiles: readonly string[];
  readonly proxy: ProxySettings;
  readonly trust: TrustSettings;
  /** DOCKER_DEFAULT_PLATFORM. */
  readonly platform: string | undefined;
}

/** The one place that knows where things are on which system. `system` is Node's `process.platform`. */
export function defaults(env: Environment, home: string, system: string): Defaults {
  const folders = system === 'win32' ? windowsFolders(env, home) : unixFolders(env, home);
  const of = (...names: readonly string[]): string | undefined =>
    names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  const all = of('ALL_PROXY', 'all_proxy');
  return {
    ...folders,
    root: of('DRAY_ROOT') ?? folders.root,
    configDir: of('DOCKER_CONFIG') ?? (system === 'win32' ? win32 : posix).join(home, '.docker'),
    authConfig: of('DOCKER_AUTH_CONFIG'),
    registryAuthFile: of('REGISTRY_AUTH_FILE'),
    proxy: {
      http: of('HTTP_PROXY', 'http_proxy') ?? all,
      https: of('HTTPS_PROXY', 'https_proxy') ?? all,
      no: of('NO_PROXY', 'no_proxy'),
    },
    trust: {
      system: true,
      file: of('SSL_CERT_FILE'),
      folders: of('SSL_CERT_DIR')?.split(system === 'win32' ? ';' : ':'),
      extraFile: of('NODE_EXTRA_CA_CERTS'),
    },
    platform: of('DOCKER_DEFAULT_PLATFORM'),
  };
}

type Folders = Pick<Defaults, 'root' | 'settingsFile' | 'daemonFile' | 'certFolders' | 'hostsFolders' | 'podmanFiles'>;

function unixFolders(env: Environment, home: string): Folders {
  const config = env['XDG_CONFIG_HOME'] || posix.join(home, '.config');
  const data = env['XDG_DATA_HOME'] || posix.join(home, '.local/share');
  const runtime = env['XDG_RUNTIME_DIR'];
  return {
    root: posix.join(data, 'dray'),
    settingsFile: posix.join(config, 'dray/config.json'),
    daemonFile: '/etc/docker/daemon.json',
    certFolders: [
      posix.join(config, 'docker/certs.d'),
      '/etc/docker/certs.d',
      posix.join(config, 'containers/certs.d'),
      '/etc/containers/certs.d',
    ],
    hostsFolders: ['/etc/containerd/certs.d'],
    podmanFiles: [
      ...(runtime ? [posix.join(runtime, 'containers/auth.json')] : []),
      posix.join(config, 'containers/auth.json'),
    ],
  };
}

function windowsFolders(env: Environment, home: string): Folders {
  const roaming = env['APPDATA'] || win32.join(home, 'AppData\\Roaming');
  const local = env['LOCALAPPDATA'] || win32.join(home, 'AppData\\Local');
  const shared = env['PROGRAMDATA'] || env['ProgramData'] || 'C:\\ProgramData';
  return {
    root: win32.join(local, 'dray'),
    settingsFile: win32.join(env['XDG_CONFIG_HOME'] || roaming, 'dray\\config.json'),
    daemonFile: win32.join(shared, 'docker\\config\\daemon.json'),
    certFolders: [win32.join(shared, 'docker\\certs.d')],
    hostsFolders: [win32.join(shared, 'containerd\\certs.d')],
    podmanFiles: [win32.join(home, '.config\\containers\\auth.json')],
  };
}
