import type { EventBus, ImageHappening } from '../events/event-bus.ts';
import type { Route } from '../http/router.ts';

const PRUNES: ReadonlyMap<string, ImageHappening['type']> = new Map([
  ['/containers/prune', 'container'],
  ['/volumes/prune', 'volume'],
  ['/networks/prune', 'network'],
  ['/build/prune', 'builder'],
]);

/** As docker does, tells of a prune also where there was nothing to take away. */
export function tellPrunes(routes: readonly Route[], events: Pick<EventBus, 'publish'>): readonly Route[] {
  return routes.map((route) => {
    const type = PRUNES.get(route.path);
    if (type === undefined) return route;
    return {
      ...route,
      async handle(exchange) {
        await route.handle(exchange);
        events.publish({ type, action: 'prune', id: '', attributes: { reclaimed: '0' } });
      },
    };
  });
}
