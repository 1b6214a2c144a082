import { DrayError } from '#errors';
import { cleanText, type HttpResponse, publicUrl } from '#transport';
import { nextLink } from './link.ts';

/**
 * Where a list goes on after the page at `url`; undefined at its end. Rejects with BAD_RESPONSE.
 *
 * Only what comes behind the host is taken from a Link: behind a proxy that ends TLS, registries name their own pages with http. A Link to another
 * host or port is refused, since whoever sits there could name any tags.
 */
export function nextPage(response: HttpResponse, url: URL, what: string): URL | undefined {
  const link = nextLink(response.headers.get('link'));
  if (link === undefined) return undefined;
  const next = URL.canParse(link, url.href) ? new URL(link, url) : undefined;
  if (
    next === undefined ||
    next.hostname !== url.hostname ||
    next.port !== url.port ||
    !/^https?:$/.test(next.protocol)
  ) {
    throw new DrayError(
      'BAD_RESPONSE',
      `${publicUrl(url)} points to ${cleanText(link.replace(/[?#].*$/s, ''), 150)} for ${what}, which is another host`,
      { detail: { url: publicUrl(url) } },
    );
  }
  const same = new URL(url);
  same.pathname = next.pathname;
  same.search = next.search;
  return same;
}
