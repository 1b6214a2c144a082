import { DrayError } from '#errors';
import type { Digest } from '#oci';
import { cleanText, type HttpResponse, isMetadataService, publicUrl } from '#transport';
import type { RepositoryContext } from '../context.ts';
import { isTooNear } from '../foreign.ts';

/** A session's state travels in it, signed; what is longer than this no server would take back. */
const LONGEST = 8192;

/**
 * Where an answer says that the upload goes on; undefined where it does not say. Rejects with BAD_RESPONSE for what is no http URL, and as
 * `checkedLocation`.
 */
export function locationOf(response: HttpResponse, context: RepositoryContext): URL | undefined {
  const [location, ...others] = response.headers.all('location');
  if (location === undefined || location === '') return undefined;
  const bad = (found: string): DrayError =>
    new DrayError('BAD_RESPONSE', `${publicUrl(response.url)} answered with ${found} for the upload`);
  if (others.length > 0) throw bad('more than one Location');
  if (location.length > LONGEST) throw bad(`a Location of ${location.length} characters`);
  // Heads are read as latin1; where a server sends UTF-8 the bytes are meant.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  const url = URL.canParse(text, response.url.href) ? new URL(text, response.url) : undefined;
  if (url === undefined) throw bad(`a Location that is no URL (${cleanText(text.replace(/[?#].*$/s, ''), 100)})`);
  return checkedLocation(url, context);
}

/**
 * `url` as it may be asked: without user, password and fragment, and by https where it names the registry's own host with http, as registries do
 * behind a proxy that ends TLS. Rejects with BAD_RESPONSE for another scheme, and with REDIRECT_REFUSED where it would leave https, or lead from a
 * public registry into the private network.
 */
export function checkedLocation(url: URL, context: RepositoryContext): URL {
  const endpoint = new URL(context.endpoint.url);
  const target = new URL(url);
  target.username = '';
  target.password = '';
  target.hash = '';
  const shown = publicUrl(target);
  const refused = (why: string): DrayError =>
    new DrayError('REDIRECT_REFUSED', `${publicUrl(endpoint)} sends the upload to ${shown}, ${why}`);
  if (!/^https?:$/.test(target.protocol)) {
    throw new DrayError('BAD_RESPONSE', `${publicUrl(endpoint)} sends the upload to ${shown}, which is not http`);
  }
  if (endpoint.protocol === 'https:' && target.protocol === 'http:') {
    const isOwn = target.hostname === endpoint.hostname && (target.port === endpoint.port || target.port === '');
    if (!isOwn) throw refused('which would leave https');
    target.protocol = 'https:';
    target.port = endpoint.port;
  }
  if (target.hostname === endpoint.hostname) return target;
  if (isMetadataService(target.hostname)) throw refused('where a metadata service may answer');
  if (isTooNear(target.hostname, context)) throw refused('a private address, from a public one');
  return target;
}

/** The URL that ends an upload. What is in its query already stays as it is: it may be signed. */
export function withDigest(location: URL, digest: Digest): URL {
  const url = new URL(location);
  const kept = location.search
    .slice(1)
    .split('&')
    .filter((field) => field !== '' && !/^digest=/i.test(field));
  url.search = [...kept, `digest=${encodeURIComponent(digest)}`].join('&');
  return url;
}
