import type { CallOptions } from '#content';
import { act } from '../act.ts';
import type { EngineConnection } from '../connection.ts';
import { execPath } from './exec-path.ts';

/** See `Exec.startDetached`. */
export async function startDetachedExec(
  connection: EngineConnection,
  id: string,
  { tty = false, signal }: CallOptions & { readonly tty?: boolean | undefined } = {},
): Promise<void> {
  await act(connection, { method: 'POST', path: execPath(id, 'start'), json: { Detach: true, Tty: tty }, signal });
}
