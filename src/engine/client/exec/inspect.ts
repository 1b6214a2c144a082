import type { CallOptions } from '#content';
import type { ExecInspect } from '../../api/containers.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { execPath } from './exec-path.ts';

/** See `Exec.inspect`. */
export async function inspectExec(
  connection: EngineConnection,
  id: string,
  { signal }: CallOptions = {},
): Promise<ExecInspect> {
  return objectAnswer(connection, { method: 'GET', path: execPath(id, 'json'), signal });
}
