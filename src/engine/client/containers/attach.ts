import type { CallOptions } from '#content';
import { printable } from '#oci';
import type { EngineConnection } from '../connection.ts';
import { type Attached, attachedTo } from '../streams/attached.ts';
import { isMultiplexed } from '../streams/is-multiplexed.ts';
import { containerPath } from './container-path.ts';
import { hasTerminal } from './has-terminal.ts';

export interface AttachOptions extends CallOptions {
  /** Whether something is written to the container; it has to have been created with OpenStdin. False by default. */
  readonly stdin?: boolean | undefined;
  /** True by default. */
  readonly stdout?: boolean | undefined;
  /** True by default. */
  readonly stderr?: boolean | undefined;
  /** With what it has said before. */
  readonly logs?: boolean | undefined;
  /** False: ends when what was asked for with `logs` has come. True by default. */
  readonly stream?: boolean | undefined;
  /** Keys that end the attachment when they are written: `ctrl-p,ctrl-q` by default. */
  readonly detachKeys?: string | undefined;
}

/** See `Containers.attach`. */
export async function attachContainer(
  connection: EngineConnection,
  id: string,
  { stdin = false, stdout = true, stderr = true, logs, stream = true, detachKeys, signal }: AttachOptions = {},
): Promise<Attached> {
  const query = { stdin, stdout, stderr, logs, stream, detachKeys };
  const path = containerPath(id, 'attach');
  const taken = await connection.takeOver({ method: 'POST', path, query, signal, timeout: false });
  try {
    const version = await connection.version({ signal });
    const isFramed = await isMultiplexed(taken.contentType, version, () => hasTerminal(connection, id, { signal }));
    const what = `the output of ${printable(id)}`;
    return attachedTo(taken.stream, { what, isMultiplexed: isFramed, hasInput: stdin, signal });
  } catch (error) {
    taken.stream.destroy();
    throw error;
  }
}
