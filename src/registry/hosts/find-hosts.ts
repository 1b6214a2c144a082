import { join } from 'node:path';
import type { TlsSettings } from '#transport';
import { readCertFolder } from './cert-folder.ts';
import { type HostsFile, readHostsToml } from './hosts-toml.ts';

/** What a registry's folder in containerd's certs.d says: a hosts.toml, or certificates alone as in docker's. */
export interface FoundHosts {
  readonly file?: HostsFile;
  readonly tls?: TlsSettings;
}

/** The folder of a host as docker, podman and containerd name it; Windows has no colon in names. */
export function hostFolderName(host: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? host.replaceAll(':', '') : host;
}

/** The first folder that has the domain decides; `_default` is for all that have none. */
export async function findHosts(domain: string, folders: readonly string[]): Promise<FoundHosts> {
  const withoutColon = domain.replace(/:(\d+)$/, '_$1_');
  const names = new Set([withoutColon, hostFolderName(domain)]);
  for (const folder of folders) {
    for (const name of names) {
      const file = await readHostsToml(join(folder, name));
      if (file !== undefined) return { file };
      const tls = await readCertFolder(join(folder, name));
      if (tls !== undefined) return { tls };
    }
    const file = await readHostsToml(join(folder, '_default'));
    if (file !== undefined) return { file };
  }
  return {};
}
