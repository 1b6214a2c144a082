import { isIP, isIPv6, type Socket } from 'node:net';
import { cancelled, DrayError, errnoOf, messageOf } from '#errors';
import { onAbort } from './abort.ts';
import { type FailureDetail, reasonOf } from './failures.ts';

/** RFC 8305: milliseconds until the next address is tried beside the one that has not answered yet. */
const HEAD_START = 250;
const MOST_ADDRESSES = 16;

export interface Destination {
  readonly host: string;
  readonly port: number;
  /** For messages: "registry.example:443", "the proxy http://…". */
  readonly label: string;
  /** Goes with every failure. */
  readonly detail: FailureDetail;
}

/**
 * A TCP connection to a host by name or address. All its addresses are tried, IPv6 and IPv4 in turns, a later one beside an earlier
 * one that takes its time; the first that answers wins. Node's own way gives each address up after 250 ms, which is too short for
 * half of the world.
 * @param open begins to connect to an address; the sockets that lose are destroyed
 * @throws CONNECT_FAILED with the reason of each address, or what `signal` aborts with
 */
export async function dial<T extends { readonly socket: Socket }>(
  destination: Destination,
  open: (address: string) => T,
  signal: AbortSignal,
): Promise<T> {
  const addresses = await lookup(destination, signal);
  try {
    return await race(addresses, open, signal);
  } catch (error) {
    if (!(error instanceof AllFailed)) throw error;
    throw unreachable(destination, error.failures);
  }
}

async function lookup({ host, label, detail }: Destination, signal: AbortSignal): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const { promises } = await import('node:dns');
  let forget = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    forget = onAbort(signal, () => reject(cancelled(signal)));
  });
  try {
    const found = await Promise.race([promises.lookup(host, { all: true }), stopped]);
    return inTurns(found.map(({ address }) => address)).slice(0, MOST_ADDRESSES);
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    const unknown = errnoOf(error) === 'ENOTFOUND';
    throw new DrayError(
      'CONNECT_FAILED',
      unknown
        ? `cannot connect to ${label}: no host has the name ${host}`
        : `cannot connect to ${label}: the address of ${host} could not be found out (${errnoOf(error) === 'EAI_AGAIN' ? 'the name server does not answer' : (errnoOf(error) ?? messageOf(error))})`,
      {
        hint: 'check the name, the network and the proxy settings',
        detail: { ...detail, definite: unknown },
        cause: error,
      },
    );
  } finally {
    forget();
  }
}

/** Families in turns, beginning with the one that the system puts first. */
function inTurns(addresses: readonly string[]): string[] {
  const firstIs6 = isIPv6(addresses[0] ?? '');
  const preferred = addresses.filter((address) => isIPv6(address) === firstIs6);
  const others = addresses.filter((address) => isIPv6(address) !== firstIs6);
  const longest = Math.max(preferred.length, others.length);
  return Array.from({ length: longest }, (_, at) => [preferred[at], others[at]])
    .flat()
    .filter((address) => address !== undefined);
}

interface Failure {
  readonly address: string;
  readonly error: Error;
}

export class AllFailed extends Error {
  readonly failures: readonly Failure[];

  constructor(failures: readonly Failure[]) {
    super('all addresses failed');
    this.failures = failures;
  }
}

/** Connects to all of `addresses`, one after the other and beside each other; exported for its test. */
export function race<T extends { readonly socket: Socket }>(
  addresses: readonly string[],
  open: (address: string) => T,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const running = new Set<T>();
    const failures: Failure[] = [];
    let next = 0;
    let timer: NodeJS.Timeout | undefined;
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      forget();
      for (const attempt of running) attempt.socket.destroy();
      running.clear();
      act();
    };
    const forget = onAbort(signal, () => settle(() => reject(cancelled(signal))));
    const start = (): void => {
      clearTimeout(timer);
      const address = addresses[next++];
      if (address === undefined) return;
      const attempt = open(address);
      running.add(attempt);
      attempt.socket.once('connect', () => {
        // Losers may still say so after they were given up.
        if (!running.delete(attempt)) return;
        settle(() => resolve(attempt));
      });
      attempt.socket.on('error', (error) => {
        if (!running.delete(attempt)) return;
        failures.push({ address, error });
        if (next < addresses.length) start();
        else if (running.size === 0) settle(() => reject(new AllFailed(failures)));
      });
      timer = setTimeout(start, HEAD_START);
    };
    if (addresses.length === 0) settle(() => reject(new AllFailed([])));
    else start();
  });
}

function unreachable({ host, label, detail }: Destination, failures: readonly Failure[]): DrayError {
  const reasons = failures.map(({ address, error }) => `${address === host ? '' : `${address} `}${reasonOf(error)}`);
  const refused = failures.length > 0 && failures.every(({ error }) => errnoOf(error) === 'ECONNREFUSED');
  const text = reasons.length === 0 ? 'its name has no address' : reasons.join('; ');
  return new DrayError('CONNECT_FAILED', `cannot connect to ${label}: ${text}`, {
    hint: refused
      ? 'is the server running, and is the port right?'
      : 'check the network, the firewall and the proxy settings',
    detail: { ...detail, definite: refused },
    cause: failures.at(-1)?.error,
  });
}
