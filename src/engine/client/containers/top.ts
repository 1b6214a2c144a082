import type { CallOptions } from '#content';
import type { ContainerTop } from '../../api/container-reports.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { containerPath } from './container-path.ts';

export interface TopOptions extends CallOptions {
  /** Flags of ps: `-ef` by default. */
  readonly psArgs?: string | undefined;
}

/** See `Containers.top`. */
export async function containerTop(
  connection: EngineConnection,
  id: string,
  { psArgs, signal }: TopOptions = {},
): Promise<ContainerTop> {
  const query = { ps_args: psArgs };
  return objectAnswer(connection, { method: 'GET', path: containerPath(id, 'top'), query, signal });
}
