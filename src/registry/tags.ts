import type { CallOptions } from '#content';
import { DrayError, hasCode, messageOf } from '#errors';
import { isTag } from '#oci';
import { cleanText, publicUrl } from '#transport';
import { type Document, type RepositoryContext, readDocument, urlOf } from './context.ts';
import { nextPage } from './next-page.ts';

const PAGE_LIMIT = 4 * 1024 * 1024;
/** Asked for at once; registries give less where they like. */
const PAGE_SIZE = 1000;
const MOST_PAGES = 10_000;
const MOST_TAGS = 250_000;
/** Characters of all tags together, which are held in memory. */
const MOST_TEXT = 12 * 1024 * 1024;
/** Registries that filter may give pages without a tag, but not for ever. */
const MOST_EMPTY_PAGES = 100;

/** As `Repository.tags`. */
export async function* listTags(
  context: RepositoryContext,
  options: CallOptions = {},
): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>();
  const visited = new Set<string>();
  const leftOut = new LeftOut();
  let total = 0;
  let length = 0;
  let empty = 0;
  let url: URL | undefined = firstPage(context);
  while (url !== undefined) {
    visited.add(url.href);
    const page = await (visited.size === 1 ? readFirstPage(context, url, options) : readPage(context, url, options));
    const list = parsePage(page.bytes, context);
    const tags = list.filter(isGoodTag);
    leftOut.add(list.filter((entry) => !isGoodTag(entry)));
    total += tags.length;
    const fresh = tags.filter((tag) => !seen.has(tag));
    for (const tag of tags) seen.add(tag);
    for (const tag of fresh) length += tag.length;
    if (length > MOST_TEXT) throw badPage(context, `it does not end (${total} tags on ${visited.size} pages)`);
    yield* new Set(fresh);
    const next: URL | undefined = nextPage(page.response, url, 'more tags');
    if (context.endpoint.namespace !== undefined) next?.searchParams.set('ns', context.endpoint.namespace);
    empty = tags.length === 0 ? empty + 1 : 0;
    if (next !== undefined) {
      const loops = visited.has(next.href) || (fresh.length === 0 && tags.length > 0) || empty > MOST_EMPTY_PAGES;
      if (loops) throw badPage(context, `the pages go round in a circle (next: ${publicUrl(next)})`);
      if (visited.size >= MOST_PAGES || total > MOST_TAGS) {
        throw badPage(context, `it does not end (${total} tags on ${visited.size} pages)`);
      }
    }
    url = next;
  }
  leftOut.warn(context.name, options);
}

function firstPage(context: RepositoryContext): URL {
  const url = urlOf(context, 'tags/list');
  url.searchParams.set('n', String(PAGE_SIZE));
  return url;
}

/** Where a registry will not have a number of tags, it is asked for as many as it likes. */
async function readFirstPage(context: RepositoryContext, url: URL, options: CallOptions): Promise<Document> {
  try {
    return await readPage(context, url, options);
  } catch (error) {
    if (!hasCode(error, 'BAD_RESPONSE') || error.detail['status'] !== 400) throw error;
    const plain = new URL(url);
    plain.searchParams.delete('n');
    return readPage(context, plain, options);
  }
}

async function readPage(context: RepositoryContext, url: URL, { signal, onEvent }: CallOptions): Promise<Document> {
  const { name } = context;
  const asked = { kind: 'tags', name, what: name } as const;
  return readDocument(
    context,
    { url, headers: { accept: 'application/json' } },
    { asked, limit: PAGE_LIMIT, signal, onEvent },
  );
}

function isGoodTag(entry: unknown): entry is string {
  return typeof entry === 'string' && isTag(entry);
}

/** What is no tag could not be asked for: it is left out, and said once. */
class LeftOut {
  #first: unknown;
  #count = 0;

  add(entries: readonly unknown[]): void {
    if (this.#count === 0) this.#first = entries[0];
    this.#count += entries.length;
  }

  warn(name: string, { onEvent }: CallOptions): void {
    if (this.#count === 0) return;
    const first = this.#first;
    const shown = typeof first === 'object' ? 'what is no text' : cleanText(JSON.stringify(first), 60);
    const what =
      this.#count === 1 ? `${shown}, which is no tag` : `${shown} and ${this.#count - 1} more that are no tags`;
    onEvent?.({ kind: 'warning', text: `${name}: the registry lists ${what}: left out` });
  }
}

/** `{"tags": null}` is what registries say of a repository without tags. */
function parsePage(bytes: Uint8Array, context: RepositoryContext): readonly unknown[] {
  let page: unknown;
  try {
    page = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw badPage(context, `it is not JSON (${cleanText(messageOf(error), 100)})`);
  }
  if (typeof page === 'object' && page !== null) {
    const tags: unknown = 'tags' in page ? page.tags : undefined;
    if (tags === null) return [];
    if (Array.isArray(tags)) return tags;
  }
  throw badPage(context, 'it holds no list of tags');
}

function badPage({ name }: RepositoryContext, found: string): DrayError {
  return new DrayError('BAD_RESPONSE', `the list of the tags of ${name} cannot be used: ${found}`);
}
