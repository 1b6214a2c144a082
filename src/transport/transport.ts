import { DrayError } from '#errors';
import type { Clock } from '#timing';
import type { HttpClient, TransportOptions } from './types.ts';

export function createTransport(_options: TransportOptions & { readonly clock?: Clock | undefined } = {}): HttpClient {
  return {
    send: () => Promise.reject(new DrayError('BUG', 'the transport is not built yet')),
    close: () => undefined,
  };
}
