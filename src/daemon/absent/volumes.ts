import type { Route } from '../http/router.ts';
import { later, missing, nothing } from './answers.ts';

const noVolume = missing((id) => `get ${id}: no such volume`);

export function volumeRoutes(): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/volumes',
      handle: nothing({ Volumes: [], Warnings: null }, ['dangling', 'driver', 'label', 'name']),
    },
    { method: 'POST', path: '/volumes/create', handle: later('creating volumes') },
    {
      method: 'POST',
      path: '/volumes/prune',
      handle: nothing({ VolumesDeleted: null, SpaceReclaimed: 0 }, ['all', 'label', 'label!']),
    },
    { method: 'GET', path: '/volumes/{id...}', handle: noVolume },
    { method: 'PUT', path: '/volumes/{id...}', handle: noVolume },
    {
      method: 'DELETE',
      path: '/volumes/{id...}',
      // what is not there is as gone as it was to be
      handle: (exchange) => (exchange.flag('force') ? exchange.reply(204) : noVolume(exchange)),
    },
  ];
}
