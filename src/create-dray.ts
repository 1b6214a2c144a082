import { homedir } from 'node:os';
import { defaults } from './defaults.ts';
import type { Dray, DrayOptions } from './dray.ts';
import { loginVerbs } from './login-verbs.ts';
import { lookVerbs } from './look-verbs.ts';
import { Machine } from './machine.ts';
import { registryVerbs } from './registry-verbs.ts';
import { storeVerbs } from './store-verbs.ts';
import { transferVerbs } from './transfer-verbs.ts';
import { unpackVerbs } from './unpack-verbs.ts';

/**
 * dray over the local store and all registries. Nothing is read or made before the first call; `close` at the end lets the process end.
 * The environment and docker's files are read as the docker command reads them, unless `env` says otherwise.
 */
export function createDray(options: DrayOptions = {}): Dray {
  const all = { ...options, env: options.env ?? process.env };
  const machine = new Machine(all, defaults(all.env, homeFolder(), process.platform));
  return {
    ...transferVerbs(machine),
    ...storeVerbs(machine),
    ...lookVerbs(machine),
    ...registryVerbs(machine),
    ...loginVerbs(machine),
    ...unpackVerbs(machine),
    close: () => machine.close(),
  };
}

/** A user that the system does not know, as containers have them, has no home. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}
