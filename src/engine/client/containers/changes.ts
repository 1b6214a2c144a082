import type { CallOptions } from '#content';
import type { ContainerChange } from '../../api/container-reports.ts';
import { listAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { containerPath } from './container-path.ts';

/** See `Containers.changes`. */
export async function containerChanges(
  connection: EngineConnection,
  id: string,
  { signal }: CallOptions = {},
): Promise<readonly ContainerChange[]> {
  return listAnswer(connection, { method: 'GET', path: containerPath(id, 'changes'), signal });
}
