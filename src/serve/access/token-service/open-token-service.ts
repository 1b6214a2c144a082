import type { Challenge } from '../challenge.ts';
import type { Means, OtherWays } from '../means.ts';
import type { TokenServiceOptions } from '../options.ts';
import type { Principal } from '../principal.ts';
import { TokenVerifier } from '../tokens/token-verifier.ts';
import { openSigningKey } from './signing-key.ts';
import { createTokenPage } from './token-page.ts';

/** Tokens of this server: they allow what they say as far as their user still may do it. */
export async function openTokenService(
  options: TokenServiceOptions,
  ways: OtherWays,
  basic: Challenge | undefined,
): Promise<Means> {
  const { service = 'dray', issuer = 'dray', path = '/token', realm, lifetime = 300 } = options;
  const key = await openSigningKey(options.keyFile);
  const userOf = (name: string | undefined): Principal => (name === undefined ? ways.anonymous : ways.userNamed(name));
  return {
    tokens: new TokenVerifier({
      keys: {
        version: key,
        find: ({ kid }) => (kid === key.kid ? key.publicKey : undefined),
        close: () => {},
      },
      issuer,
      service,
      algorithms: ['ES256'],
      principalOf: (name, { allow, catalog }): Principal => {
        const user = userOf(name);
        return {
          kind: 'token',
          name,
          may: (repository, action) => allow(repository, action) && user.may(repository, action),
          lister: catalog ? user.lister : undefined,
          user,
        };
      },
    }),
    challenge: { scheme: 'bearer', service, realmFor: (origin) => realm ?? `${origin}${path}` },
    pages: new Map([
      [path, createTokenPage({ key, issuer, service, lifetime, identify: { ...ways, challenge: basic } })],
    ]),
    close: () => {},
  };
}
