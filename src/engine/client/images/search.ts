import type { CallOptions } from '#content';
import { encodeFilters, type Filters } from '../../api/filters.ts';
import type { ImageSearchItem } from '../../api/images.ts';
import { listAnswer } from '../answer-shape.ts';
import type { ImagesContext } from './context.ts';
import { type CredentialOptions, withCredentials } from './credentials.ts';

export interface SearchImagesOptions extends CallOptions, CredentialOptions {
  /** 1 to 100; the engine's 25 by default. */
  readonly limit?: number | undefined;
  /** `{ 'is-official': ['true'], stars: ['3'] }`. */
  readonly filters?: Filters | undefined;
}

/** Repositories of Docker Hub, or with `HOST/TERM` of another registry, whose name or description has the term. The engine asks. */
export async function search(
  { connection, keychain }: ImagesContext,
  term: string,
  options: SearchImagesOptions,
): Promise<readonly ImageSearchItem[]> {
  const { limit, signal } = options;
  const query = { filters: encodeFilters(options.filters), limit, term };
  const send = (headers: Readonly<Record<string, string>>): Promise<readonly ImageSearchItem[]> =>
    listAnswer(connection, { method: 'GET', path: '/images/search', query, headers, signal });
  return withCredentials(send, { domain: domainOf(term) }, { ...options, keychain });
}

function domainOf(term: string): string {
  const [first = '', ...rest] = term.split('/');
  return rest.length > 0 && (first === 'localhost' || /[.:]/.test(first)) ? first : 'docker.io';
}
