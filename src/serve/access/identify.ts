import type { ApiError } from '../http/api-error.ts';
import { type Challenge, unauthorized } from './challenge.ts';
import { readCredentials } from './credentials.ts';
import type { AccessRequest } from './port.ts';
import type { Principal } from './principal.ts';
import type { CertificateUser } from './tls/certificate-user.ts';
import type { TokenVerifier } from './tokens/token-verifier.ts';
import type { PasswordUsers, PasswordVerdict } from './users/password-users.ts';

/** The ways in which a request can say who asks. */
export interface IdentifyOptions {
  readonly passwords: PasswordUsers | undefined;
  readonly tokens: TokenVerifier | undefined;
  readonly certificates: CertificateUser | undefined;
  readonly challenge: Challenge | undefined;
  readonly anonymous: Principal;
  userNamed(name: string): Principal;
}

/** Who asks, or why that cannot be said. */
export type Identity = { readonly principal: Principal } | { readonly refusal: ApiError };

/**
 * Finds out who asks. Credentials that a request brings have to be good: it is never taken for one without, nor for that of its certificate. Answers
 * at once where they were seen before.
 */
export function identify(request: AccessRequest, options: IdentifyOptions): Identity | Promise<Identity> {
  const { passwords, tokens, certificates, challenge, anonymous, userNamed } = options;
  const credentials = readCredentials(request.headers.authorization);
  const refuse = (): Identity => ({ refusal: unauthorized(challenge, request.needs, request.origin) });
  const refuseToken = (): Identity => ({
    refusal: unauthorized(challenge, request.needs, request.origin, 'invalid_token'),
  });

  if (credentials.scheme === 'none') {
    const user = certificates?.(request.tls);
    return { principal: user === undefined ? anonymous : userNamed(user) };
  }
  if (credentials.scheme === 'basic' && passwords !== undefined) {
    const take = (verdict: PasswordVerdict): Identity => {
      if (verdict === 'wrong') return refuse();
      return 'user' in verdict ? { principal: userNamed(verdict.user) } : { refusal: verdict };
    };
    const verdict = passwords.verify(credentials.header, request.address);
    return verdict instanceof Promise ? verdict.then(take) : take(verdict);
  }
  if (credentials.scheme === 'bearer' && tokens !== undefined) {
    const take = (principal: Principal | undefined): Identity =>
      principal === undefined ? refuseToken() : { principal };
    const found = tokens.verify(credentials.token);
    return found instanceof Promise ? found.then(take) : take(found);
  }
  return refuse();
}
