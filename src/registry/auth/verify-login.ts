import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { type Clock, systemClock } from '#timing';
import { followRedirects, type HttpRequest, publicUrl, type Transport } from '#transport';
import { ShownSecrets } from '../shown-secrets.ts';
import type { Credential, Endpoint } from '../types.ts';
import { chooseAnswer } from './answer.ts';
import { parseChallenges } from './challenge.ts';
import { denied, type Refused, unanswerable, unauthorized } from './refusals.ts';
import { requestToken } from './token.ts';

export interface VerifyLoginOptions extends CallOptions {
  /** The registry itself. */
  readonly endpoint: Endpoint;
  /** With its retries, without an authorizer's middleware. Redirects are followed here. */
  readonly transport: Transport;
  readonly credential: Credential;
  readonly clock?: Clock | undefined;
  /** How dray calls itself to token services; `dray` by default. */
  readonly clientId?: string | undefined;
}

/**
 * Tries a credential at a registry's `/v2/`, as docker does: by Basic, or with a token got for it. Resolves with the identity token
 * that the token service gives to be kept in place of the password, if it does. A registry that asks for nothing takes any credential.
 * Rejects with UNAUTHORIZED, DENIED, TOKEN_REFUSED, INSECURE_REFUSED, BAD_RESPONSE and the transport's errors.
 */
export async function verifyLogin(options: VerifyLoginOptions): Promise<string | undefined> {
  const { endpoint, credential, clock = systemClock, clientId = 'dray', signal, onEvent } = options;
  const url = new URL(`${endpoint.url}${endpoint.overridePath === true ? '/' : '/v2/'}`);
  const headers = endpoint.headers ?? {};
  const transport = followRedirects({ secretHeaders: Object.keys(headers) })(options.transport);
  const request: HttpRequest = { method: 'GET', url, headers, signal, onEvent };
  const asking = { url, name: endpoint.domain };

  const first: Refused = { registry: asking.name, request, response: await transport(request) };
  const words = { clock, credential };
  if (first.response.status !== 401) return done(first);
  const challenges = parseChallenges(first.response.headers.all('www-authenticate'));
  const { remoteAddress } = first.response;
  const answer = chooseAnswer(challenges, { asking: { ...asking, remoteAddress }, credential, scopes: [] });
  if (answer === undefined) throw await unanswerable(first, challenges, words);
  await first.response.body.discard();

  const token =
    'order' in answer
      ? await requestToken(
          { ...answer.order, scopes: [], offline: true },
          { transport: options.transport, clock, clientId, signal, onEvent },
        )
      : undefined;
  const authorization = 'order' in answer ? `Bearer ${token?.value}` : answer.header;
  const secrets = new ShownSecrets(Object.keys(headers));
  const sent = { ...headers, authorization };
  secrets.note(sent);
  const response = await transport({ ...request, headers: sent });
  const second: Refused = { registry: asking.name, request, response };
  if (response.status === 401) throw await unauthorized(second, { ...words, secrets });
  if (response.status === 403) throw await denied(second, { ...words, secrets });
  await done(second);
  return token?.identityToken;
}

async function done({ registry, request, response }: Refused): Promise<undefined> {
  await response.body.discard();
  if (response.status === 200) return;
  throw new DrayError(
    'BAD_RESPONSE',
    `${registry} answers ${response.status} to ${publicUrl(request.url)}, where a registry says 200 or 401`,
    {
      detail: { registry, status: response.status },
    },
  );
}
