import type { CallOptions } from '#content';
import { act } from '../act.ts';
import type { EngineConnection } from '../connection.ts';
import { containerPath } from './container-path.ts';

export interface KillContainerOptions extends CallOptions {
  /** `SIGHUP`, `HUP` or a number; SIGKILL by default. */
  readonly killSignal?: string | number | undefined;
}

/** See `Containers.kill`. */
export async function killContainer(
  connection: EngineConnection,
  id: string,
  { killSignal, signal }: KillContainerOptions = {},
): Promise<void> {
  await act(connection, { method: 'POST', path: containerPath(id, 'kill'), query: { signal: killSignal }, signal });
}
