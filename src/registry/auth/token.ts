import { cancelled, DrayError, type ErrorCode, hasCode, isDrayError, messageOf } from '#errors';
import { backoff } from '#timing';
import { followRedirects, type HttpRequest, type HttpResponse, publicUrl } from '#transport';
import { readWhole } from '../content-coding.ts';
import { basicAuthorization, type UserPassword, userPassword } from './credential.ts';
import { loginHint } from './refusals.ts';
import { serverWords } from './server-words.ts';
import { parseTokenAnswer } from './token-answer.ts';
import type { TokenMeans, TokenOrder } from './token-order.ts';

export interface Token {
  readonly value: string;
  /** Milliseconds since the epoch from which on it is better to ask for a new one. */
  readonly renewAt: number;
  readonly identityToken: string | undefined;
}

/** Milliseconds that a token may take, with all retries and redirects: a pull without progress must end before 100 s. */
const PATIENCE = 60_000;
const BODY_LIMIT = 131_072;
/** Of an answer that breaks off. */
const TRIES = 3;
/** A token is renewed when a tenth of its life is left, and 30 s before its end at the earliest. */
const EARLIEST_RENEWAL = 30;

/**
 * Asks a token service for a token: with an identity token by the oauth2 form, with user and password or anonymously by GET.
 * Rejects with UNAUTHORIZED where the credentials (or having none) were refused, DENIED where they do not suffice, TOKEN_REFUSED where the answer holds no usable token,
 * STALLED after a minute, and with the transport's errors.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export async function requestToken(order: TokenOrder, means: TokenMeans): Promise<Token> {
  const limit = new AbortController();
  const waiting = new AbortController();
  const asked = `the token service ${order.realm.host} (for ${order.asking.name})`;
  means.clock.sleep(PATIENCE, waiting.signal).then(
    () => limit.abort(new DrayError('STALLED', `${asked} gave no answer within ${PATIENCE / 1000} s`)),
    () => {},
  );
  const signal = means.signal === undefined ? limit.signal : AbortSignal.any([means.signal, limit.signal]);
  try {
    return await ask(order, { ...means, signal, transport: followRedirects()(means.transport) }, asked);
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    throw named(error, order, asked);
  } finally {
    waiting.abort();
  }
}

/** Network errors of the transport say which host failed, but not what it was asked for. */
function named(error: unknown, order: TokenOrder, asked: string): unknown {
  if (!isDrayError(error) || error.facts.family !== 'network') return error;
  if (error.message.includes(asked) || error.message.startsWith('no token for')) return error;
  return new DrayError(error.code, `no token for ${order.asking.name}: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    detail: error.detail,
    cause: error,
  });
}

async function ask(order: TokenOrder, means: TokenMeans, asked: string): Promise<Token> {
  const started = means.clock.now();
  const body = await readAnswer(order, means, asked);
  const answer = parseTokenAnswer(body, `the answer of ${asked}`);
  // A token service may hand out a token that it has kept; a clock that runs ahead of ours must not lengthen the life, nor one behind end it.
  const age = Math.max(0, started - (answer.issuedAt ?? started)) / 1000;
  const left = Math.max(60, answer.lifetime - age);
  return {
    value: answer.token,
    renewAt: started + (left - Math.min(EARLIEST_RENEWAL, left / 10)) * 1000,
    identityToken: answer.identityToken,
  };
}

/** The body of the answer; one that breaks off is asked for again. The transport tries again only as long as there is no answer. */
async function readAnswer(order: TokenOrder, means: TokenMeans, asked: string): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await answered(order, means);
    if (response.status < 200 || response.status > 299) throw await refused(response, order, means);
    try {
      return await readWhole(response, BODY_LIMIT, `the answer of ${asked}`);
    } catch (error) {
      if (attempt === TRIES || !hasCode(error, 'CONNECTION_LOST', 'STALLED')) throw error;
      const delay = backoff(attempt);
      const reason = messageOf(error);
      const method = order.credential?.identityToken ? 'POST' : 'GET';
      means.onEvent?.({
        kind: 'request-retry',
        request: `${method} ${publicUrl(response.url)}`,
        attempt,
        delay,
        reason,
      });
      await means.clock.sleep(delay, means.signal);
    }
  }
}

async function answered(order: TokenOrder, means: TokenMeans): Promise<HttpResponse> {
  const identityToken = order.credential?.identityToken;
  if (!identityToken) return means.transport(getRequest(order, means, userPassword(order.credential)));
  const response = await means.transport(postRequest(order, means, identityToken));
  if (response.status !== 404 && response.status !== 405) return response;
  await response.body.discard();
  // An older service without the oauth2 form takes the identity token as a password.
  const user = userPassword(order.credential) ?? {
    username: order.credential?.username || '<token>',
    password: identityToken,
  };
  return means.transport(getRequest(order, means, user));
}

function getRequest(order: TokenOrder, means: TokenMeans, user: UserPassword | undefined): HttpRequest {
  const url = new URL(order.realm);
  if (order.service !== undefined && order.service !== '') url.searchParams.append('service', order.service);
  for (const scope of order.scopes) url.searchParams.append('scope', scope);
  if (order.offline === true) {
    url.searchParams.append('offline_token', 'true');
    url.searchParams.append('client_id', means.clientId);
  }
  if (user !== undefined) url.searchParams.append('account', user.username);
  return {
    method: 'GET',
    url,
    headers: { accept: 'application/json', ...(user && { authorization: basicAuthorization(user) }) },
    signal: means.signal,
    onEvent: means.onEvent,
  };
}

function postRequest(order: TokenOrder, means: TokenMeans, identityToken: string): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service: order.service ?? '',
    client_id: means.clientId,
    scope: order.scopes.join(' '),
    refresh_token: identityToken,
  });
  const body = new TextEncoder().encode(form.toString());
  return {
    method: 'POST',
    url: order.realm,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: () => body,
    bodyLength: body.length,
    signal: means.signal,
    onEvent: means.onEvent,
  };
}

async function refused(response: HttpResponse, order: TokenOrder, means: TokenMeans): Promise<DrayError> {
  const { status } = response;
  const { asking, credential } = order;
  const words = await serverWords(response, { clock: means.clock, credential });
  const answer = `${status}${words === '' ? '' : `: ${words}`}`;
  const service = order.realm.host;
  const said = words === '' ? {} : { registryMessage: words };
  const endpoint = asking.url.origin;
  const detail = { registry: asking.name, endpoint, tokenService: service, status, ...said };
  const fail = (code: ErrorCode, reason: string): DrayError =>
    new DrayError(code, `no token for ${asking.name}: ${service} ${reason}`, { detail });
  if (status === 429) return fail('TOO_MANY_REQUESTS', `limits requests (${answer})`);
  if (status >= 500) return fail('SERVER_FAILED', `failed (${answer})`);
  if (status === 403) return fail('DENIED', `does not allow it (${answer})`);
  const hint = loginHint(asking.name);
  // A refused identity token is oauth2's invalid_grant, which is a 400.
  if (credential !== undefined && (status === 401 || (status === 400 && credential.identityToken)))
    return new DrayError('UNAUTHORIZED', `${service} refuses the credentials for ${asking.name} (${answer})`, {
      detail: { ...detail, credentials: 'refused' },
      hint: `check them, or ${hint}`,
    });
  if (status === 401)
    return new DrayError(
      'UNAUTHORIZED',
      `${service} gives no token for ${asking.name} without credentials (${answer})`,
      {
        detail: { ...detail, credentials: 'none' },
        hint,
      },
    );
  return fail('TOKEN_REFUSED', `answers ${answer}`);
}
