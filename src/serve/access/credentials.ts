/** What an Authorization header gives. */
export type Credentials =
  | { readonly scheme: 'none' | 'unusable' }
  | { readonly scheme: 'basic'; readonly header: string }
  | { readonly scheme: 'bearer'; readonly token: string };

const NONE: Credentials = { scheme: 'none' };
const UNUSABLE: Credentials = { scheme: 'unusable' };
/** Characters. */
const LONGEST_BASIC = 4096;
const LONGEST_BEARER = 24 * 1024;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const CONTROL = /\p{Cc}/u;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

export function readCredentials(header: string | undefined): Credentials {
  if (header === undefined) return NONE;
  const space = header.indexOf(' ');
  const scheme = header.slice(0, space).toLowerCase();
  if (scheme === 'basic') return header.length > LONGEST_BASIC ? UNUSABLE : { scheme, header };
  if (scheme !== 'bearer' || header.length > LONGEST_BEARER) return UNUSABLE;
  const token = header.slice(space + 1).trim();
  return token === '' ? UNUSABLE : { scheme, token };
}

/** Name and password of a Basic header; undefined where it is none: not base64, not UTF-8, no colon, an empty part. */
export function readBasic(header: string): { readonly user: string; readonly password: string } | undefined {
  const encoded = header.slice(header.indexOf(' ') + 1).trim();
  if (!BASE64.test(encoded)) return undefined;
  let text: string;
  try {
    text = UTF8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
  const colon = text.indexOf(':');
  const user = text.slice(0, Math.max(colon, 0));
  const password = text.slice(colon + 1);
  if (user === '' || password === '' || CONTROL.test(text)) return undefined;
  return { user, password };
}
