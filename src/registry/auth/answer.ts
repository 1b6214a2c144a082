import { DrayError, isDrayError } from '#errors';
import type { Credential } from '../types.ts';
import type { Challenge } from './challenge.ts';
import { basicAuthorization, userPassword } from './credential.ts';
import { type Asking, checkRealm } from './realm.ts';
import { mergeScopes } from './scopes.ts';
import { isSendable } from './token-answer.ts';
import type { TokenOrder } from './token-order.ts';

/** How a registry wants certain requests: with the same header each time, or with a token that is renewed. */
export type Answer =
  | { readonly header: string; readonly credential: Credential }
  | { readonly order: TokenOrder; readonly credential: Credential | undefined };

export interface Answering {
  readonly asking: Asking;
  readonly credential: Credential | undefined;
  /** What the requests need. */
  readonly scopes: readonly string[];
}

/**
 * What to show where these challenges are made: a registry token as it is, else a bearer token, else user and password. Undefined where
 * there is nothing to show. Throws what `checkRealm` throws when a realm that is refused was the only way.
 */
export function chooseAnswer(challenges: readonly Challenge[], answering: Answering): Answer | undefined {
  const { credential, asking } = answering;
  if (credential?.registryToken) {
    if (!isSendable(credential.registryToken))
      throw new DrayError(
        'CREDENTIALS_UNAVAILABLE',
        `the registry token for ${asking.name} has characters that cannot be sent`,
      );
    return { header: `Bearer ${credential.registryToken}`, credential };
  }
  const user = userPassword(credential);
  const basic: Answer | undefined =
    credential !== undefined && user !== undefined && challenges.some(({ scheme }) => scheme === 'basic')
      ? { header: basicAuthorization(user), credential }
      : undefined;
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
  if (bearer === undefined) return basic;
  try {
    return { order: orderOf(bearer, answering), credential };
  } catch (error) {
    if (basic !== undefined && isDrayError(error)) return basic;
    throw error;
  }
}

function orderOf({ parameters }: Challenge, { asking, credential, scopes }: Answering): TokenOrder {
  return {
    asking,
    realm: checkRealm(parameters.get('realm') ?? '', asking),
    service: parameters.get('service'),
    scopes: mergeScopes(parameters.get('scope'), scopes),
    credential,
  };
}

/** True when `next` would ask for nothing else than `last` did. */
export function isSameOrder(last: Answer | undefined, next: TokenOrder): boolean {
  if (last === undefined || !('order' in last)) return false;
  const { realm, service, scopes } = last.order;
  return realm.href === next.realm.href && service === next.service && scopes.join(' ') === next.scopes.join(' ');
}
