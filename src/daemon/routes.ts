import { askNothing, refuseGrpc } from './absent/refuse-grpc.ts';
import { absentRoutes } from './absent/routes.ts';
import { archiveRoutes } from './archive/routes.ts';
import { changeRoutes } from './change/routes.ts';
import type { EngineContext } from './engine-context.ts';
import type { Route } from './http/router.ts';
import type { ConnectionTaker } from './http/upgrades.ts';
import { lookRoutes } from './look/routes.ts';
import { systemRoutes } from './system/routes.ts';
import { transferRoutes } from './transfer/routes.ts';

/** All endpoints; the first that fits a request answers it. */
export function engineRoutes(context: EngineContext): readonly Route[] {
  return [
    ...systemRoutes(context),
    ...transferRoutes(context),
    ...archiveRoutes(context),
    ...lookRoutes(context),
    ...changeRoutes(context),
    ...absentRoutes(context),
  ];
}

/** By the path that asks for it, who goes on with a connection in another protocol. */
export function engineTakers(): Readonly<Record<string, ConnectionTaker>> {
  return { '/grpc': refuseGrpc('building images is not implemented by this engine'), '/session': askNothing };
}
