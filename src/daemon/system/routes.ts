import type { EngineContext } from '../engine-context.ts';
import { events } from '../events/events.ts';
import type { Route } from '../http/router.ts';
import { auth } from './auth.ts';
import { info } from './info.ts';
import { ping } from './ping.ts';
import { version } from './version.ts';

export function systemRoutes(context: EngineContext): readonly Route[] {
  return [
    { method: 'GET', path: '/_ping', handle: ping },
    { method: 'HEAD', path: '/_ping', handle: ping },
    { method: 'GET', path: '/version', handle: version(context) },
    { method: 'GET', path: '/info', handle: info(context) },
    { method: 'GET', path: '/events', handle: events(context) },
    { method: 'POST', path: '/auth', handle: auth(context) },
  ];
}
