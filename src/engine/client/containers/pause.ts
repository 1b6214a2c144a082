import type { CallOptions } from '#content';
import { act } from '../act.ts';
import type { EngineConnection } from '../connection.ts';
import { containerPath } from './container-path.ts';

/** See `Containers.pause`. */
export async function pauseContainer(
  connection: EngineConnection,
  id: string,
  { signal }: CallOptions = {},
): Promise<void> {
  await act(connection, { method: 'POST', path: containerPath(id, 'pause'), signal });
}

/** See `Containers.unpause`. */
export async function unpauseContainer(
  connection: EngineConnection,
  id: string,
  { signal }: CallOptions = {},
): Promise<void> {
  await act(connection, { method: 'POST', path: containerPath(id, 'unpause'), signal });
}
