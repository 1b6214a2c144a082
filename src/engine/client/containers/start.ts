import type { CallOptions } from '#content';
import { act } from '../act.ts';
import type { EngineConnection } from '../connection.ts';
import { containerPath } from './container-path.ts';

export interface StartContainerOptions extends CallOptions {
  /** Keys that end an attachment: `ctrl-p,ctrl-q` by default. */
  readonly detachKeys?: string | undefined;
}

/** See `Containers.start`. */
export async function startContainer(
  connection: EngineConnection,
  id: string,
  { detachKeys, signal }: StartContainerOptions = {},
): Promise<void> {
  await act(connection, { method: 'POST', path: containerPath(id, 'start'), query: { detachKeys }, signal });
}
