import { type DrayError, hasCode, isDrayError } from '#errors';
import { type ApiError, apiError } from '../http/api-error.ts';
import type { CachedRoute } from './routes.ts';

/** True where the upstream has answered that there is no such thing. */
export function isAbsence(error: unknown): boolean {
  return hasCode(error, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'BLOB_UNKNOWN');
}

/**
 * What a client is told when an upstream does not give what it asked for. Says nothing of the words of the upstream, which may be about this
 * server's account there, nor of this machine. Undefined for failures of this machine itself, which are no answer of the upstream.
 */
export function refusalOf(error: unknown, { upstream: { domain }, path }: CachedRoute): ApiError | undefined {
  if (!isDrayError(error) || ['local', 'cancelled', 'bug'].includes(error.facts.family)) return undefined;
  const what = `${path} of ${domain}`;
  switch (error.code) {
    case 'UNAUTHORIZED':
    case 'TOKEN_REFUSED':
      return apiError(404, 'NAME_UNKNOWN', `${what} does not exist, or this server may not read it`);
    case 'DENIED':
      return apiError(403, 'DENIED', `${domain} does not allow reading ${path}`);
    case 'TOO_MANY_REQUESTS':
      return apiError(429, 'TOOMANYREQUESTS', `${domain} limits requests`);
    default:
      return apiError(
        statusOf(error),
        'UNAVAILABLE',
        `${what} cannot be had from there now: ${REASONS[error.code] ?? OTHER}`,
      );
  }
}

const OTHER = 'its answer cannot be used';
const REASONS: Readonly<Partial<Record<DrayError['code'], string>>> = {
  CONNECT_FAILED: 'no connection',
  TLS_FAILED: 'no connection that is safe',
  CONNECTION_LOST: 'the connection was lost',
  STALLED: 'nothing comes',
  SERVER_FAILED: 'it fails',
  CREDENTIALS_UNAVAILABLE: 'the credentials for it cannot be read',
  INSECURE_REFUSED: 'credentials would have to go where they must not',
  DIGEST_MISMATCH: 'what it sends is not what its digest says',
};

function statusOf({ facts }: DrayError): number {
  return facts.family === 'network' ? facts.http : 502;
}
