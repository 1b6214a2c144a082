import type { CallOptions } from '#content';
import type { EngineConnection } from '../connection.ts';
import { inspectContainer } from './inspect.ts';

/** Whether a container was created with a terminal. */
export async function hasTerminal(
  connection: EngineConnection,
  id: string,
  { signal }: CallOptions = {},
): Promise<boolean> {
  const { Config } = await inspectContainer(connection, id, { signal });
  return Config.Tty === true;
}
