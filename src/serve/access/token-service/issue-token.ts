import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Grant } from './grant-scopes.ts';
import type { SigningKey } from './signing-key.ts';

export interface IssuerOptions {
  readonly key: SigningKey;
  readonly issuer: string;
  readonly service: string;
  /** Seconds. */
  readonly lifetime: number;
}

/** The answer of a token service: https://distribution.github.io/distribution/spec/auth/token/#token-response-fields */
export interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
}

export async function issueToken(
  { key, issuer, service, lifetime }: IssuerOptions,
  subject: string | undefined,
  access: readonly Grant[],
): Promise<TokenAnswer> {
  const now = Math.floor(Date.now() / 1000);
  const token = await new SignJWT({ access })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: key.kid })
    .setIssuer(issuer)
    .setSubject(subject ?? '')
    .setAudience(service)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + lifetime)
    .setJti(randomUUID())
    .sign(key.privateKey);
  return {
    token,
    access_token: token,
    expires_in: lifetime,
    issued_at: new Date(now * 1000).toISOString(),
  };
}
