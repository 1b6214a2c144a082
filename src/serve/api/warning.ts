import type { RawHeaders } from '../http/exchange.ts';

/** A header that clients show to their users: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings */
export function warning(text: string): RawHeaders {
  return ['Warning', `299 - "${text.replace(/["\\]/g, '\\$&')}"`];
}
