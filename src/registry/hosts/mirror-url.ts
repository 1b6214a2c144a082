import { DrayError } from '#errors';

/**
 * A mirror as it is written in settings; `https://` is put before one without a scheme.
 * Rejects with INVALID_CONFIGURATION for anything but `[http[s]://]host[:port][/prefix]`: never a user or password in it.
 */
export function parseMirror(text: string): URL {
  const written = text.includes('://') ? text : `https://${text}`;
  if (!URL.canParse(written)) throw invalid(`${shown(text)} is not a valid URL`);
  const url = new URL(written);
  if (url.username !== '' || url.password !== '') {
    throw invalid(`username/password not allowed in ${url.protocol}//${url.host}`, 'use `dray login` for the mirror');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw invalid(`unsupported scheme ${shown(url.protocol.slice(0, -1))} in ${shown(text)}`);
  }
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(written)) {
    throw invalid(`query or fragment at end of ${shown(text)}`);
  }
  if (url.hostname === '') throw invalid(`no host in ${shown(text)}`);
  return url;
}

/** Whether the text says itself how it is to be asked. */
export function hasScheme(text: string): boolean {
  return text.includes('://');
}

/** The path of a URL as a prefix: without the slash at its end. */
export function prefixOf(url: URL): string {
  return url.pathname.replace(/\/+$/, '');
}

/** Without what may be a password. */
function shown(text: string): string {
  return JSON.stringify(text.replace(/\/\/[^/]*@/, '//***@'));
}

function invalid(found: string, hint = "write 'https://' or 'http://', the host and, if need be, a path"): DrayError {
  return new DrayError('INVALID_CONFIGURATION', `invalid mirror: ${found}`, { hint });
}
