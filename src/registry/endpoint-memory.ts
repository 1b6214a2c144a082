import { isDrayError } from '#errors';
import type { Clock } from '#timing';
import { withPort } from './hosts/insecure.ts';
import type { Endpoint } from './types.ts';

/** How long a mirror that could not be reached is left alone, in milliseconds. */
const DEAD_FOR = 300_000;

/** What a client has learned of endpoints, so that the fortieth tag does not learn it again. */
export class EndpointMemory {
  private readonly clock: Clock;
  /** `host:port` that have shown that they speak TLS. */
  private readonly tls = new Set<string>();
  /** `host:port` that have answered in plain http. */
  private readonly plain = new Set<string>();
  private readonly answered = new Set<string>();
  private readonly dead = new Map<string, { readonly error: Error; readonly until: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** It has answered a request, whatever it said. */
  noteAnswer({ url }: Endpoint): void {
    this.answered.add(url);
    (isHttps(url) ? this.tls : this.plain).add(hostOf(url));
    this.dead.delete(url);
  }

  /** It has shown that it speaks no TLS. */
  notePlain({ url }: Endpoint): void {
    this.plain.add(hostOf(url));
  }

  /** A failure may have come after TLS was there. */
  noteFailure({ url }: Endpoint, error: unknown): void {
    if (!isHttps(url) || !isDrayError(error) || error.detail['tlsEstablished'] !== true) return;
    if (`${String(error.detail['host'])}:${String(error.detail['port'])}` === hostOf(url)) this.tls.add(hostOf(url));
  }

  noteDead({ url }: Endpoint, error: Error): void {
    this.dead.set(url, { error, until: this.clock.monotonic() + DEAD_FOR });
  }

  hasAnswered({ url }: Endpoint): boolean {
    return this.answered.has(url);
  }

  /** Why this one was left alone lately. */
  deathOf({ url }: Endpoint): Error | undefined {
    const death = this.dead.get(url);
    return death !== undefined && this.clock.monotonic() < death.until ? death.error : undefined;
  }

  /** True for plain http to what has shown that it speaks TLS: nobody may talk us down to it. */
  isDowngrade({ url }: Endpoint): boolean {
    return !isHttps(url) && this.tls.has(hostOf(url));
  }

  /** True for https where only plain http has ever answered. */
  isKnownPlain({ url }: Endpoint): boolean {
    return isHttps(url) && this.plain.has(hostOf(url)) && !this.tls.has(hostOf(url));
  }
}

function isHttps(url: string): boolean {
  return url.startsWith('https:');
}

function hostOf(url: string): string {
  return withPort(new URL(url));
}
