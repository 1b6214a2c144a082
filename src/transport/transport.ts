import { hasCode, throwIfCancelled } from '#errors';
import { type Clock, systemClock } from '#timing';
import { Bandwidth } from './bandwidth.ts';
import { type ConnectSettings, connect } from './connect.ts';
import { Exchange, type ExchangeSettings } from './exchange.ts';
import { originOf } from './origin.ts';
import { Pool } from './pool.ts';
import { proxyChooser } from './proxy.ts';
import { checkRequest } from './request-head.ts';
import { Secure } from './secure.ts';
import { StallTimer } from './stall-timer.ts';
import { Trust } from './trust.ts';
import type { HttpClient, HttpMethod, HttpRequest, HttpResponse, TransportOptions } from './types.ts';

const DEFAULT_TIMEOUT = 30_000;
/** 128 KiB stay in the processor's cache: measured level with 256 KiB, and better than 64 KiB and 1 MiB. */
const BUFFER_SIZE = 131_072;
const SMALLEST_BUFFER = 1024;
/** A server may see these twice without harm (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<HttpMethod> = new Set<HttpMethod>(['GET', 'HEAD', 'PUT', 'DELETE']);

/**
 * The client that owns the sockets. Connections are kept for the next request to the same origin. A GET, HEAD, PUT or DELETE whose
 * kept connection turns out to be closed is sent once more over a new one; nothing else is retried, no redirect is followed.
 */
export function createTransport(options: TransportOptions & { readonly clock?: Clock | undefined } = {}): HttpClient {
  const { clock = systemClock, stallTimeout = DEFAULT_TIMEOUT, userAgent = 'dray', limitRate } = options;
  const now = (): number => clock.monotonic();
  const pool = new Pool();
  const connecting: ConnectSettings = {
    secure: new Secure(options.tls, new Trust(options.trust)),
    proxyFor: proxyChooser(options.proxy),
    connectTimeout: options.connectTimeout ?? DEFAULT_TIMEOUT,
    // Small reads make a low rate even: eight a second.
    bufferSize: Math.max(
      SMALLEST_BUFFER,
      Math.min(BUFFER_SIZE, Math.floor((limitRate ?? Number.POSITIVE_INFINITY) / 8)),
    ),
    userAgent,
  };
  const exchanging: ExchangeSettings = {
    stallTimeout,
    userAgent,
    now,
    stallTimer: new StallTimer(stallTimeout, now),
    bandwidth: limitRate === undefined ? undefined : new Bandwidth(limitRate, now),
    release: (wire, reusable) => (reusable ? pool.give(wire) : wire.destroy()),
  };

  async function send(request: HttpRequest): Promise<HttpResponse> {
    throwIfCancelled(request.signal);
    checkRequest(request);
    const origin = originOf(request.url);
    const kept = pool.take(origin.key);
    if (kept !== undefined) {
      const exchange = new Exchange(kept, request, exchanging);
      try {
        return await exchange.start();
      } catch (error) {
        const stale = exchange.silent && hasCode(error, 'CONNECTION_LOST') && IDEMPOTENT.has(request.method);
        if (!stale) throw error;
      }
    }
    const wire = await connect(origin, connecting, request.signal);
    return new Exchange(wire, request, exchanging).start();
  }

  return { send, close: () => pool.close() };
}
