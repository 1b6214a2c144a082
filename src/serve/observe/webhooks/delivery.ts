import { STATUS_CODES } from 'node:http';
import { messageOf } from '#errors';
import type { Transport } from '#transport';
import { EVENTS_TYPE, envelope, type ToldEvent } from './envelope.ts';
import type { WebhookEndpoint } from './options.ts';

/** What became of one attempt. */
export interface Attempt {
  readonly outcome: 'told' | 'refused' | 'failed';
  /** Undefined: there was no answer. */
  readonly status: string | undefined;
  /** For the log; no secrets. */
  readonly reason: string;
}

const TIMEOUT = 1000;

/** Sends events to one endpoint, once. Resolves whatever comes of it. Redirects are refusals: headers are meant for this place alone. */
export class Delivery {
  readonly #send: Transport;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;

  constructor({ url, headers = {}, timeout = TIMEOUT }: WebhookEndpoint, send: Transport) {
    this.#send = send;
    this.#url = new URL(url);
    this.#headers = {
      'content-type': EVENTS_TYPE,
      ...(url.username !== '' && { authorization: basic(url) }),
      ...Object.fromEntries(Object.entries(headers).map(([name, values]) => [name.toLowerCase(), values.join(', ')])),
    };
    this.#url.username = '';
    this.#url.password = '';
    this.#timeout = timeout;
  }

  async tell(events: readonly ToldEvent[], signal: AbortSignal): Promise<Attempt> {
    const over = new AbortController();
    const stop = (): void => over.abort();
    const timer = setTimeout(stop, this.#timeout);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.#post(Buffer.from(envelope(events)), over.signal);
    } catch (error) {
      const isLate = over.signal.aborted && !signal.aborted;
      const reason = isLate ? `it gave no answer within ${this.#timeout} ms` : messageOf(error);
      return { outcome: 'failed', status: undefined, reason };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  async #post(body: Uint8Array, signal: AbortSignal): Promise<Attempt> {
    const response = await this.#send({
      method: 'POST',
      url: this.#url,
      headers: this.#headers,
      body: () => body,
      bodyLength: body.length,
      signal,
    });
    // The status says it all: what comes of the body changes nothing.
    await response.body.discard().catch(() => {});
    const status = `${response.status} ${STATUS_CODES[response.status] ?? ''}`.trim();
    const isRedirect = response.status >= 300 && response.status < 400;
    return {
      outcome: response.status >= 200 && response.status < 300 ? 'told' : 'refused',
      status,
      reason: `it answered ${status}${isRedirect ? ', and redirects are not followed' : ''}`,
    };
  }
}

function basic({ username, password }: URL): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
