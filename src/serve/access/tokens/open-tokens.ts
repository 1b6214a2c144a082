import type { DrayError } from '#errors';
import type { Means } from '../means.ts';
import type { TokenOptions } from '../options.ts';
import { type Principal, unlimited } from '../principal.ts';
import { TokenVerifier } from './token-verifier.ts';
import { openTrustedKeys } from './trusted-keys.ts';

/** Tokens from elsewhere: what they say is what their bearers may do. */
export async function openTokens(options: TokenOptions, onProblem: (error: DrayError) => void): Promise<Means> {
  const { realm, service, issuer, signingAlgorithms, autoredirect, autoredirectPath = '/auth/token' } = options;
  const keys = await openTrustedKeys(options, onProblem);
  return {
    tokens: new TokenVerifier({
      keys,
      issuer,
      service,
      algorithms: signingAlgorithms,
      principalOf: (name, { allow, catalog }): Principal => ({
        kind: 'token',
        name,
        may: allow,
        lister: catalog ? unlimited(name) : undefined,
      }),
    }),
    challenge: {
      scheme: 'bearer',
      service,
      realmFor: (origin) => (autoredirect === true ? `${origin}/${autoredirectPath.replace(/^\//, '')}` : realm),
    },
    pages: new Map(),
    close: () => keys.close(),
  };
}
