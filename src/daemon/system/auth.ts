import type { AuthAnswer } from '#engine';
import { type DrayError, hasCode } from '#errors';
import { printable } from '#oci';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { RouteHandler } from '../http/router.ts';
import { connectWords } from '../transfer/connect-words.ts';

const LONGEST = 2000;

/** Tries a credential at its registry, and keeps nothing: that is for the client to do. */
export function auth({ dray }: Pick<EngineContext, 'dray'>): RouteHandler {
  return async (exchange) => {
    const body = (await exchange.readJson()) ?? {};
    const field = (name: string): string | undefined => {
      const value = body[name] ?? '';
      if (typeof value !== 'string') throw new EngineError(400, `invalid JSON: ${name} is no text`);
      return value === '' ? undefined : value;
    };
    const server = field('serveraddress');
    const credential = {
      username: field('username'),
      password: field('password'),
      identityToken: field('identitytoken'),
    };
    try {
      const token = await dray.checkLogin(server, { ...credential, signal: exchange.left });
      const answer: AuthAnswer = { IdentityToken: token ?? '', Status: 'Login Succeeded' };
      exchange.replyJson(200, answer);
    } catch (error) {
      if (hasCode(error, 'UNAUTHORIZED', 'DENIED', 'TOKEN_REFUSED')) throw refusal(error);
      if (hasCode(error, 'CONNECT_FAILED', 'TLS_FAILED'))
        throw new EngineError(500, connectWords(error), { cause: error });
      throw error;
    }
  };
}

/** As docker begins it; what the registry has said follows. */
function refusal(error: DrayError): EngineError {
  const { endpoint, scheme, credentials, registryMessage } = error.detail;
  const asked = typeof endpoint === 'string' ? `Get "${endpoint}/v2/": ` : '';
  if (scheme !== 'basic' || typeof endpoint !== 'string') {
    const said = typeof registryMessage === 'string' ? registryMessage : error.message;
    return new EngineError(401, printable(`${asked}unauthorized: ${said}`, LONGEST), { cause: error });
  }
  // Of a registry that takes passwords itself docker tells no more, and not by the status.
  const words =
    credentials === 'none'
      ? `${asked}no basic auth credentials`
      : `login attempt to ${endpoint}/v2/ failed with status: 401 Unauthorized`;
  return new EngineError(500, printable(words, LONGEST), { cause: error });
}
