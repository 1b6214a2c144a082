import type { Clock } from '#timing';
import { type Flight, startFlight } from './flight.ts';
import { requestToken, type Token } from './token.ts';
import type { TokenMeans, TokenOrder } from './token-order.ts';

/** More tokens than a pull of many repositories holds; a registry that asks for another scope each time must not fill the memory. */
const MOST = 256;

interface Entry {
  token: Token | undefined;
  flight: Flight<Token> | undefined;
}

/** Tokens by realm, service and scopes. However many requests want the same one, it is asked for once. */
export class TokenCache {
  private readonly entries = new Map<string, Entry>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A token that is not `refused` (which the registry did not take), from here or from the token service. */
  async get(order: TokenOrder, means: TokenMeans, refused?: string): Promise<Token> {
    const entry = this.entry(order);
    const { token } = entry;
    if (token !== undefined && token.value !== refused && this.clock.now() < token.renewAt) return token;
    if (entry.flight === undefined || entry.flight.abandoned) entry.flight = this.take(order, means, entry);
    return entry.flight.join(means.signal);
  }

  private take(order: TokenOrder, means: TokenMeans, entry: Entry): Flight<Token> {
    const flight = startFlight(async (signal) => {
      try {
        entry.token = await requestToken(order, { ...means, signal });
        return entry.token;
      } finally {
        if (entry.flight === flight) entry.flight = undefined;
      }
    });
    return flight;
  }

  private entry(order: TokenOrder): Entry {
    const key = JSON.stringify([order.realm.href, order.service ?? '', [...order.scopes].sort()]);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { token: undefined, flight: undefined };
      this.entries.set(key, entry);
      const [oldest] = this.entries.keys();
      if (this.entries.size > MOST && oldest !== undefined) this.entries.delete(oldest);
    }
    return entry;
  }
}
