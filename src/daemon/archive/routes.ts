import type { EngineContext } from '../engine-context.ts';
import type { Route } from '../http/router.ts';
import { loadImages } from './load.ts';
import { saveImages } from './save.ts';

export function archiveRoutes(context: EngineContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/images/get',
      handle: (exchange) => saveImages(exchange.query.getAll('names'), exchange, context),
    },
    {
      method: 'GET',
      path: '/images/{name...}/get',
      handle: (exchange) => saveImages([exchange.name('name')], exchange, context),
    },
    { method: 'POST', path: '/images/load', handle: (exchange) => loadImages(exchange, context) },
  ];
}
