import { DrayError } from '#errors';

export interface TokenAnswer {
  readonly token: string;
  /** Seconds that it is good for, at least 60: what old clients assume where nothing is said. */
  readonly lifetime: number;
  /** Milliseconds since the epoch, by the token service's clock. */
  readonly issuedAt: number | undefined;
  readonly identityToken: string | undefined;
}

const SHORTEST = 60;
/** A day: a longer promise is not worth remembering. */
const LONGEST = 86_400;

/** Visible ASCII alone: anything else has no place in a header, and a line break there would begin another one. */
const SENDABLE = /^[\x21-\x7e]+$/;

export function isSendable(token: string): boolean {
  return SENDABLE.test(token);
}

/**
 * The token in the body of a token service's answer. Throws TOKEN_REFUSED when there is none that could be sent.
 * @param what names the answer in the error; nothing of the body is quoted, since it may be the token
 */
export function parseTokenAnswer(body: Uint8Array, what: string): TokenAnswer {
  const refuse = (reason: string): DrayError => new DrayError('TOKEN_REFUSED', `${what} ${reason}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(body));
  } catch {
    // No cause: JSON.parse quotes what it read.
    throw refuse('is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw refuse('is not a JSON object');
  const fields = new Map<string, unknown>(Object.entries(parsed));
  // Both names mean the same; where both are given, docker takes access_token.
  const given = [fields.get('access_token'), fields.get('token')].filter(
    (value) => value !== undefined && value !== null,
  );
  const token = given.find((value) => value !== '');
  if (token === undefined) throw refuse('holds no token');
  if (typeof token !== 'string')
    throw refuse(`holds a token that is no text but ${Array.isArray(token) ? 'a list' : NAMES[typeof token]}`);
  if (!isSendable(token)) throw refuse('holds a token with characters that cannot be sent');
  const identityToken = fields.get('refresh_token');
  return {
    token,
    lifetime: lifetimeOf(fields.get('expires_in')),
    issuedAt: timeOf(fields.get('issued_at')),
    identityToken: typeof identityToken === 'string' && identityToken !== '' ? identityToken : undefined,
  };
}

const NAMES: Readonly<Record<string, string>> = { object: 'an object', number: 'a number', boolean: 'true or false' };

function lifetimeOf(value: unknown): number {
  const seconds = typeof value === 'string' ? Number(value) : value;
  return typeof seconds === 'number' && seconds > SHORTEST ? Math.min(seconds, LONGEST) : SHORTEST;
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
