import type { CallOptions } from '#content';
import { act } from '../act.ts';
import type { EngineConnection } from '../connection.ts';
import { containerPath } from './container-path.ts';

export interface RemoveContainerOptions extends CallOptions {
  /** Kills it first. */
  readonly force?: boolean | undefined;
  /** Its volumes without a name go too. */
  readonly volumes?: boolean | undefined;
}

/** See `Containers.remove`. */
export async function removeContainer(
  connection: EngineConnection,
  id: string,
  { force, volumes, signal }: RemoveContainerOptions = {},
): Promise<void> {
  const query = { force, v: volumes };
  await act(connection, { method: 'DELETE', path: containerPath(id), query, signal, timeout: false });
}
