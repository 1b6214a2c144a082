import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DrayError, errnoOf, messageOf } from '#errors';
import { printable, quoted } from '#oci';
import { mergeSettings, type SettingsPart } from '../settings.ts';
import type { ConfigNode } from './config-node.ts';
import { readDistribution, readKeys } from './distribution.ts';
import { type Environment, overlayEnvironment } from './environment.ts';
import { readOwn } from './own.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Reading } from './readers.ts';

export interface ConfigurationSources {
  /** Our own file or one of distribution, which has `version: 0.1`. */
  readonly file?: string | undefined;
  /** What REGISTRY_* names say is stronger than the file. */
  readonly env?: Environment | undefined;
}

export interface Configuration {
  /** What is said somewhere. */
  readonly settings: SettingsPart;
  /** Whether the file is one of distribution, whose defaults hold then. */
  readonly isDistribution: boolean;
  /** What has no effect, a line each. */
  readonly notices: readonly string[];
}

/**
 * Reads a configuration. Rejects with INVALID_CONFIGURATION, which names line and key or the variable, and no values; with NOT_FOUND or IO_FAILED
 * where the file cannot be read. Paths in our own files are relative to the file, those of distribution to the current folder.
 */
export async function readConfiguration({ file, env = {} }: ConfigurationSources): Promise<Configuration> {
  const notices: string[] = [];
  const note = (text: string): void => void notices.push(printable(text, 500));
  const reading = (folder: string): Reading => ({ path: '', resolve: (path) => resolve(folder, path), note });
  const node = file === undefined ? undefined : await parseYaml(await readText(file), printable(file));
  const isDistribution = node !== undefined && isOfDistribution(node);
  if (isDistribution) {
    const whole = (await overlayEnvironment(env, node)) ?? node;
    return { settings: readDistribution(whole, reading('.')), isDistribution, notices };
  }
  const own = file === undefined || node === undefined ? {} : readOwn(node, reading(dirname(resolve(file))));
  const said = await overlayEnvironment(env, undefined);
  const over = said === undefined ? {} : readKeys(said, reading('.'));
  return { settings: mergeSettings(own, over), isDistribution, notices };
}

function isOfDistribution(node: ConfigNode): boolean {
  return node.kind === 'map' && node.entries.has('version');
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT')
      throw new DrayError('NOT_FOUND', `there is no configuration file ${quoted(path)}`, { cause });
    throw new DrayError('IO_FAILED', `cannot read the configuration file ${quoted(path)}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
