import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Option } from 'commander';
import { DrayError } from '#errors';
import type { ServeSettings } from '#serve';
import type { Call } from '../command.ts';
import { oneLine } from '../output/printable.ts';
import { valued } from './flag.ts';
import { isConfiguration } from './is-configuration.ts';
import { nonEmpty } from './values.ts';

/** For commands that work on the folder of a registry, served or not. */
export interface RegistryFolderFlags {
  readonly config?: string;
  readonly data?: string;
}

export function registryFolderFlags(): readonly Option[] {
  return [
    valued('--config <FILE>', "YAML of the server: dray's own settings, or docker-registry's config.yml", nonEmpty),
    valued('--data <DIR>', 'Folder of the images (default: as in the file, or the current one)', nonEmpty),
  ];
}

/** A registry's folder, and the settings of its server. */
export interface RegistryFolder {
  readonly root: string;
  readonly settings: ServeSettings;
}

/** Rejects with NOT_FOUND where no registry is in the folder. */
export async function registryFolder(
  { flags, context }: Call<RegistryFolderFlags>,
  operand?: string,
): Promise<RegistryFolder> {
  const { readConfiguration, completeSettings } = await import('#serve');
  const isFile = operand !== undefined && isConfiguration(operand);
  const file = flags.config ?? (isFile ? operand : context.env['REGISTRY_CONFIGURATION_PATH']);
  const { settings: said } = await readConfiguration({ file, env: context.env });
  const named = flags.data ?? (isFile ? undefined : operand);
  const root = resolve(named ?? said.data ?? '.');
  if (statSync(join(root, 'docker', 'registry', 'v2'), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new DrayError('NOT_FOUND', `no registry is in the folder ${oneLine(root)}`, {
      hint: 'name the folder that is served: --data DIR; in it is a folder docker/registry/v2 once something was pushed',
    });
  }
  return { root, settings: completeSettings(said, { data: root }) };
}
