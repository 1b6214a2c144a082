import { isDrayError, messageOf } from '#errors';
import { familiarName, type Reference } from '#oci';
import { type Clock, systemClock } from '#timing';
import { type Connection, connect, isConnectionFailure } from './connection.ts';
import { EndpointMemory } from './endpoint-memory.ts';
import { exhausted, type Failure } from './exhausted.ts';
import { endpointsFor } from './hosts/endpoints.ts';
import { repositoryOver } from './repository.ts';
import type { Endpoint, OverOptions, RegistryClient, RegistryClientOptions, Repository } from './types.ts';

/** Milliseconds to connect where another endpoint waits. */
const CONNECT_TO_MIRROR = 15_000;
const CONNECT_TO_UNSURE = 5_000;
const RETRIES = 5;

/** Nothing is read or asked before the first call. */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  return new EndpointsClient(options);
}

class EndpointsClient implements RegistryClient {
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

  async over<T>(
    reference: Reference,
    attempt: (repository: Repository) => Promise<T>,
    options: OverOptions,
  ): Promise<T> {
    const name = familiarName(reference);
    const failures: Failure[] = [];
    let fresh: Failure | undefined;
    const say = (text: string): void => options.onEvent?.({ kind: 'debug', text });
    const endpoints = await this.endpointsOf(reference.domain);
    for (const endpoint of endpoints) {
      if (!this.mayBeAsked(endpoint, { reference, failures, say })) continue;
      if (fresh !== undefined) announce(fresh, endpoint, options);
      say(`Trying to ${options.action} ${name} from ${endpoint.url}`);
      try {
        return await attempt(repositoryOver(this.connectionTo(endpoint, endpoints), reference.path));
      } catch (error) {
        this.memory.noteFailure(endpoint, error);
        fresh = { endpoint, error };
        failures.push(fresh);
        if (isFinal(error, options.signal)) throw error;
        if (!endpoint.mirror && !isConnectionFailure(error)) {
          say(`Not continuing with ${options.action} after error: ${messageOf(error)}`);
          throw exhausted(name, failures);
        }
        if (endpoint.mirror && isConnectionFailure(error)) this.memory.noteDead(endpoint, error);
        say(`Attempting next endpoint for ${options.action} after error: ${messageOf(error)}`);
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

  private mayBeAsked(endpoint: Endpoint, { reference, failures, say }: Asking): boolean {
    if (this.memory.isDowngrade(endpoint)) {
      say(`Skipping non-TLS endpoint ${endpoint.url} for host/port that appears to use TLS`);
      return false;
    }
    if (this.memory.isKnownPlain(endpoint)) {
      say(`Skipping TLS endpoint ${endpoint.url} for host/port that answered without TLS`);
      return false;
    }
    if (endpoint.digestsOnly === true && reference.digest === undefined) {
      say(`Skipping endpoint ${endpoint.url}, which may not say what a tag stands for`);
      return false;
    }
    const death = this.memory.deathOf(endpoint);
    if (death === undefined) return true;
    say(`Skipping endpoint ${endpoint.url}, which could not be reached before`);
    failures.push({ endpoint, error: death });
    return false;
  }

  private connectionTo(endpoint: Endpoint, endpoints: readonly Endpoint[]): Connection {
    const known = this.connections.get(endpoint.url);
    if (known !== undefined) return known;
    const isLast = endpoints.at(-1) === endpoint;
    const { keychain, transport = {}, retries = RETRIES } = this.options;
    const patience = endpoint.mirror ? CONNECT_TO_MIRROR : CONNECT_TO_UNSURE;
    const connectTimeout = isLast ? transport.connectTimeout : Math.min(transport.connectTimeout ?? patience, patience);
    const connection = connect({
      endpoint,
      keychain,
      transport: { ...transport, connectTimeout },
      retries: endpoint.mirror ? Math.min(retries, 1) : retries,
      clock: this.clock,
      isHasty: () => !isLast && !this.memory.hasAnswered(endpoint),
      onAnswer: () => this.memory.noteAnswer(endpoint),
    });
    this.connections.set(endpoint.url, connection);
    return connection;
  }
}

interface Asking {
  readonly reference: Reference;
  readonly failures: Failure[];
  readonly say: (text: string) => void;
}

/** What no other endpoint can mend: the caller's wish, its machine, its mistakes and ours. */
function isFinal(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true || !isDrayError(error)) return true;
  return ['cancelled', 'local', 'usage', 'bug'].includes(error.facts.family);
}

/** That a host is asked in plain after https is no news: it is what was configured. */
function announce({ endpoint, error }: Failure, next: Endpoint, { onEvent }: OverOptions): void {
  if (new URL(endpoint.url).host === new URL(next.url).host) return;
  onEvent?.({ kind: 'endpoint-failed', endpoint: endpoint.url, reason: messageOf(error) });
}
