import { type Challenge, denied, unauthorized } from './challenge.ts';
import type { AccessRequest, Actor, Admission, Need } from './port.ts';
import type { Principal } from './principal.ts';

/** Whether somebody may do all that a request needs. */
export function decide(
  principal: Principal,
  { needs, origin }: Pick<AccessRequest, 'needs' | 'origin'>,
  challenge: Challenge | undefined,
): Admission {
  if (!needs.every((need) => suffices(principal, need, challenge))) {
    if (principal.kind === 'anonymous') return { refusal: unauthorized(challenge, needs, origin) };
    if (principal.kind === 'user' || !mayGetMore(principal, needs)) return { refusal: denied(needs) };
    return { refusal: unauthorized(challenge, needs, origin, 'insufficient_scope') };
  }
  return { actor: actorFor(principal, needs) };
}

function suffices(principal: Principal, need: Need, challenge: Challenge | undefined): boolean {
  if (need.kind === 'catalog') return principal.lister !== undefined;
  if (need.kind === 'base') {
    // Clients learn here how to log in, and those that learn nothing never do: also where others may pull without.
    return principal.kind !== 'anonymous' || (challenge === undefined && principal.lister !== undefined);
  }
  return need.actions.every((action) => principal.may(need.repository, action));
}

/** Another token, for the same user or, where nobody is known, for somebody, may do. */
function mayGetMore({ user }: Principal, needs: readonly Need[]): boolean {
  if (user?.name === undefined) return true;
  return needs.every(
    (need) => need.kind !== 'repository' || need.actions.every((action) => user.may(need.repository, action)),
  );
}

/** In the list of all repositories those are shown that the one who asks may pull at all. */
function actorFor(principal: Principal, needs: readonly Need[]): Actor {
  return needs.some(({ kind }) => kind === 'catalog') ? (principal.lister ?? principal) : principal;
}
