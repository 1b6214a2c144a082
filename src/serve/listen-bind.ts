import { once } from 'node:events';
import { lstat, rm, stat } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { DrayError, errnoOf, messageOf, throwIfCancelled } from '#errors';
import { printable, quoted } from '#oci';
import { type HeldLock, LockKeeper, systemFiles } from '#store';
import { systemClock } from '#timing';
import type { ListenAddress } from './listen-address.ts';

/** Of a socket in the file system: the owner and the group may connect. */
const SOCKET_MASK = 0o117;

export interface BindOptions {
  readonly address: ListenAddress;
  readonly socketMask?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has `server` listen and resolves to where it does. A socket file that a dead server left is taken over. Rejects with BUSY where another
 * program listens, with INVALID_OPTION where the machine has no such address, with IO_FAILED otherwise.
 */
export async function bind(server: Server, options: BindOptions): Promise<ListenAddress> {
  const { address, socketMask = SOCKET_MASK, signal } = options;
  throwIfCancelled(signal);
  try {
    if (address.kind === 'unix') await bindSocket(server, { path: address.path, mask: socketMask, signal });
    else await listening(server, () => server.listen({ port: address.port, host: address.host, backlog: 1024 }));
  } catch (error) {
    throw (address.kind === 'unix' ? await pathFailure(error, address.path) : undefined) ?? bindFailure(error, address);
  }
  const bound = server.address();
  if (address.kind === 'unix' || bound === null || typeof bound === 'string') return address;
  return { ...address, port: bound.port };
}

interface SocketPlace {
  readonly path: string;
  readonly mask: number;
  readonly signal: AbortSignal | undefined;
}

async function bindSocket(server: Server, { path, mask, signal }: SocketPlace): Promise<void> {
  const attempt = (): Promise<void> =>
    listening(server, () => {
      const before = process.umask(mask);
      try {
        server.listen({ path, backlog: 1024 });
      } finally {
        process.umask(before);
      }
    });
  const turn = await takeTurn(path, signal);
  try {
    await attempt();
  } catch (error) {
    if (errnoOf(error) !== 'EADDRINUSE' || !(await isLeftOver(path))) throw error;
    await rm(path, { force: true });
    await attempt();
  } finally {
    turn?.release();
  }
}

/**
 * Servers that start at the same time look one after the other: what one takes for left over could be what another has just put there.
 * Undefined where there can be no lock (a full disk, a folder of somebody else, a pipe of Windows): then without.
 */
async function takeTurn(path: string, signal: AbortSignal | undefined): Promise<HeldLock | undefined> {
  if (path.startsWith('\\\\')) return undefined;
  const keeper = new LockKeeper({ fs: systemFiles, clock: systemClock, timings: { poll: 20 } });
  try {
    return await keeper.acquire(`${path}.lock`, { signal });
  } catch {
    throwIfCancelled(signal);
    return undefined;
  }
}

/** A socket that nobody listens on any more; also one that its server takes away in this moment. */
async function isLeftOver(path: string): Promise<boolean> {
  const found = await lstat(path).catch(errnoOf);
  if (typeof found !== 'object') return found === 'ENOENT';
  if (!found.isSocket()) return false;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return ['ECONNREFUSED', 'ENOENT'].includes(errnoOf(error) ?? '');
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

/** What stands in the way at the path of a socket, where the system does not say it: Node makes "not allowed" of a folder that is missing. */
async function pathFailure(cause: unknown, path: string): Promise<DrayError | undefined> {
  const what = `cannot listen on ${quoted(`unix://${path}`)}`;
  const found = await lstat(path).catch(errnoOf);
  if (errnoOf(cause) === 'EADDRINUSE' && typeof found === 'object' && !found.isSocket()) {
    return new DrayError('IO_FAILED', `${what}: something stands there that is no socket`, {
      hint: 'choose another path',
      cause,
    });
  }
  const folder = dirname(path);
  if (errnoOf(cause) === 'EACCES' && (await stat(folder).catch(errnoOf)) === 'ENOENT') {
    return new DrayError('IO_FAILED', `${what}: there is no folder ${printable(folder)}`, {
      hint: 'make it first, for its user alone (mkdir -m 700), or choose another path',
      cause,
    });
  }
  return undefined;
}

function bindFailure(cause: unknown, address: ListenAddress): DrayError {
  const place = address.kind === 'unix' ? `unix://${address.path}` : `${address.host ?? ''}:${address.port}`;
  const what = `cannot listen on ${quoted(place)}`;
  switch (errnoOf(cause)) {
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
