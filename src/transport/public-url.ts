import { cleanText } from './clean-text.ts';

/** A URL for messages: no userinfo, query or fragment, which may hold tokens and signatures; at most 300 characters. */
export function publicUrl(url: URL): string {
  return cleanText(`${url.protocol}//${url.host}${url.pathname}`, 300);
}
