import type { SearchResult } from '#dray';
import type { Filters, ImageSearchItem } from '#engine';
import { quoted } from '#oci';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { clientAuth, withAuth } from '../transfer/client-auth.ts';
import { reached } from './reached.ts';
import { booleanFilter, invalidFilter, readFilters } from './read-filters.ts';

const SEARCH_FILTERS: ReadonlySet<string> = new Set(['is-automated', 'is-official', 'stars']);
/** Where none is asked for, and the most. */
const LIMIT = 25;
const MOST = 100;

/** `GET /images/search`: repositories in Docker Hub, or in the registry in front of the term. As docker says, none are automated any more. */
export async function searchEngineImages(exchange: EngineExchange, { dray }: EngineContext): Promise<void> {
  const { query } = exchange;
  const limit = limitOf(query.get('limit'));
  const passes = searchFilter(readFilters(query, SEARCH_FILTERS));
  const term = query.get('term') ?? '';
  if (/^[a-z][\w+.-]*:\/\//i.test(term)) {
    const shown = quoted(term).slice(1, -1);
    throw new EngineError(400, `invalid repository name: repository name (${shown}) should not have a scheme`);
  }
  const found = await withAuth(dray, clientAuth(exchange), (own) =>
    reached(own.search(term, { limit, signal: exchange.left }), `/v1/search?${asked(term, limit).toString()}`),
  );
  exchange.replyJson(200, found.filter(passes).map(searchItem));
}

/** Docker looks for the whole term, also where it begins with a host. */
function asked(term: string, limit: number): URLSearchParams {
  return new URLSearchParams({ q: term, n: String(limit) });
}

function limitOf(text: string | null): number {
  if (text === null || text === '') return LIMIT;
  const limit = integer(text);
  if (limit === undefined) {
    throw new EngineError(400, `invalid limit specified: strconv.Atoi: parsing ${quoted(text)}: invalid syntax`);
  }
  if (limit === 0) return LIMIT;
  if (limit < 0 || limit > MOST) throw new EngineError(400, `limit ${limit} is outside the range of [1, ${MOST}]`);
  return limit;
}

function searchFilter(filters: Filters): (result: SearchResult) => boolean {
  const isAutomated = booleanFilter(filters, 'is-automated') ?? false;
  const isOfficial = booleanFilter(filters, 'is-official');
  const stars = Math.max(0, ...(filters['stars'] ?? []).map(starsOf));
  return (result) =>
    !isAutomated && (isOfficial === undefined || result.official === isOfficial) && result.stars >= stars;
}

function starsOf(text: string): number {
  const stars = integer(text);
  if (stars !== undefined) return stars;
  const { message } = invalidFilter('stars', text);
  throw new EngineError(400, `${message}: strconv.Atoi: parsing ${quoted(text)}: invalid syntax`);
}

function integer(text: string): number | undefined {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function searchItem({ name, description, stars, official }: SearchResult): ImageSearchItem {
  return { star_count: stars, is_official: official, name, is_automated: false, description };
}
