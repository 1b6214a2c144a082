import { printable } from '#oci';
import { EngineError } from '../http/engine-error.ts';
import type { Route } from '../http/router.ts';
import { missing, nothing } from './answers.ts';

const noContainer = (id: string): string => `No such container: ${id}`;
const noExec = (id: string): string => `No such exec instance: ${id}`;

/** Of a list, those that docker knows. */
const FILTERS =
  'ancestor before exited expose health id is-task isolation label name network publish since status volume'.split(' ');

/** What is asked of one container. */
const OF_ONE: readonly (readonly [Route['method'], readonly string[]])[] = [
  ['GET', ['json', 'top', 'logs', 'stats', 'changes', 'export', 'archive', 'attach/ws', 'checkpoints']],
  ['HEAD', ['archive']],
  ['PUT', ['archive']],
  ['POST', ['start', 'stop', 'restart', 'wait', 'attach', 'resize', 'rename', 'pause', 'unpause', 'update', 'exec']],
  ['POST', ['checkpoints']],
];

/** There are no containers: lists are empty, and each one is missing. */
export function containerRoutes(): readonly Route[] {
  return [
    { method: 'GET', path: '/containers/json', handle: nothing([], FILTERS) },
    {
      method: 'POST',
      path: '/containers/prune',
      handle: nothing({ ContainersDeleted: null, SpaceReclaimed: 0 }, ['label', 'label!', 'until']),
    },
    ...OF_ONE.flatMap(([method, parts]) =>
      parts.map((part): Route => ({ method, path: `/containers/{id...}/${part}`, handle: missing(noContainer) })),
    ),
    {
      method: 'POST',
      path: '/containers/{id...}/kill',
      handle: missing((id) => `cannot kill container: ${id}: ${noContainer(id)}`),
    },
    { method: 'DELETE', path: '/containers/{id...}', handle: missing(noContainer) },
    { method: 'GET', path: '/exec/{id}/json', handle: missing(noExec) },
    { method: 'POST', path: '/exec/{id}/start', handle: missing(noExec) },
    { method: 'POST', path: '/exec/{id}/resize', handle: missing(noExec) },
    {
      method: 'POST',
      path: '/commit',
      handle: ({ query }) => {
        throw new EngineError(404, noContainer(printable(query.get('container') ?? '', 255)));
      },
    },
  ];
}
