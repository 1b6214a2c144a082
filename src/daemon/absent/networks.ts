import type { Route } from '../http/router.ts';
import { later, missing, nothing } from './answers.ts';

/**
 * Clients that run in a container themselves ask this network where the ports of other containers are (testcontainers does before anything else):
 * here they will be the machine's own.
 */
const BRIDGE = {
  Name: 'bridge',
  Id: '0'.repeat(64),
  Created: '0001-01-01T00:00:00Z',
  Scope: 'local',
  Driver: 'bridge',
  EnableIPv4: true,
  EnableIPv6: false,
  IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: '127.0.0.0/8', Gateway: '127.0.0.1' }] },
  Internal: false,
  Attachable: false,
  Ingress: false,
  ConfigFrom: { Network: '' },
  ConfigOnly: false,
  Containers: {},
  Options: {},
  Labels: {},
};

const noNetwork = missing((id) => `network ${id} not found`);

export function networkRoutes(): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/networks',
      handle: nothing([], ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']),
    },
    { method: 'POST', path: '/networks/create', handle: later('creating networks') },
    {
      method: 'POST',
      path: '/networks/prune',
      handle: nothing({ NetworksDeleted: null }, ['label', 'label!', 'until']),
    },
    { method: 'GET', path: '/networks/bridge', handle: nothing(BRIDGE) },
    { method: 'GET', path: '/networks/{id...}', handle: noNetwork },
    { method: 'DELETE', path: '/networks/{id...}', handle: noNetwork },
    { method: 'POST', path: '/networks/{id...}/connect', handle: noNetwork },
    { method: 'POST', path: '/networks/{id...}/disconnect', handle: noNetwork },
  ];
}
