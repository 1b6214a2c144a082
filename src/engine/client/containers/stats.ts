import type { CallOptions } from '#content';
import type { ContainerStats } from '../../api/container-reports.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { leavable } from '../streams/leavable.ts';
import { containerPath } from './container-path.ts';

/** See `Containers.stats`. */
export function containerStats(
  connection: EngineConnection,
  id: string,
  { signal: outer }: CallOptions = {},
): AsyncIterable<ContainerStats> {
  const query = { stream: true };
  return leavable(outer, (signal) =>
    connection.objects({ method: 'GET', path: containerPath(id, 'stats'), query, signal, timeout: false }),
  );
}

/** See `Containers.statsOnce`. */
export async function containerStatsOnce(
  connection: EngineConnection,
  id: string,
  { signal }: CallOptions = {},
): Promise<ContainerStats> {
  // Left out, it would be true.
  return objectAnswer(connection, { method: 'GET', path: containerPath(id, 'stats'), query: { stream: '0' }, signal });
}
