import type { CallOptions } from '#content';
import { act } from '../act.ts';
import type { EngineConnection } from '../connection.ts';
import { containerPath } from './container-path.ts';

/** See `Containers.rename`. */
export async function renameContainer(
  connection: EngineConnection,
  id: string,
  { name, signal }: CallOptions & { readonly name: string },
): Promise<void> {
  await act(connection, { method: 'POST', path: containerPath(id, 'rename'), query: { name }, signal });
}
