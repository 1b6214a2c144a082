import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasCode } from '#errors';
import { isRepositoryPath } from '#oci';
import { Turns } from '#store';
import { type AccessControl, openAccess } from '../access/port.ts';
import { ApiError, apiError } from '../http/api-error.ts';
import { Exchange } from '../http/exchange.ts';
import { oneAtATime } from '../http/one-at-a-time.ts';
import type { AnswerRecord, RegistryObserver } from '../observe/port.ts';
import type { RegistryStorage } from '../storage/port.ts';
import { asApiError } from './as-api-error.ts';
import { type CombinedPolicy, combinePolicies } from './combine-policies.ts';
import { getCatalog } from './lists.ts';
import { invalidName } from './names.ts';
import { needsOf } from './needs.ts';
import type { Page, RegistryApiOptions } from './options.ts';
import type { RouteContext } from './route-context.ts';
import { ROUTES, type Route } from './routes.ts';
import type { Rules } from './rules.ts';

const DEFAULTS: Rules = {
  deletes: true,
  schema1: 'signed',
  indexes: 'sparse',
  pageSize: 10_000,
  manifestLimit: 4 * 2 ** 20,
  stallTimeout: 60_000,
};
const READS = new Set(['GET', 'HEAD']);

/** What `node:http` and `node:https` servers call with every request. Never throws. */
export type RequestHandler = (message: IncomingMessage, response: ServerResponse) => void;

/**
 * The registry as a function of requests: access, then the route, then whoever hears of it.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export function createRegistryHandler(options: RegistryApiOptions): RequestHandler {
  const api = new RegistryApi(options);
  return oneAtATime((message, response) => void api.handle(new Exchange(message, response, options.prefix)));
}

class RegistryApi {
  readonly #storage: RegistryStorage;
  readonly #access: AccessControl;
  readonly #policy: CombinedPolicy;
  readonly #pages: ReadonlyMap<string, Page>;
  readonly #rules: Rules;
  readonly #turns = new Turns();
  readonly #repositoryFor: NonNullable<RegistryApiOptions['repositoryFor']>;
  /** Whether `?ns=` says anything here. */
  readonly #hasNamespaces: boolean;
  readonly #onFailure: NonNullable<RegistryApiOptions['onFailure']>;
  readonly #hearEvents: readonly RegistryObserver[];
  readonly #hearAnswers: readonly RegistryObserver[];

  constructor(options: RegistryApiOptions) {
    this.#storage = options.storage;
    this.#access = options.access ?? openAccess;
    this.#policy = combinePolicies(options.policies ?? []);
    this.#pages = options.pages ?? new Map();
    this.#rules = rulesOf(options);
    this.#repositoryFor = options.repositoryFor ?? ((name) => name);
    this.#hasNamespaces = options.repositoryFor !== undefined;
    this.#onFailure = options.onFailure ?? (() => {});
    const observers = options.observers ?? [];
    this.#hearEvents = observers.filter(({ happened }) => happened !== undefined);
    this.#hearAnswers = observers.filter(({ answered }) => answered !== undefined);
  }

  async handle(exchange: Exchange): Promise<void> {
    if (this.#hearAnswers.length > 0) this.#record(exchange);
    // A client that goes away in the middle is no failure.
    exchange.message.on('error', () => {});
    try {
      await this.#answer(exchange);
    } catch (error) {
      const told = asApiError(error);
      // What was meant to be answered so has been told where it was found out.
      const isMeant = error instanceof ApiError || hasCode(error, 'CANCELLED');
      if (told.status >= 500 && !isMeant) this.#onFailure(error, exchange);
      exchange.fail(told);
    }
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { target } = exchange;
    const page = target.kind === 'other' ? this.#pages.get(exchange.path) : undefined;
    if (page !== undefined) return page(exchange);
    if (target.repository !== undefined && !isRepositoryPath(target.repository)) throw invalidName(target.repository);
    const meant = target.repository === undefined ? undefined : this.#meant(exchange, target.repository);
    // Rights are to what is given, by whatever name it is asked for.
    const admission = this.#access.admit(exchange.accessRequest(needsOf(exchange, meant)));
    const { actor, refusal } = admission instanceof Promise ? await admission : admission;
    if (refusal !== undefined) throw refusal;
    exchange.actor = actor;
    if (meant !== undefined) return this.#route(exchange, meant);
    if (target.kind === 'other') throw apiError(404, 'NOT_FOUND', 'there is nothing at this path');
    if (!READS.has(exchange.method)) throw notAllowed(exchange, 'GET, HEAD');
    if (target.kind === 'catalog') return getCatalog(exchange, this.#storage, this.#rules);
    exchange.reply(200, ['Content-Type', 'application/json'], '{}');
  }

  /** The repository of the storage that is meant. Who names a registry is told that it was taken for that one. */
  #meant(exchange: Exchange, name: string): string {
    const namespace = exchange.parameters.get('ns') ?? undefined;
    const repository = this.#repositoryFor(name, namespace);
    if (namespace !== undefined && this.#hasNamespaces) exchange.response.setHeader('OCI-Namespace', namespace);
    return repository;
  }

  #route(exchange: Exchange, repository: string): Promise<void> {
    const routes = ROUTES[exchange.target.kind] ?? {};
    const route: Route | undefined = Object.hasOwn(routes, exchange.method) ? routes[exchange.method] : undefined;
    if (route === undefined) throw notAllowed(exchange, Object.keys(routes).join(', '));
    if (exchange.method === 'DELETE' && exchange.target.kind !== 'upload' && !this.#rules.deletes) {
      throw apiError(405, 'UNSUPPORTED', 'deleting is switched off in this registry');
    }
    return route(exchange, this.#context(exchange, repository));
  }

  #context(exchange: Exchange, repository: string): RouteContext {
    return {
      storage: this.#storage,
      repository,
      policy: this.#policy,
      rules: this.#rules,
      turns: this.#turns,
      repositoryNamed: (other) => this.#repositoryFor(other, exchange.parameters.get('ns') ?? undefined),
      tell: (event) => {
        for (const observer of this.#hearEvents) {
          observer.happened?.({
            ...event,
            repository: exchange.target.repository ?? repository,
            actor: exchange.actor?.name,
            origin: exchange.origin,
            request: exchange.facts,
          });
        }
      },
    };
  }

  #record(exchange: Exchange): void {
    const { response, facts } = exchange;
    const started = performance.now();
    response.once('close', () => {
      const record: AnswerRecord = {
        facts,
        url: exchange.message.url ?? '/',
        route: exchange.target.kind,
        repository: exchange.target.repository,
        actor: exchange.actor?.name,
        // As nginx has it: the client was gone before there was an answer.
        status: response.headersSent ? response.statusCode : 499,
        sent: exchange.sent,
        received: exchange.received,
        duration: performance.now() - started,
        aborted: !response.writableFinished,
      };
      for (const observer of this.#hearAnswers) observer.answered?.(record);
    });
  }
}

function rulesOf(options: RegistryApiOptions): Rules {
  return {
    deletes: options.deletes ?? DEFAULTS.deletes,
    schema1: options.schema1 ?? DEFAULTS.schema1,
    indexes: options.indexes ?? DEFAULTS.indexes,
    pageSize: options.pageSize ?? DEFAULTS.pageSize,
    manifestLimit: options.manifestLimit ?? DEFAULTS.manifestLimit,
    stallTimeout: options.stallTimeout ?? DEFAULTS.stallTimeout,
  };
}

function notAllowed({ method }: Exchange, allow: string): ApiError {
  return new ApiError(405, { code: 'UNSUPPORTED', message: `${method} cannot be done to this` }, { allow });
}
