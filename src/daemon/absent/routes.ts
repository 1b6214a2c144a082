import type { EngineContext } from '../engine-context.ts';
import type { Route } from '../http/router.ts';
import { buildRoutes } from './build.ts';
import { containerRoutes } from './containers.ts';
import { createContainer } from './create-container.ts';
import { networkRoutes } from './networks.ts';
import { pluginRoutes } from './plugins.ts';
import { swarmRoutes } from './swarm.ts';
import { tellPrunes } from './tell-prunes.ts';
import { volumeRoutes } from './volumes.ts';

/** What there is none of here, answered as docker answers where there is none. */
export function absentRoutes(context: EngineContext): readonly Route[] {
  const routes: readonly Route[] = [
    { method: 'POST', path: '/containers/create', handle: createContainer(context) },
    ...containerRoutes(),
    ...networkRoutes(),
    ...volumeRoutes(),
    ...pluginRoutes(),
    ...swarmRoutes(),
    ...buildRoutes(),
  ];
  return tellPrunes(routes, context.events);
}
