import type { Route } from '../http/router.ts';
import { later, unavailable } from './answers.ts';

const noManager = unavailable(
  503,
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
);

export function swarmRoutes(): readonly Route[] {
  return [
    { method: 'POST', path: '/swarm/init', handle: later('being part of a swarm') },
    { method: 'POST', path: '/swarm/join', handle: later('being part of a swarm') },
    { method: 'POST', path: '/swarm/leave', handle: unavailable(503, 'This node is not part of a swarm') },
    ...['/swarm', '/swarm/unlockkey'].map((path): Route => ({ method: 'GET', path, handle: noManager })),
    ...['/swarm/update', '/swarm/unlock'].map((path): Route => ({ method: 'POST', path, handle: noManager })),
    ...['nodes', 'services', 'tasks', 'secrets', 'configs'].flatMap((kind): readonly Route[] => [
      { method: 'GET', path: `/${kind}`, handle: noManager },
      { method: 'GET', path: `/${kind}/{id...}`, handle: noManager },
      { method: 'POST', path: `/${kind}/{id...}`, handle: noManager },
      { method: 'DELETE', path: `/${kind}/{id...}`, handle: noManager },
    ]),
  ];
}
