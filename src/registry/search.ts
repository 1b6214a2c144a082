import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { cleanText } from '#transport';
import type { RegistryContext } from './context.ts';
import { readJson } from './read-json.ts';
import type { SearchResult } from './types.ts';

const LIMIT = 4 * 1024 * 1024;
const LONGEST_DESCRIPTION = 4096;

/** Docker Hub keeps its index on a host of its own. */
export const HUB_INDEX = 'https://index.docker.io';

/** Asks an index in docker's first protocol: `/v1/search`. Rejects with BAD_RESPONSE where there is none. */
export async function searchIndex(
  context: RegistryContext,
  {
    base,
    term,
    limit,
    ...options
  }: CallOptions & { readonly base: string; readonly term: string; readonly limit: number },
): Promise<readonly SearchResult[]> {
  const url = new URL(`${base}/v1/search`);
  url.searchParams.set('q', term);
  url.searchParams.set('n', String(limit));
  const asked = { kind: 'base', name: context.name, what: `the search for "${cleanText(term, 100)}"` } as const;
  const { value } = await readJson(context, { url }, { asked, limit: LIMIT, ...options });
  const results: unknown =
    typeof value === 'object' && value !== null && 'results' in value ? value.results : undefined;
  if (!Array.isArray(results)) {
    throw new DrayError('BAD_RESPONSE', `${context.name} answered the search with something else than results`);
  }
  return results
    .map(resultOf)
    .filter((result) => result !== undefined)
    .slice(0, limit);
}

function resultOf(entry: unknown): SearchResult | undefined {
  const fields = new Map<string, unknown>(typeof entry === 'object' && entry !== null ? Object.entries(entry) : []);
  const [name, description, stars] = [fields.get('name'), fields.get('description'), fields.get('star_count')];
  if (typeof name !== 'string' || name === '') return undefined;
  return {
    name: cleanText(name, 300),
    description: typeof description === 'string' ? cleanText(description, LONGEST_DESCRIPTION) : '',
    stars: typeof stars === 'number' && Number.isSafeInteger(stars) ? stars : 0,
    official: fields.get('is_official') === true,
    automated: fields.get('is_automated') === true,
  };
}
