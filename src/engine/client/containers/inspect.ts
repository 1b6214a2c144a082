import type { CallOptions } from '#content';
import type { ContainerInspect } from '../../api/containers.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { containerPath } from './container-path.ts';

export interface InspectContainerOptions extends CallOptions {
  /** With SizeRw and SizeRootFs; that takes the engine long. */
  readonly size?: boolean | undefined;
}

/** See `Containers.inspect`. */
export async function inspectContainer(
  connection: EngineConnection,
  id: string,
  { size, signal }: InspectContainerOptions = {},
): Promise<ContainerInspect> {
  const path = containerPath(id, 'json');
  return objectAnswer(connection, { method: 'GET', path, query: { size }, signal, timeout: size !== true });
}
