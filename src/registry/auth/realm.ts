import { DrayError, type ErrorCode } from '#errors';
import { cleanText, isMetadataService, isPrivate, publicUrl } from '#transport';

/** A registry as the rules about credentials see it. */
export interface Asking {
  /** For messages and for the look-up of credentials: `docker.io`, `host:5000`. */
  readonly name: string;
  readonly url: URL;
  /** The address that its answer came from. */
  readonly remoteAddress?: string | undefined;
}

/**
 * The URL of the token service that a registry names as its realm, if requests (and credentials) may be sent there: https, or http where
 * the registry itself is http on the same host; a private address only where the registry is on one, too.
 * Throws TOKEN_REFUSED where it is no such URL at all, INSECURE_REFUSED where it must not be asked.
 */
export function checkRealm(realm: string, asking: Asking): URL {
  const refuse = (code: ErrorCode, reason: string, shown: string): DrayError =>
    new DrayError(code, `${asking.name} names a token service ${reason}: ${shown}`, {
      hint: 'nothing was sent there; if the registry is yours, correct the realm in its settings',
      detail: { registry: asking.name },
    });
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw refuse('TOKEN_REFUSED', 'that is no http URL', cleanText(realm, 100));
  const shown = publicUrl(url);
  if (url.username !== '' || url.password !== '')
    throw refuse('TOKEN_REFUSED', 'with a user or password in its URL', shown);
  const sameHost = url.hostname === asking.url.hostname;
  if (url.protocol === 'http:' && !(sameHost && asking.url.protocol === 'http:'))
    throw refuse('INSECURE_REFUSED', 'without encryption', shown);
  if (!sameHost && isMetadataService(url.hostname))
    throw refuse('INSECURE_REFUSED', "where a cloud's metadata service may answer", shown);
  if (!sameHost && isPrivate(url.hostname) && !isPrivate(asking.remoteAddress ?? asking.url.hostname))
    throw refuse('INSECURE_REFUSED', 'at a private address, and is not at one itself', shown);
  url.hash = '';
  return url;
}
