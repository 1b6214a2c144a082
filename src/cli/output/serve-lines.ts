import { oneLine } from './printable.ts';

export interface ServedFacts {
  readonly url: string;
  /** As commands name the registry: `localhost:5000`; undefined where they cannot reach it. */
  readonly host: string | undefined;
  /** Where images are kept, as people say it. */
  readonly place: string;
  readonly asksWho: boolean;
  readonly readOnly: boolean;
}

/** What a server says when it is there: where, and three commands that work. */
export function servedLines({ url, host, place, asksWho, readOnly }: ServedFacts): string {
  const head = `Listening on ${oneLine(url)}, keeping images in ${oneLine(place)}\n`;
  if (host === undefined) return head;
  const push = asksWho ? `dray login ${host}` : `dray copy alpine ${host}/alpine`;
  const rows = [
    ...(readOnly ? [] : [push]),
    ...(asksWho && !readOnly ? [`dray copy alpine ${host}/alpine`] : []),
    `dray catalog ${host}`,
    ...(asksWho && !readOnly ? [] : [`dray pull ${host}/alpine`]),
  ];
  return `${head}Try:\n${rows.map((row) => `  ${row}\n`).join('')}`;
}
