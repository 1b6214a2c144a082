/** The key under which docker keeps the credentials of Docker Hub. */
export const HUB_KEY = 'https://index.docker.io/v1/';

const HUB_NAMES: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** The host of a registry as it is spelled in many ways: scheme and path away, port kept, Docker Hub's names made `docker.io`. */
export function hostOf(server: string): string {
  const host = server.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/?#].*$/s, '');
  return HUB_NAMES.has(host) ? 'docker.io' : host;
}

/** The key in config.json for a server as a person names it; Docker Hub when undefined or empty. */
export function serverKey(server: string | undefined): string {
  const host = hostOf(server ?? '');
  return host === '' || host === 'docker.io' ? HUB_KEY : host;
}

/**
 * The most specific of the keys with a `*` that matches `host`, as docker does it: `*` stands for anything within one label, at least
 * three labels, none in the last two (`*.corp.example`, never `*.com`).
 */
export function bestPattern(keys: readonly string[], host: string): string | undefined {
  const weight = (key: string): number => key.replaceAll('*', '').length;
  const matching = keys.filter((key) => matches(key, host));
  return matching.sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1))[0];
}

function matches(pattern: string, host: string): boolean {
  if (!pattern.includes('*') || pattern.includes('/') || host.includes('/')) return false;
  const labels = pattern.split('.');
  const parts = host.split('.');
  if (labels.length < 3 || labels.length !== parts.length || labels.slice(-2).some((label) => label.includes('*')))
    return false;
  return labels.every((label, at) => label !== '' && parts[at] !== '' && labelMatches(label, parts[at] ?? ''));
}

function labelMatches(pattern: string, label: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return first === label;
  if (!label.startsWith(first) || !label.endsWith(last) || label.length < first.length + last.length) return false;
  let middle = label.slice(first.length, label.length - last.length);
  for (const part of rest) {
    const at = middle.indexOf(part);
    if (at < 0) return false;
    middle = middle.slice(at + part.length);
  }
  return true;
}
