import { readAll } from '#bytes';
import { hasCode } from '#errors';
import type { Page } from '../../api/options.ts';
import type { Exchange } from '../../http/exchange.ts';
import { requestBody } from '../../http/request-body.ts';
import { unauthorized } from '../challenge.ts';
import { type IdentifyOptions, identify } from '../identify.ts';
import type { Principal } from '../principal.ts';
import { grantScopes } from './grant-scopes.ts';
import { type IssuerOptions, issueToken } from './issue-token.ts';
import { readScopes } from './read-scopes.ts';

export interface TokenPageOptions extends IssuerOptions {
  /** How those who ask for a token say who they are: never by a token. */
  readonly identify: Omit<IdentifyOptions, 'tokens'>;
}

const FORM_LIMIT = 64 * 1024;
const STALL_TIMEOUT = 10_000;
const NO_STORE = ['Cache-Control', 'no-store'];

/**
 * The token service: GET with Basic (https://distribution.github.io/distribution/spec/auth/token/) and POST with a form
 * (https://distribution.github.io/distribution/spec/auth/oauth/). A token allows what was asked for as far as the user may do it; there are no
 * refresh tokens.
 */
export function createTokenPage(options: TokenPageOptions): Page {
  return async (exchange) => {
    if (exchange.method === 'GET') return answerGet(exchange, options);
    if (exchange.method === 'POST') return answerForm(exchange, options);
    exchange.replyJson(405, { errors: [{ code: 'UNSUPPORTED', message: 'the token service takes GET and POST' }] }, [
      'Allow',
      'GET, POST',
    ]);
  };
}

async function answerGet(exchange: Exchange, options: TokenPageOptions): Promise<void> {
  await answer(exchange, exchange.parameters, exchange.message.headers.authorization, options);
}

async function answerForm(exchange: Exchange, options: TokenPageOptions): Promise<void> {
  let form: URLSearchParams;
  try {
    const bytes = await readAll(requestBody(exchange, STALL_TIMEOUT), FORM_LIMIT, 'the form');
    form = new URLSearchParams(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (!hasCode(error, 'TOO_LARGE')) throw error;
    return refuseForm(exchange, 'invalid_request', `the form is larger than ${FORM_LIMIT} bytes`);
  }
  const grant = form.get('grant_type');
  if (grant === 'refresh_token') {
    return refuseForm(exchange, 'unsupported_grant_type', 'there are no refresh tokens here; log in with a password');
  }
  if (grant !== 'password') return refuseForm(exchange, 'unsupported_grant_type', 'grant_type has to be "password"');
  const user = form.get('username') ?? '';
  const pair = Buffer.from(`${user}:${form.get('password') ?? ''}`).toString('base64');
  // a colon ends the name in Basic: it cannot be part of one
  await answer(exchange, form, user.includes(':') ? 'Basic' : `Basic ${pair}`, options);
}

async function answer(
  exchange: Exchange,
  parameters: URLSearchParams,
  authorization: string | undefined,
  options: TokenPageOptions,
): Promise<void> {
  const service = parameters.get('service');
  if (service !== null && service !== options.service) {
    return refuseForm(
      exchange,
      'invalid_request',
      `tokens are given for the service ${JSON.stringify(options.service)}`,
    );
  }
  const request = { ...exchange.accessRequest([]), headers: { authorization } };
  const identity = await identify(request, { ...options.identify, tokens: undefined });
  if ('refusal' in identity) throw identity.refusal;
  const { principal } = identity;
  const scopes = readScopes(parameters.getAll('scope'));
  const access = grantScopes(scopes, principal);
  if (isOfNoUse(principal, scopes.length, access.length)) {
    throw unauthorized(options.identify.challenge, [], exchange.origin);
  }
  exchange.replyJson(200, await issueToken(options, principal.name, access), NO_STORE);
}

/** Without credentials a token is for what everybody may do: without any of that, credentials are what is missing. */
function isOfNoUse({ kind, lister }: Principal, asked: number, granted: number): boolean {
  return kind === 'anonymous' && (lister === undefined || (asked > 0 && granted === 0));
}

/** https://www.rfc-editor.org/rfc/rfc6749#section-5.2, and the same in the words of registries. */
function refuseForm(exchange: Exchange, error: string, description: string): void {
  exchange.replyJson(
    400,
    { error, error_description: description, errors: [{ code: 'UNSUPPORTED', message: description }] },
    NO_STORE,
  );
}
