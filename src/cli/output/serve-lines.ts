import type { ServeSettings } from '#serve';
import { oneLine } from './printable.ts';
import { shellWord } from './shell-word.ts';

export interface ServedAt {
  readonly url: string;
  /** As commands name the registry: `localhost:5000`. Undefined: they cannot reach it. */
  readonly host: string | undefined;
  /** The current folder. */
  readonly here: string;
}

/** What a server says when it is there: where, and commands that work. */
export function servedLines(settings: ServeSettings, { url, host, here }: ServedAt): string {
  const { data, memory } = settings;
  const place = memory || data === undefined ? 'memory' : data === here ? './' : data;
  const head = `Listening on ${oneLine(url)}, keeping images in ${oneLine(place)}\n`;
  if (host === undefined) return head;
  return `${head}Try:\n${commands(settings, host)
    .map((line) => `  dray ${line}\n`)
    .join('')}`;
}

function commands(settings: ServeSettings, host: string): readonly string[] {
  const { access, tls, readOnly, cache } = settings;
  const ca = tls === undefined ? '' : ` --ca ${shellWord(tls.cert)}`;
  const isKnown = Object.values(access).every((part) => part === undefined);
  const login = isKnown ? [] : [`login${ca} ${host}`];
  const hub = cache?.upstreams.find(({ domain }) => domain === 'docker.io');
  if (hub !== undefined) {
    const name = [host, ...[hub.prefix ?? 'docker.io'].filter((text) => text !== ''), 'library/alpine'].join('/');
    return [...login, `pull${ca} ${name}`, `tags${ca} ${name}`, `catalog${ca} ${host}`].slice(0, 3);
  }
  if (readOnly || cache !== undefined) return [...login, `catalog${ca} ${host}`];
  return [...login, `copy${ca} alpine ${host}/alpine`, `catalog${ca} ${host}`, `pull${ca} ${host}/alpine`].slice(0, 3);
}
