import { apiError } from '../http/api-error.ts';
import type { Exchange, RawHeaders } from '../http/exchange.ts';
import type { Page, RegistryStorage } from '../storage/port.ts';
import { repositoryUnknown } from './names.ts';
import type { RouteContext } from './route-context.ts';
import type { Rules } from './rules.ts';

/** How many names are looked at at once where only some may be seen. */
const STRIDE = 1000;

/** GET tags/list: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags */
export async function getTags(exchange: Exchange, { storage, repository, rules }: RouteContext): Promise<void> {
  const { target } = exchange;
  const asked = readPaging(exchange, rules);
  const page = await storage.tags(repository, asked);
  const name = target.repository ?? '';
  if (page === undefined) throw repositoryUnknown(name);
  const link = linkTo(exchange, `${target.prefix}/v2/${name}/tags/list`, page, asked.limit);
  exchange.replyJson(200, { name, tags: page.names }, link);
}

/** GET _catalog: the repositories that the client may pull from. */
export async function getCatalog(exchange: Exchange, storage: RegistryStorage, rules: Rules): Promise<void> {
  const asked = readPaging(exchange, rules);
  const page = await readablePage(exchange, storage, asked);
  const link = linkTo(exchange, `${exchange.target.prefix}/v2/_catalog`, page, asked.limit);
  exchange.replyJson(200, { repositories: page.names }, link);
}

interface Paging {
  readonly limit: number;
  readonly after: string | undefined;
}

async function readablePage({ actor }: Exchange, storage: RegistryStorage, { limit, after }: Paging): Promise<Page> {
  const names: string[] = [];
  if (limit === 0) return { names, more: false };
  for (let last = after; ; ) {
    const page = await storage.repositories({ after: last, limit: STRIDE });
    for (const name of page.names) {
      if (actor?.may(name, 'pull') !== true) continue;
      if (names.length === limit) return { names, more: true };
      names.push(name);
    }
    if (!page.more) return { names, more: false };
    last = page.names.at(-1);
  }
}

/** A larger `n` than this server gives is answered with what it gives. */
function readPaging({ parameters }: Exchange, { pageSize }: Rules): Paging {
  const after = parameters.get('last') ?? undefined;
  const n = parameters.get('n');
  // Whoever asks for no pages does not look for the next one either.
  if (n === null) return { limit: Number.POSITIVE_INFINITY, after };
  if (!/^\d{1,15}$/.test(n)) {
    throw apiError(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { n });
  }
  return { limit: Math.min(Number(n), pageSize), after };
}

/** Where the next page is; nothing after the last one, and after an empty one that nobody can go on from. */
function linkTo({ parameters }: Exchange, path: string, { names, more }: Page, limit: number): RawHeaders {
  const last = names.at(-1);
  if (!more || last === undefined) return [];
  const query = new URLSearchParams({ last, n: String(limit) });
  const namespace = parameters.get('ns');
  if (namespace !== null) query.set('ns', namespace);
  return ['Link', `<${path}?${query.toString()}>; rel="next"`];
}
