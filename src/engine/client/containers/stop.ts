import type { CallOptions } from '#content';
import { act } from '../act.ts';
import type { EngineConnection } from '../connection.ts';
import { requireOptions } from '../version-gate.ts';
import { containerPath } from './container-path.ts';

export interface StopContainerOptions extends CallOptions {
  /** Seconds until it is killed; -1 for never. What it was created with by default, else 10. */
  readonly timeout?: number | undefined;
  /** In place of the one it was created with: `SIGINT`; since API 1.42. */
  readonly stopSignal?: string | undefined;
}

/** See `Containers.stop` and `Containers.restart`. */
export async function stopContainer(
  connection: EngineConnection,
  id: string,
  { endpoint = 'stop', ...options }: StopContainerOptions & { readonly endpoint?: 'stop' | 'restart' } = {},
): Promise<void> {
  await requireOptions(connection, options, { stopSignal: '1.42' });
  const { timeout: t, stopSignal, signal } = options;
  const query = { t, signal: stopSignal };
  await act(connection, { method: 'POST', path: containerPath(id, endpoint), query, signal, timeout: false });
}
