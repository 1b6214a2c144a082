import { homedir } from 'node:os';
import { defaults } from './defaults.ts';
import type { Dray, DrayOptions } from './dray.ts';
import { loginVerbs } from './login-verbs.ts';
import { lookVerbs } from './look-verbs.ts';
import { Machine } from './machine.ts';
import { registryVerbs } from './registry-verbs.ts';
import { settingsVerbs } from './settings-verbs.ts';
import { storeVerbs } from './store-verbs.ts';
import { transferVerbs } from './transfer-verbs.ts';
import { unpackVerbs } from './unpack-verbs.ts';

/**
 * dray over the local store and all registries. Nothing is read or made before the first call; `close` at the end lets the process end.
 * The environment and docker's files are read as the docker command reads them, unless `env` says otherwise.
 */
export function createDray(options: DrayOptions = {}): Dray {
  const all = { ...options, env: options.env ?? process.env };
  return drayOn(new Machine(all, defaults(all.env, homeFolder(), process.platform)));
}

function drayOn(machine: Machine): Dray {
  return {
    ...transferVerbs(machine),
    ...storeVerbs(machine),
    ...lookVerbs(machine),
    ...registryVerbs(machine),
    ...loginVerbs(machine),
    ...unpackVerbs(machine),
    ...settingsVerbs(machine),
    with: (own) => drayOn(machine.with(own)),
    close: () => machine.close(),
  };
}

/** The user's home; `/` of a user that the system does not know, as containers have them. */
export function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}
