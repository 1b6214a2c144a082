import type { CallOptions } from '#content';
import { act } from '../act.ts';
import type { EngineConnection } from '../connection.ts';

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** See `Containers.resize` and `Exec.resize`; `path` is that of the endpoint. */
export async function resizeTerminal(
  connection: EngineConnection,
  path: string,
  { rows, columns, signal }: CallOptions & TerminalSize,
): Promise<void> {
  await act(connection, { method: 'POST', path, query: { h: rows, w: columns }, signal });
}
