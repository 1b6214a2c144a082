import { ApiError } from '../http/api-error.ts';
import type { Exchange } from '../http/exchange.ts';

/** Throws 405 for anything but GET and HEAD. */
export function expectRead({ method }: Exchange): void {
  if (method === 'GET' || method === 'HEAD') return;
  throw new ApiError(405, { code: 'UNSUPPORTED', message: 'the operation is unsupported' }, { allow: 'GET, HEAD' });
}
