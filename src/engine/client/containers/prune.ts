import type { CallOptions } from '#content';
import type { ContainersPruneReport } from '../../api/container-reports.ts';
import { encodeFilters, type Filters } from '../../api/filters.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';

export interface PruneContainersOptions extends CallOptions {
  /** `until`, `label`, `label!`. */
  readonly filters?: Filters | undefined;
}

/** See `Containers.prune`. */
export async function pruneContainers(
  connection: EngineConnection,
  { filters, signal }: PruneContainersOptions = {},
): Promise<ContainersPruneReport> {
  const query = { filters: encodeFilters(filters) };
  return objectAnswer(connection, { method: 'POST', path: '/containers/prune', query, signal, timeout: false });
}
