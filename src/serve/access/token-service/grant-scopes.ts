import type { Action } from '../port.ts';
import type { Principal } from '../principal.ts';
import { actionBits, actionWords, bitOf } from '../rules/action-bits.ts';
import type { Scope } from './read-scopes.ts';

/** An entry of `access` in a token. */
export interface Grant {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

const ACTIONS: readonly Action[] = ['pull', 'create', 'overwrite', 'delete'];

/** Of what is asked for, what may be. */
export function grantScopes(scopes: readonly Scope[], principal: Principal): readonly Grant[] {
  return scopes.flatMap(({ type, name, actions }) => {
    if (type === 'registry' && name === 'catalog') {
      return actions.includes('*') && principal.lister !== undefined ? [{ type, name, actions: ['*'] }] : [];
    }
    if (type !== 'repository') return [];
    const asked = actionBits(actions);
    const bits = ACTIONS.filter((action) => (asked & bitOf(action)) !== 0 && principal.may(name, action)).reduce(
      (all, action) => all | bitOf(action),
      0,
    );
    return bits === 0 ? [] : [{ type, name, actions: actionWords(bits) }];
  });
}
