import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { compareApiVersions } from '../api/version.ts';
import type { EngineConnection } from './connection.ts';

/** Rejects with UNSUPPORTED, naming both versions, where requests go out with an older version than `what` needs. */
export async function requireVersion(
  connection: EngineConnection,
  { what, since, ...call }: CallOptions & { readonly what: string; readonly since: string },
): Promise<void> {
  const version = await connection.version(call);
  if (compareApiVersions(version, since) >= 0) return;
  throw new DrayError(
    'UNSUPPORTED',
    `${what} requires API version ${since}, but the engine is asked in API version ${version}`,
    {
      hint: 'use a newer engine, or do without it; a version that is pinned may be lower than what the engine speaks',
      detail: { required: since, version },
    },
  );
}

/**
 * The same for every option that is used: an older engine would pass over what it does not know and do something else than what was
 * asked for. `since` has the first version by the option's name. Asks nothing where none of them is used.
 */
export async function requireOptions<T extends CallOptions>(
  connection: EngineConnection,
  options: T,
  since: { readonly [name in keyof T]?: string },
): Promise<void> {
  const { signal } = options;
  for (const [name, version] of Object.entries<string | undefined>(since)) {
    const value: unknown = options[name as keyof T];
    if (version === undefined || value === undefined || value === false) continue;
    await requireVersion(connection, { what: `the option "${name}"`, since: version, signal });
  }
}
