import type { CallOptions } from '#content';
import { isDrayError, messageOf } from '#errors';
import type { OnEvent } from '#progress';
import { type Clock, systemClock } from '#timing';
import { type Connection, connect, isConnectionFailure } from './connection.ts';
import { EndpointMemory } from './endpoint-memory.ts';
import { exhausted, type Failure } from './exhausted.ts';
import { endpointsFor } from './hosts/endpoints.ts';
import { isLoopback } from './hosts/insecure.ts';
import { probeTls } from './hosts/tls-probe.ts';
import type { Endpoint, RegistryClientOptions } from './types.ts';

/** Milliseconds to connect where another endpoint waits. */
const CONNECT_TO_MIRROR = 15_000;
const CONNECT_TO_UNSURE = 5_000;
const RETRIES = 5;

/** What is asked of a registry, through whichever endpoint can answer. */
export interface Question extends CallOptions {
  readonly domain: string;
  /** For messages: the repository's familiar name, or the registry's. */
  readonly name: string;
  /** For messages: "pull". */
  readonly action: string;
  /** Which endpoints may answer; all by default. */
  readonly suits?: ((endpoint: Endpoint) => boolean) | undefined;
  /** The endpoint to begin with; those before it are passed over. */
  readonly from?: Endpoint | undefined;
}

/** Asks the endpoints of registries one after the other, and remembers what became of it. */
export class EndpointWalk {
  private readonly options: RegistryClientOptions;
  private readonly clock: Clock;
  private readonly memory: EndpointMemory;
  private readonly endpoints = new Map<string, Promise<readonly Endpoint[]>>();
  private readonly connections = new Map<string, Connection>();

  constructor(options: RegistryClientOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.memory = new EndpointMemory(this.clock);
  }

  /**
   * Calls `attempt` with a connection to one endpoint after the other, until one attempt succeeds or fails in a way that the next endpoint cannot
   * mend: after a mirror everything but the caller's wish and local trouble moves on, after the registry itself only failures to connect.
   */
  async ask<T>(question: Question, attempt: (connection: Connection) => Promise<T>): Promise<T> {
    const { name, action, onEvent } = question;
    const failures: Failure[] = [];
    let fresh: Failure | undefined;
    const say = (text: string): void => onEvent?.({ kind: 'debug', text });
    const endpoints = await this.endpointsOf(question.domain);
    const first = endpoints.findIndex(({ url }) => url === question.from?.url);
    for (const endpoint of endpoints.slice(Math.max(0, first))) {
      await this.lookAt(endpoint, endpoints);
      if (!this.mayBeAsked(endpoint, { question, failures, say })) continue;
      if (fresh !== undefined) announce(fresh, endpoint, onEvent);
      say(`Trying to ${action} ${name} from ${endpoint.url}`);
      try {
        return await attempt(this.connectionTo(endpoint, endpoints));
      } catch (error) {
        this.memory.noteFailure(endpoint, error);
        fresh = { endpoint, error };
        failures.push(fresh);
        if (isFinal(error, question.signal)) throw error;
        if (!endpoint.mirror && !isConnectionFailure(error)) {
          say(`Not continuing with ${action} after error: ${messageOf(error)}`);
          throw exhausted(name, failures);
        }
        if (endpoint.mirror && isConnectionFailure(error)) this.memory.noteDead(endpoint, error);
        say(`Attempting next endpoint for ${action} after error: ${messageOf(error)}`);
      }
    }
    throw exhausted(name, failures);
  }

  close(): void {
    for (const connection of this.connections.values()) connection.close();
  }

  private endpointsOf(domain: string): Promise<readonly Endpoint[]> {
    const known = this.endpoints.get(domain);
    if (known !== undefined) return known;
    const found = endpointsFor(domain, this.options.hosts ?? {});
    this.endpoints.set(domain, found);
    return found;
  }

  /** Finds out whether a server on this machine speaks TLS, where http would be next; through a proxy it is left to the attempt. */
  private async lookAt(endpoint: Endpoint, endpoints: readonly Endpoint[]): Promise<void> {
    const url = new URL(endpoint.url);
    const plain = endpoints.some((other) => other.url === endpoint.url.replace(/^https:/, 'http:'));
    const isNew = !this.memory.hasAnswered(endpoint) && !this.memory.isKnownPlain(endpoint);
    if (url.protocol !== 'https:' || !plain || !isNew) return;
    if (!isLoopback(url.hostname) || this.options.transport?.proxy?.loopback === true) return;
    if ((await probeTls(url)) === 'plain') this.memory.notePlain(endpoint);
  }

  private mayBeAsked(endpoint: Endpoint, { question, failures, say }: Asking): boolean {
    if (question.suits?.(endpoint) === false) {
      say(`Skipping endpoint ${endpoint.url}, which is not for this`);
      return false;
    }
    if (this.memory.isDowngrade(endpoint)) {
      say(`Skipping non-TLS endpoint ${endpoint.url} for host/port that appears to use TLS`);
      return false;
    }
    if (this.memory.isKnownPlain(endpoint)) {
      say(`Skipping TLS endpoint ${endpoint.url} for host/port that answered without TLS`);
      return false;
    }
    const death = this.memory.deathOf(endpoint);
    if (death === undefined) return true;
    say(`Skipping endpoint ${endpoint.url}, which could not be reached before`);
    failures.push({ endpoint, error: death });
    return false;
  }

  private connectionTo(endpoint: Endpoint, endpoints: readonly Endpoint[]): Connection {
    // One mirror may stand for several registries.
    const key = `${endpoint.domain} ${endpoint.url}`;
    const known = this.connections.get(key);
    if (known !== undefined) return known;
    const isLast = endpoints.at(-1) === endpoint;
    const { keychain, transport = {}, retries = RETRIES, uploads } = this.options;
    const patience = endpoint.mirror ? CONNECT_TO_MIRROR : CONNECT_TO_UNSURE;
    const connectTimeout = isLast ? transport.connectTimeout : Math.min(transport.connectTimeout ?? patience, patience);
    const connection = connect({
      endpoint,
      keychain,
      uploads,
      transport: { ...transport, connectTimeout },
      retries: endpoint.mirror ? Math.min(retries, 1) : retries,
      clock: this.clock,
      isHasty: () => !isLast && !this.memory.hasAnswered(endpoint),
      onAnswer: () => this.memory.noteAnswer(endpoint),
    });
    this.connections.set(key, connection);
    return connection;
  }
}

interface Asking {
  readonly question: Question;
  readonly failures: Failure[];
  readonly say: (text: string) => void;
}

/** What no other endpoint can mend: the caller's wish, its machine, its mistakes and ours. */
function isFinal(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true || !isDrayError(error)) return true;
  return ['cancelled', 'local', 'usage', 'bug'].includes(error.facts.family);
}

/** That a host is asked in plain after https is no news: it is what was configured. */
function announce({ endpoint, error }: Failure, next: Endpoint, onEvent: OnEvent | undefined): void {
  if (new URL(endpoint.url).host === new URL(next.url).host) return;
  onEvent?.({ kind: 'endpoint-failed', endpoint: endpoint.url, reason: messageOf(error) });
}
