import { hasCode } from '#errors';
import { ApiError, apiError } from '../http/api-error.ts';

/** What a client is told of something that went wrong; what it need not know stays here. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (hasCode(error, 'DISK_FULL')) return apiError(507, 'UNAVAILABLE', 'no space is left in this registry');
  if (hasCode(error, 'CONNECTION_LOST')) return apiError(400, 'SIZE_INVALID', 'the request ended too early');
  if (hasCode(error, 'TOO_LARGE')) return apiError(413, 'SIZE_INVALID', 'the content is too large');
  return apiError(500, 'UNKNOWN', 'unknown error');
}
