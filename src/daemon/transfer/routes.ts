import type { EngineContext } from '../engine-context.ts';
import type { Route } from '../http/router.ts';
import { createImage } from './create-image.ts';
import { pushImage } from './push-image.ts';
import { SharedWork } from './shared-work.ts';

export function transferRoutes(context: EngineContext): readonly Route[] {
  const pulls = new SharedWork();
  return [
    { method: 'POST', path: '/images/create', handle: (exchange) => createImage(exchange, context, pulls) },
    { method: 'POST', path: '/images/{name...}/push', handle: (exchange) => pushImage(exchange, context) },
  ];
}
