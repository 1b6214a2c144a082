import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { cancelled, DrayError, errnoOf, messageOf } from '#errors';
import { onAbort } from '#transport';
import type { DialOptions } from './dial-engine.ts';
import type { EngineHost } from './parse-host.ts';

/** Bytes of a socket's path. */
const LONGEST = process.platform === 'linux' ? 107 : 103;

class TooLong extends Error {
  readonly code = 'ENAMETOOLONG';
}

/** A connection to a Unix socket, or to a named pipe. Rejects with CONNECT_FAILED and a hint. */
export async function connectSocket(
  { path, pipe }: EngineHost & { readonly kind: 'socket' },
  name: string,
  { signal, takeOver }: DialOptions,
): Promise<Duplex> {
  if (pipe && process.platform !== 'win32') {
    throw new DrayError('CONNECT_FAILED', `cannot connect to ${name}: named pipes are on Windows alone`, {
      hint: 'give the path of a socket: unix:///var/run/docker.sock',
    });
  }
  // some versions of Node cut it off, and there may be another socket where that leads to
  if (!pipe && Buffer.byteLength(path) > LONGEST) throw unreachable(name, path, new TooLong());
  const socket = connect({ path, allowHalfOpen: takeOver });
  try {
    await once(socket, 'connect', signal);
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw cancelled(signal);
    throw unreachable(name, path, error);
  }
}

/** Resolves with the event; rejects with the socket's error, an early end, or when `signal` aborts. */
export function once(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      forget();
      socket.off(event, onEvent).off('error', onError).off('close', onClose);
      // an error that comes later has to have somebody to go to
      socket.on('error', () => {});
      act();
    };
    const onEvent = (): void => settle(resolve);
    const onError = (error: Error): void => settle(() => reject(error));
    const onClose = (): void => settle(() => reject(new Error('the connection was closed')));
    const forget = onAbort(signal, () => settle(() => reject(cancelled(signal))));
    socket.on(event, onEvent).on('error', onError).on('close', onClose);
    if (signal.aborted) settle(() => reject(cancelled(signal)));
  });
}

function unreachable(name: string, path: string, cause: unknown): DrayError {
  const code = errnoOf(cause) ?? messageOf(cause);
  const [why, hint] = FINDINGS[code] ?? [`${path}: ${code}`, 'is it the socket of an engine?'];
  return new DrayError('CONNECT_FAILED', `cannot connect to ${name}: ${why}`, { hint, detail: { path, code }, cause });
}

const NOBODY = 'is the engine running? Another address is given by DOCKER_HOST, or a docker context';
const FINDINGS: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ENOENT: ['nothing listens there (there is no such socket)', NOBODY],
  ECONNREFUSED: ['nothing listens there (the socket is left from an engine that has ended)', NOBODY],
  EACCES: [
    'permission denied',
    'the socket belongs to others: become a member of its group (for dockerd: docker), or use a socket of your own, such as that of `dray engine` or rootless docker',
  ],
  EPERM: ['permission denied', 'the socket belongs to others, or this process may open none'],
  ENOTDIR: ['a part of the path is no folder', 'check the path'],
  ENAMETOOLONG: ['the path is too long for a socket', `use one of at most ${LONGEST} bytes`],
  ENOTSOCK: ['it is no socket', 'check the path'],
};
