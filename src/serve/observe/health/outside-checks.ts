import nodeFs from 'node:fs/promises';
import { connect } from 'node:net';
import { hasCode } from '#errors';
import type { Transport } from '#transport';
import type { HealthCheck } from './health-check.ts';

type Times = Pick<HealthCheck, 'interval' | 'timeout' | 'threshold'>;

/** Fails for as long as a file is there: how operators take a server out of service. */
export function fileCheck(name: string, path: string, times: Times = {}): HealthCheck {
  return {
    name,
    ...times,
    check: async () =>
      nodeFs.stat(path).then(
        () => 'file exists',
        () => undefined,
      ),
  };
}

export interface HttpCheckOptions extends Times {
  readonly url: URL;
  readonly send: Transport;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The only good one; 200 by default. */
  readonly status?: number | undefined;
}

/** A HEAD request is answered as expected; redirects are not followed. */
export function httpCheck(name: string, options: HttpCheckOptions): HealthCheck {
  const { url, send, headers = {}, status = 200, ...times } = options;
  return {
    name,
    ...times,
    async check({ signal }) {
      try {
        const response = await send({ method: 'HEAD', url, headers, signal });
        await response.body.discard();
        return response.status === status ? undefined : `it answered ${response.status}, not ${status}`;
      } catch (error) {
        return hasCode(error, 'TLS_FAILED') ? 'TLS fails' : 'it cannot be reached';
      }
    },
  };
}

/** Somebody listens there. */
export function tcpCheck(
  name: string,
  place: { readonly host: string; readonly port: number },
  times: Times = {},
): HealthCheck {
  return {
    name,
    ...times,
    check: async ({ signal }) =>
      new Promise((resolve) => {
        const socket = connect({ ...place, signal });
        socket.once('error', () => resolve('it cannot be reached'));
        socket.once('connect', () => {
          socket.destroy();
          resolve(undefined);
        });
      }),
  };
}
