import { notImplemented } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import type { Route } from '../http/router.ts';
import { later, nothing } from './answers.ts';

/** The two ways to build (a request with all that is needed, and BuildKit's on connections that it takes over), and what builds leave. */
export function buildRoutes(): readonly Route[] {
  return [
    { method: 'POST', path: '/build', handle: build },
    ...['/build/cancel', '/session', '/grpc'].map(
      (path): Route => ({ method: 'POST', path, handle: later('building images') }),
    ),
    { method: 'POST', path: '/build/prune', handle: nothing({ CachesDeleted: null, SpaceReclaimed: 0 }) },
  ];
}

/** The docker command complains of every file that it could not send; so it may send all before it is told. */
async function build({ body }: EngineExchange): Promise<void> {
  for await (const _ of body) continue;
  throw notImplemented('building images');
}
