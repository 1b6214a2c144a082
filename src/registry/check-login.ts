import type { CallOptions } from '#content';
import { verifyLogin } from './auth/verify-login.ts';
import { EndpointWalk } from './endpoint-walk.ts';
import type { Credential, RegistryClientOptions } from './types.ts';

/**
 * Tries a credential at the registry itself, `domain` as in references; no mirror is asked. Resolves with the identity token that the registry's token
 * service gives to be kept in place of the password, if it does. Rejects with UNAUTHORIZED, DENIED, TOKEN_REFUSED, INSECURE_REFUSED and what
 * any request rejects with.
 */
export async function checkLogin(
  domain: string,
  credential: Credential,
  options: Omit<RegistryClientOptions, 'keychain'> & CallOptions = {},
): Promise<string | undefined> {
  const { signal, onEvent, ...clientOptions } = options;
  const walk = new EndpointWalk(clientOptions);
  try {
    return await walk.ask(
      { domain, name: domain, action: 'log in to', suits: ({ mirror }) => !mirror, signal, onEvent },
      ({ endpoint, direct, clock }) => verifyLogin({ endpoint, transport: direct, credential, clock, signal, onEvent }),
    );
  } finally {
    walk.close();
  }
}
