import { DrayError } from '#errors';
import type { ContainerConfig } from './container-config.ts';
import type { Variables } from './words.ts';

/** Characters that variables may put into all changes of a config together: where each holds those before several times, a few lines make gigabytes. */
const MOST = 2 ** 20;
const putIn = new WeakMap<ContainerConfig, number>();

/** The environment so far. `get` throws INVALID_OPTION when too much has been put in. */
export function variablesOf(config: ContainerConfig): Variables {
  const values = new Map((config.Env ?? []).map(splitEntry));
  return {
    get(name) {
      const value = values.get(name);
      const length = (putIn.get(config) ?? 0) + (value ?? '').length;
      if (length > MOST) throw new DrayError('INVALID_OPTION', `variables put in more than ${MOST} characters`);
      putIn.set(config, length);
      return value;
    },
  };
}

/** `NAME=value` in its two parts. */
export function splitEntry(entry: string): readonly [string, string] {
  const equals = entry.indexOf('=');
  return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
}
