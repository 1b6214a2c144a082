import type { Route } from '../http/router.ts';
import { later, missing, nothing } from './answers.ts';

const noPlugin = missing((id) => `plugin "${id}" not found`);

export function pluginRoutes(): readonly Route[] {
  return [
    { method: 'GET', path: '/plugins', handle: nothing([]) },
    { method: 'GET', path: '/plugins/privileges', handle: later('installing plugins') },
    { method: 'POST', path: '/plugins/pull', handle: later('installing plugins') },
    { method: 'POST', path: '/plugins/create', handle: later('creating plugins') },
    { method: 'GET', path: '/plugins/{id...}/json', handle: noPlugin },
    ...['enable', 'disable', 'push', 'upgrade', 'set'].map(
      (part): Route => ({ method: 'POST', path: `/plugins/{id...}/${part}`, handle: noPlugin }),
    ),
    { method: 'DELETE', path: '/plugins/{id...}', handle: noPlugin },
  ];
}
