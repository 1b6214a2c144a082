import { ApiError } from '../http/api-error.ts';
import type { Action, Need } from './port.ts';

/** How a refused client can say who it is. */
export type Challenge =
  | { readonly scheme: 'basic'; readonly realm: string }
  | { readonly scheme: 'bearer'; readonly service: string; realmFor(origin: string): string };

/** Why a token is not enough: https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
export type TokenFault = 'invalid_token' | 'insufficient_scope';

/** Names of repositories alone are repeated to the client: everything else could be read as something else in a header. */
const SAFE_NAME = /^[a-z0-9][a-z0-9._/-]{0,254}$/;

const PUSH: ReadonlySet<Action> = new Set<Action>(['create', 'overwrite']);

/** 401 with the challenge; without any 403, since no credentials would help. */
export function unauthorized(
  challenge: Challenge | undefined,
  needs: readonly Need[],
  origin: string,
  fault?: TokenFault,
): ApiError {
  if (challenge === undefined) return denied(needs);
  return new ApiError(
    401,
    { code: 'UNAUTHORIZED', message: 'authentication required', detail: needs.flatMap(detailOf) },
    { 'www-authenticate': challengeHeader(challenge, needs, origin, fault) },
  );
}

/** 403: who asks is known, and may not. */
export function denied(needs: readonly Need[]): ApiError {
  const detail = needs.flatMap(detailOf);
  return new ApiError(403, { code: 'DENIED', message: 'requested access to the resource is denied', detail });
}

/** 429: too many wrong passwords. */
export function tooManyAttempts(seconds: number): ApiError {
  return new ApiError(
    429,
    { code: 'TOOMANYREQUESTS', message: `too many failed attempts to log in; try again in ${seconds} s` },
    { 'retry-after': String(seconds) },
  );
}

function challengeHeader(challenge: Challenge, needs: readonly Need[], origin: string, fault?: TokenFault): string {
  if (challenge.scheme === 'basic') return `Basic realm=${quotedString(challenge.realm)}`;
  const scope = needs.flatMap(scopeOf).join(' ');
  return [
    `Bearer realm=${quotedString(challenge.realmFor(origin))}`,
    `service=${quotedString(challenge.service)}`,
    ...(scope === '' ? [] : [`scope="${scope}"`]),
    ...(fault === undefined ? [] : [`error="${fault}"`]),
  ].join(',');
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.6.4; control characters, which no header may have, are left out. */
function quotedString(text: string): string {
  return `"${text.replace(/[^ -~]/g, '').replace(/["\\]/g, '\\$&')}"`;
}

function scopeOf(need: Need): readonly string[] {
  if (need.kind === 'catalog') return ['registry:catalog:*'];
  if (need.kind === 'base' || !SAFE_NAME.test(need.repository)) return [];
  return [`repository:${need.repository}:${scopeActions(need.actions).join(',')}`];
}

function detailOf(need: Need): readonly object[] {
  if (need.kind === 'base') return [];
  if (need.kind === 'catalog') return [{ Type: 'registry', Class: '', Name: 'catalog', Action: '*' }];
  return scopeActions(need.actions).map((Action) => ({ Type: 'repository', Class: '', Name: need.repository, Action }));
}

/** As clients ask for them: who pushes pulls too. */
function scopeActions(actions: readonly Action[]): readonly string[] {
  const pushes = actions.some((action) => PUSH.has(action));
  return [
    ...(pushes || actions.includes('pull') ? ['pull'] : []),
    ...(pushes ? ['push'] : []),
    ...(actions.includes('delete') ? ['delete'] : []),
  ];
}
