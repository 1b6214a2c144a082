import type { Action, Need } from '../access/port.ts';
import type { Exchange } from '../http/exchange.ts';

const BASE: readonly Need[] = [{ kind: 'base' }];
const CATALOG: readonly Need[] = [{ kind: 'catalog' }];

const PULL: readonly Action[] = ['pull'];
const CREATE: readonly Action[] = ['pull', 'create'];
const DELETE: readonly Action[] = ['delete'];

/** The rights that a request needs. `repository` is the one that is meant, where it is about one. */
export function needsOf({ target, method }: Exchange, repository = ''): readonly Need[] {
  switch (target.kind) {
    case 'base':
    case 'other':
      return BASE;
    case 'catalog':
      return CATALOG;
    case 'uploads':
    case 'upload':
      return [{ kind: 'repository', repository, actions: CREATE }];
    default:
      return [{ kind: 'repository', repository, actions: actionsFor(method) }];
  }
}

function actionsFor(method: string): readonly Action[] {
  if (method === 'GET' || method === 'HEAD') return PULL;
  return method === 'DELETE' ? DELETE : CREATE;
}
