import type { CallOptions } from '#content';
import type { PingInfo } from '../../api/system.ts';
import type { EngineAnswer, EngineConnection } from '../connection.ts';
import { discard } from '../discard.ts';

/** Asks whether the engine is there, and what it says of itself. Rejects with CONNECT_FAILED where it is not. */
export async function ping(connection: EngineConnection, { signal }: CallOptions): Promise<PingInfo> {
  const answer = await connection.send({ method: 'GET', path: '/_ping', versioned: false, signal });
  await discard(answer);
  return {
    apiVersion: header(answer, 'api-version'),
    osType: header(answer, 'ostype'),
    experimental: header(answer, 'docker-experimental') === 'true',
    builderVersion: header(answer, 'builder-version'),
    swarm: header(answer, 'swarm'),
  };
}

function header({ headers }: EngineAnswer, name: string): string | undefined {
  const value = headers[name];
  const first = typeof value === 'string' ? value : value?.[0];
  return first === '' ? undefined : first;
}
