import type { CallOptions } from '#content';
import { printable } from '#oci';
import { systemClock } from '#timing';
import type { EngineConnection } from '../connection.ts';
import { demultiplex } from '../streams/demultiplex.ts';
import type { Frame } from '../streams/frame.ts';
import { isMultiplexed } from '../streams/is-multiplexed.ts';
import { leavable } from '../streams/leavable.ts';
import { rawFrames } from '../streams/raw-frames.ts';
import { type Moment, timestamp } from '../system/timestamp.ts';
import { containerPath } from './container-path.ts';
import { hasTerminal } from './has-terminal.ts';

export interface LogsOptions extends CallOptions {
  /** Goes on with what the container says, until it ends. */
  readonly follow?: boolean | undefined;
  /** True by default. */
  readonly stdout?: boolean | undefined;
  /** True by default. */
  readonly stderr?: boolean | undefined;
  /** Lines from the end; all by default. */
  readonly tail?: number | 'all' | undefined;
  readonly since?: Moment | undefined;
  readonly until?: Moment | undefined;
  /** Each line begins with its time, in RFC 3339. */
  readonly timestamps?: boolean | undefined;
}

/** See `Containers.logs`. */
export function containerLogs(
  connection: EngineConnection,
  id: string,
  options: LogsOptions = {},
): AsyncIterableIterator<Frame> {
  return leavable(options.signal, (signal) => frames(connection, id, { ...options, signal }));
}

async function* frames(
  connection: EngineConnection,
  id: string,
  { follow, stdout = true, stderr = true, tail = 'all', since, until, timestamps, signal }: LogsOptions,
): AsyncGenerator<Frame, void, undefined> {
  const now = systemClock.now();
  const query = {
    follow,
    stdout,
    stderr,
    tail,
    since: timestamp(since, now),
    until: timestamp(until, now),
    timestamps,
  };
  const path = containerPath(id, 'logs');
  const answer = await connection.send({ method: 'GET', path, query, signal, timeout: follow !== true });
  const version = await connection.version({ signal });
  const isFramed = await isMultiplexed(String(answer.headers['content-type'] ?? ''), version, () =>
    hasTerminal(connection, id, { signal }),
  );
  yield* isFramed ? demultiplex(answer.body, `the log of ${printable(id)}`) : rawFrames(answer.body);
}
