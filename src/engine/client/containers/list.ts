import type { CallOptions } from '#content';
import type { ContainerSummary } from '../../api/containers.ts';
import { encodeFilters, type Filters } from '../../api/filters.ts';
import { listAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';

export interface ListContainersOptions extends CallOptions {
  /** Those that do not run too. */
  readonly all?: boolean | undefined;
  /** Most that are listed, the newest first; running or not. */
  readonly limit?: number | undefined;
  /** `name`, `status`, `label`, `ancestor`, … */
  readonly filters?: Filters | undefined;
  /** With what each has written; that takes the engine long. */
  readonly size?: boolean | undefined;
}

/** See `Containers.list`. */
export async function listContainers(
  connection: EngineConnection,
  { all, limit, filters, size, signal }: ListContainersOptions = {},
): Promise<readonly ContainerSummary[]> {
  const query = { all, limit, size, filters: encodeFilters(filters) };
  return listAnswer(connection, { method: 'GET', path: '/containers/json', query, signal, timeout: size !== true });
}
