import { asApiError } from './api/as-api-error.ts';
import type { Page } from './api/options.ts';
import { apiError } from './http/api-error.ts';
import { Exchange } from './http/exchange.ts';
import { type Listener, listen } from './listen.ts';
import { readListenAddress } from './listen-address.ts';

/** Pages at an address of their own, for everybody who reaches that. Rejects as `listen` does. */
export function listenForDebug(address: string, pages: ReadonlyMap<string, Page>): Promise<Listener> {
  return listen({
    address: readListenAddress(address),
    handler: (message, response) => void answer(new Exchange(message, response, undefined), pages),
  });
}

async function answer(exchange: Exchange, pages: ReadonlyMap<string, Page>): Promise<void> {
  try {
    const page = pages.get(exchange.path);
    if (page === undefined) throw apiError(404, 'NOT_FOUND', 'there is nothing at this path');
    await page(exchange);
  } catch (error) {
    exchange.fail(asApiError(error));
  }
}
