import { hasCode } from '#errors';
import { familiarName } from '#oci';
import { listRepositories } from './catalog.ts';
import type { Connection } from './connection.ts';
import type { RegistryContext } from './context.ts';
import { EndpointWalk } from './endpoint-walk.ts';
import { repositoryOver } from './repository.ts';
import { HUB_INDEX, searchIndex } from './search.ts';
import type { Endpoint, RegistryClient, RegistryClientOptions, SearchResult } from './types.ts';

const CATALOG_SCOPES: readonly string[] = ['registry:catalog:*'];
const SEARCH_LIMIT = 25;

/** Nothing is read or asked before the first call. */
export function createRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const walk = new EndpointWalk(options);

  const catalog: RegistryClient['catalog'] = async function* (domain, { signal, onEvent } = {}) {
    const question = { domain, name: domain, action: 'list the repositories of', suits: isOwn, signal, onEvent };
    // The endpoint that gives the first page gives the others.
    const { first, others } = await walk.ask(question, async (connection) => {
      const pages = listRepositories(contextOf(connection, domain, CATALOG_SCOPES), { signal, onEvent });
      return { first: await pages.next(), others: pages };
    });
    if (first.done !== true) yield* first.value;
    for await (const page of others) yield* page;
  };

  const search: RegistryClient['search'] = async (domain, term, { limit = SEARCH_LIMIT, signal, onEvent } = {}) => {
    const question = { domain, name: domain, action: 'search', suits: isOwn, signal, onEvent };
    try {
      return await walk.ask(question, (connection) => {
        const context = contextOf(connection, domain, []);
        const isHub = domain === 'docker.io';
        const base = isHub ? HUB_INDEX : connection.endpoint.url;
        const asking = isHub ? { ...context, send: connection.sendBare } : context;
        return searchIndex(asking, { base, term, limit, signal, onEvent });
      });
    } catch (error) {
      const isMissing = hasCode(error, 'BAD_RESPONSE', 'NOT_FOUND') && domain !== 'docker.io';
      if (!isMissing) throw error;
      return searchCatalog(catalog(domain, { signal, onEvent }), term, limit);
    }
  };

  return {
    over: (reference, attempt, { action, from, signal, onEvent }) => {
      const suits = reference.digest === undefined ? mayResolve : undefined;
      return walk.ask(
        { domain: reference.domain, name: familiarName(reference), action, suits, from, signal, onEvent },
        (connection) => attempt(repositoryOver(connection, reference.path)),
      );
    },
    writing: (reference, attempt, { action, signal, onEvent }) =>
      walk.ask(
        { domain: reference.domain, name: familiarName(reference), action, suits: isOwn, signal, onEvent },
        (connection) => attempt(repositoryOver(connection, reference.path, { writing: true })),
      ),
    catalog,
    search,
    token: ({ domain, path }, { scopes = [`repository:${path}:pull`], signal, onEvent } = {}) =>
      walk.ask({ domain, name: domain, action: 'get a token of', suits: isOwn, signal, onEvent }, (connection) =>
        connection.token(scopes, { signal, onEvent }),
      ),
    close: () => walk.close(),
  };
}

/** Whether the endpoint is trusted to say what a tag stands for. */
function mayResolve({ digestsOnly }: Endpoint): boolean {
  return digestsOnly !== true;
}

function isOwn({ mirror }: Endpoint): boolean {
  return !mirror;
}

function contextOf(connection: Connection, name: string, scopes: readonly string[]): RegistryContext {
  const { endpoint, clock, retries } = connection;
  return { endpoint, name, send: connection.send(scopes), redact: (text) => connection.redact(text), retries, clock };
}

async function searchCatalog(names: AsyncIterable<string>, term: string, limit: number): Promise<SearchResult[]> {
  const found: SearchResult[] = [];
  for await (const name of names) {
    if (!name.includes(term.toLowerCase())) continue;
    found.push({ name, description: '', stars: 0, official: false, automated: false });
    if (found.length >= limit) break;
  }
  return found;
}
