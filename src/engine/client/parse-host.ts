import { DrayError, messageOf } from '#errors';
import { printable } from '#oci';

/** Where an engine listens. `label` is for messages: what was given, without a password. */
export type EngineHost = { readonly label: string } & (
  | { readonly kind: 'socket'; readonly path: string; readonly pipe: boolean }
  | {
      readonly kind: 'tcp';
      /** `https` always means TLS, `http` never, `tcp` where there are settings for it. */
      readonly scheme: 'tcp' | 'http' | 'https';
      /** As sockets want it: IPv6 without brackets. */
      readonly host: string;
      /** As URLs have it. */
      readonly hostname: string;
      /** Undefined: that of the scheme. */
      readonly port: number | undefined;
      /** Stands before each path; empty, or with a slash before and none behind. */
      readonly prefix: string;
    }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly user: string | undefined;
      readonly port: number | undefined;
      /** Of the socket on the other machine; the default one of its docker command where undefined. */
      readonly path: string | undefined;
    }
);

const HINT =
  'engines are at unix:///path, tcp://host:port, http(s)://host:port, npipe:////./pipe/name or ssh://user@host; see DOCKER_HOST';

const DEFAULT_SOCKET = '/var/run/docker.sock';

/** Docker's own socket, or its pipe on Windows. */
export function defaultHost(platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? 'npipe:////./pipe/docker_engine' : `unix://${DEFAULT_SOCKET}`;
}

/**
 * Reads what DOCKER_HOST may be, as the docker command does: white space around it counts for nothing, and the path of a socket may begin
 * in the current folder. Rejects with INVALID_OPTION; the message never has a password that stood in it.
 */
export function parseHost(given: string): EngineHost {
  const text = given.trim();
  const label = printable(withoutPassword(text), 200);
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case 'unix':
      return { kind: 'socket', path: rest === '' ? DEFAULT_SOCKET : rest, pipe: false, label };
    case 'npipe':
      if (!/^\/\/[^/]+\/pipe\/.+/i.test(rest)) throw refused(label, 'a pipe is //./pipe/NAME');
      return { kind: 'socket', path: rest.replaceAll('/', '\\'), pipe: true, label };
    case 'tcp':
    case 'http':
    case 'https':
      return parseTcp(scheme.toLowerCase() as 'tcp' | 'http' | 'https', rest, label);
    case 'ssh':
      return parseSsh(rest, label);
    case 'fd':
      throw refused(label, 'an engine can be started with fd://, but no client can connect to it');
    case '':
      // as the docker command takes it
      if (/^[\w.[\]:-]+$/.test(text)) return parseTcp('tcp', text, label);
      throw refused(label, 'it has no scheme', text.startsWith('/') ? `did you mean unix://${label}?` : HINT);
    default:
      throw refused(label, `${printable(scheme, 20)}:// is not known`);
  }
}

function parseTcp(scheme: 'tcp' | 'http' | 'https', given: string, label: string): EngineHost {
  // docker's `tcp://` and `tcp://:2375`
  const rest = /^(?::\d|$)/.test(given) ? `localhost${given}` : given;
  const url = urlOf(rest, label);
  if (url.username !== '' || url.password !== '') throw refused(label, 'a name and a password cannot be given here');
  if (url.search !== '' || url.hash !== '') throw refused(label, 'it has a query or a fragment');
  const prefix = url.pathname.replace(/\/+$/, '');
  return { kind: 'tcp', scheme, host: bare(url.hostname), hostname: url.hostname, port: portOf(rest), prefix, label };
}

function parseSsh(rest: string, label: string): EngineHost {
  const url = urlOf(rest, label);
  if (url.password !== '') throw refused(label, 'a password cannot be given here', 'use keys, or an agent');
  if (url.search !== '' || url.hash !== '') throw refused(label, 'it has a query or a fragment');
  const user = url.username === '' ? undefined : decoded(url.username, label);
  const path = url.pathname.replace(/\/+$/, '') === '' ? undefined : decoded(url.pathname, label);
  const host = bare(url.hostname);
  // ssh would take it for a flag
  if (host.startsWith('-') || user?.startsWith('-')) throw refused(label, 'a name begins with a dash');
  return { kind: 'ssh', host, user, port: portOf(rest), path, label };
}

/** With a scheme that URLs know, so that hosts are read as they are there. */
function urlOf(rest: string, label: string): URL {
  let url: URL;
  try {
    url = new URL(`http://${rest}`);
  } catch (cause) {
    throw refused(label, /port/i.test(messageOf(cause)) ? 'its port is none' : 'its host or port is none');
  }
  // `http:///path` would find a host in the path
  if (rest.startsWith('/') || url.hostname === '') throw refused(label, 'it names no host');
  return url;
}

/** Also 80, which URLs drop. */
function portOf(rest: string): number | undefined {
  const port = /^(?:[^/?#]*@)?(?:\[[^\]]*\]|[^:/?#]*):(\d+)/.exec(rest)?.[1];
  return port === undefined ? undefined : Number(port);
}

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

function decoded(text: string, label: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused(label, 'its escapes cannot be read');
  }
}

/** Whatever stands between the first colon that is not the scheme's and the last @, also of what no URL is. */
const withoutPassword = (text: string): string =>
  text.replace(/^((?:[a-z][a-z0-9+.-]*:\/\/)?[^/@:]*):(?!\/\/).*@/is, '$1:…@');

function refused(label: string, why: string, hint: string = HINT): DrayError {
  return new DrayError('INVALID_OPTION', `the engine's address ${JSON.stringify(label)} cannot be used: ${why}`, {
    hint,
  });
}
