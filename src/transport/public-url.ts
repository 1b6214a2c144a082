import { cleanText } from './clean-text.ts';
import type { HttpRequest } from './types.ts';

/** A URL for messages: no userinfo, query or fragment, which may hold tokens and signatures; at most 300 characters. */
export function publicUrl(url: URL): string {
  return cleanText(`${url.protocol}//${url.host}${url.pathname}`, 300);
}

/** A request as messages name it: "GET https://registry.example/v2/". */
export function publicName({ method, url }: Pick<HttpRequest, 'method' | 'url'>): string {
  return `${method} ${publicUrl(url)}`;
}
