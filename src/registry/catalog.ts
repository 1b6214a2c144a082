import type { CallOptions } from '#content';
import { DrayError, isDrayError, messageOf } from '#errors';
import { cleanText, publicUrl } from '#transport';
import { baseOf, type RegistryContext } from './context.ts';
import { nextPage } from './next-page.ts';
import { type JsonAnswer, readJson } from './read-json.ts';

const PAGE_LIMIT = 4 * 1024 * 1024;
const PAGE_SIZE = 1000;
const MOST_PAGES = 10_000;
const MOST_REPOSITORIES = 250_000;
const LONGEST_NAME = 255;

/** The repositories of one registry, page by page. A Link that loops or leaves the host ends with BAD_RESPONSE. */
export async function* listRepositories(
  context: RegistryContext,
  options: CallOptions = {},
): AsyncGenerator<readonly string[], void, undefined> {
  const seen = new Set<string>();
  const visited = new Set<string>();
  let url: URL | undefined = new URL(`${baseOf(context.endpoint)}/_catalog?n=${PAGE_SIZE}`);
  while (url !== undefined) {
    visited.add(url.href);
    const { response, value } = await readPage(context, url, options);
    const names = namesOf(value, context).filter((name) => !seen.has(name));
    for (const name of names) seen.add(name);
    yield names;
    const next: URL | undefined = nextPage(response, url, 'more repositories');
    if (next !== undefined && visited.has(next.href)) {
      throw badCatalog(context, `its pages go round in a circle (next: ${publicUrl(next)})`);
    }
    if (visited.size >= MOST_PAGES || seen.size > MOST_REPOSITORIES) throw badCatalog(context, 'it does not end');
    url = next;
  }
}

async function readPage(context: RegistryContext, url: URL, options: CallOptions): Promise<JsonAnswer> {
  const { name } = context;
  const asked = { kind: 'base', name, what: `the catalog of ${name}` } as const;
  try {
    return await readJson(context, { url }, { asked, limit: PAGE_LIMIT, ...options });
  } catch (error) {
    const status = isDrayError(error) ? error.detail['status'] : undefined;
    if (status !== 404 && status !== 405 && status !== 501) throw error;
    throw new DrayError('UNSUPPORTED', `${name} does not list its repositories: ${messageOf(error)}`, { cause: error });
  }
}

function namesOf(page: unknown, context: RegistryContext): readonly string[] {
  const list: unknown =
    typeof page === 'object' && page !== null && 'repositories' in page ? page.repositories : undefined;
  if (list === null) return [];
  if (!Array.isArray(list)) throw badCatalog(context, 'it holds no list of repositories');
  return list.filter(isName);
}

/** What is no name could not be asked for. */
function isName(entry: unknown): entry is string {
  return typeof entry === 'string' && entry.length <= LONGEST_NAME && /^[a-z0-9]+(?:[/._-]+[a-z0-9]+)*$/.test(entry);
}

function badCatalog({ name }: RegistryContext, found: string): DrayError {
  return new DrayError('BAD_RESPONSE', `the catalog of ${name} cannot be used: ${cleanText(found, 300)}`);
}
