import type { Action, Actor } from './port.ts';

/** Who asks, as far as it is known, with what it may do and what would let it do more. */
export interface Principal extends Actor {
  /** `token`: another token may allow more, unless `user` may not do it either. */
  readonly kind: 'anonymous' | 'user' | 'token';
  /** Whose repositories the catalog shows; undefined: none, the catalog is refused. */
  readonly lister: Actor | undefined;
  /** Tokens of this server: what their user may do at all. */
  readonly user?: Actor | undefined;
}

export const NO_RIGHTS: Actor = { name: undefined, may: () => false };

export function anonymousPrincipal(rights: Actor, mayList: boolean): Principal {
  return { kind: 'anonymous', name: undefined, may: rights.may, lister: mayList ? rights : undefined };
}

export function userPrincipal(rights: Actor): Principal {
  return { kind: 'user', name: rights.name, may: rights.may, lister: rights };
}

/** For those who may do everything. */
export function unlimited(name: string | undefined): Actor {
  return { name, may: (_repository: string, _action: Action) => true };
}
