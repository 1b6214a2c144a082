import type { CallOptions } from '#content';
import type { ExecSettings } from '../../api/containers.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { containerPath } from '../containers/container-path.ts';

/** See `Exec.create`. */
export async function createExec(
  connection: EngineConnection,
  container: string,
  { settings, signal }: CallOptions & { readonly settings: ExecSettings },
): Promise<{ readonly Id: string }> {
  return objectAnswer(connection, { method: 'POST', path: containerPath(container, 'exec'), json: settings, signal });
}
