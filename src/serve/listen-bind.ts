import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { DrayError, messageOf, throwIfCancelled } from '#errors';
import { quoted } from '#oci';
import type { ListenAddress } from './listen-address.ts';

/** Of a socket in the file system: the owner and the group may connect. */
const SOCKET_MASK = 0o117;

/**
 * Has `server` listen and resolves to where it does. A socket file that a dead server left is taken over. Rejects with BUSY where another
 * program listens, with INVALID_OPTION where the machine has no such address, with IO_FAILED otherwise.
 */
export async function bind(
  server: Server,
  address: ListenAddress,
  signal: AbortSignal | undefined,
): Promise<ListenAddress> {
  throwIfCancelled(signal);
  try {
    if (address.kind === 'unix') await bindSocket(server, address.path);
    else await listening(server, () => server.listen({ port: address.port, host: address.host, backlog: 1024 }));
  } catch (error) {
    throw bindFailure(error, address);
  }
  const bound = server.address();
  if (address.kind === 'unix' || bound === null || typeof bound === 'string') return address;
  return { ...address, port: bound.port };
}

async function bindSocket(server: Server, path: string): Promise<void> {
  const attempt = (): Promise<void> =>
    listening(server, () => {
      const before = process.umask(SOCKET_MASK);
      try {
        server.listen({ path, backlog: 1024 });
      } finally {
        process.umask(before);
      }
    });
  try {
    await attempt();
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE' || !(await isLeftOver(path))) throw error;
    await unlink(path);
    await attempt();
  }
}

/** A socket that nobody listens on any more. */
async function isLeftOver(path: string): Promise<boolean> {
  if (!(await lstat(path)).isSocket()) return false;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return codeOf(error) === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

function listening(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      server.off('error', failed);
      resolve();
    };
    const failed = (error: unknown): void => {
      server.off('listening', done);
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    server.once('listening', done).once('error', failed);
    start();
  });
}

function bindFailure(cause: unknown, address: ListenAddress): DrayError {
  const place = address.kind === 'unix' ? `unix://${address.path}` : `${address.host ?? ''}:${address.port}`;
  const what = `cannot listen on ${quoted(place)}`;
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return new DrayError('BUSY', `${what}: another program listens there`, {
        hint:
          address.kind === 'unix'
            ? 'stop it, or choose another path'
            : `stop it (ss -ltnp 'sport = :${address.port}' shows it), or choose another port; port 0 is one that is free`,
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new DrayError('INVALID_OPTION', `${what}: this machine has no such address`, {
        hint: 'to listen on all its addresses, leave the host out, as in :5000',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new DrayError('IO_FAILED', `${what}: not allowed`, {
        hint:
          address.kind === 'tcp' && address.port < 1024
            ? 'ports below 1024 are for root; 5000 is the usual one'
            : 'choose a folder that you may write to',
        cause,
      });
    default:
      return new DrayError('IO_FAILED', `${what}: ${messageOf(cause)}`, { cause });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
