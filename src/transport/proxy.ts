import { DrayError } from '#errors';
import { cleanText } from './clean-text.ts';
import { parseNoProxy } from './no-proxy.ts';
import type { Origin } from './origin.ts';
import { bareHost, isLoopback } from './private-address.ts';
import type { ProxySettings } from './types.ts';

export interface Proxy {
  readonly kind: 'http' | 'https' | 'socks';
  /** As sockets want it. */
  readonly host: string;
  /** As URLs write it. */
  readonly hostname: string;
  readonly port: number;
  /** For messages: without credentials. */
  readonly label: string;
  readonly username: string | undefined;
  readonly password: string;
}

const KINDS: Readonly<Record<string, Proxy['kind']>> = {
  'http:': 'http',
  'https:': 'https',
  'socks5:': 'socks',
  'socks5h:': 'socks',
};

const DEFAULT_PORTS: Readonly<Record<Proxy['kind'], number>> = { http: 80, https: 443, socks: 1080 };

/**
 * Which proxy to ask for an origin; undefined for none. The settings are read at the first call, so that a proxy that cannot be
 * used (INVALID_OPTION) hurts only those who need it.
 */
export function proxyChooser(settings: ProxySettings = {}): (origin: Origin) => Proxy | undefined {
  const excluded = parseNoProxy(settings.no ?? '');
  const parsed = new Map<string, Proxy>();
  return (origin) => {
    const text = (origin.tls ? settings.https : settings.http)?.trim() ?? '';
    if (text === '' || excluded(origin.host, origin.port)) return undefined;
    if (settings.loopback !== true && isLoopback(origin.host)) return undefined;
    const proxy = parsed.get(text) ?? parseProxy(text);
    parsed.set(text, proxy);
    return proxy;
  };
}

/** Reads a proxy's URL; `host:port` alone means http, as elsewhere. Rejects with INVALID_OPTION. */
export function parseProxy(text: string): Proxy {
  const full = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const kind = KINDS[url?.protocol ?? ''];
  if (url === undefined || kind === undefined || url.hostname === '') {
    // Whatever stands before an @ may be a password.
    throw new DrayError(
      'INVALID_OPTION',
      `the proxy ${cleanText(full.replace(/\/\/.*@/s, '//…@'), 100)} cannot be used`,
      {
        hint: 'proxies are http://, https://, socks5:// or socks5h:// with a host and a port',
      },
    );
  }
  const port = url.port === '' ? DEFAULT_PORTS[kind] : Number(url.port);
  return {
    kind,
    host: bareHost(url.hostname),
    hostname: url.hostname,
    port,
    label: `${url.protocol}//${url.hostname}:${port}`,
    username: url.username === '' ? undefined : decode(url.username),
    password: decode(url.password),
  };
}

/** The Proxy-Authorization that the credentials in the proxy's URL give (RFC 7617). */
export function proxyAuthorization({ username, password }: Proxy): string | undefined {
  return username === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
