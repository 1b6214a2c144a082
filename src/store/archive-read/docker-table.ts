import { isJsonObject, type JsonValue, parseJsonStrict } from '#oci';
import type { Entries } from './entries.ts';
import { fullNameOf } from './names.ts';

/** An entry of docker's `manifest.json`. */
export interface DockerItem {
  /** Name of the config's file. */
  readonly config: string;
  /** Full names. */
  readonly names: readonly string[];
  /** Names of the layers' files, from the base upwards. */
  readonly layers: readonly string[];
}

export const DOCKER_TABLE = 'manifest.json';
/** Bytes of a table. */
export const LARGEST_TABLE: number = 4 * 1024 * 1024;
/** Images, or names of one. */
const MOST_MEMBERS = 10_000;
/** Of all images together. */
const MOST_LAYERS = 100_000;
const KEYS = ['Config', 'RepoTags', 'Layers'];

/** What `manifest.json` lists; undefined where there is none. Rejects with MANIFEST_INVALID, and with INVALID_REFERENCE for a name that is none. */
export function readDockerTable(entries: Entries): readonly DockerItem[] | undefined {
  const bytes = entries.read(DOCKER_TABLE, LARGEST_TABLE);
  if (bytes === undefined) return undefined;
  const what = `${DOCKER_TABLE} of ${entries.what}`;
  // The reader takes objects, and the table is an array.
  const object = parseJsonStrict(Buffer.concat([Buffer.from('{"items":'), bytes, Buffer.from('}')]), what);
  const { items } = object;
  if (!Array.isArray(items) || Object.keys(object).length > 1) throw entries.failure(`${DOCKER_TABLE} is no array`);
  if (items.length > MOST_MEMBERS) throw entries.failure(`${DOCKER_TABLE} lists more than ${MOST_MEMBERS} images`);
  const read = items.map((item: JsonValue, at: number) => readItem(item, `[${at}]`, entries));
  const layers = read.reduce((sum, item) => sum + item.layers.length, 0);
  if (layers > MOST_LAYERS) throw entries.failure(`${DOCKER_TABLE} names more than ${MOST_LAYERS} layers`);
  return read;
}

function readItem(item: JsonValue, at: string, entries: Entries): DockerItem {
  const wrong = (found: string): Error => entries.failure(`${DOCKER_TABLE}${at} ${found}`);
  if (!isJsonObject(item)) throw wrong('is no object');
  for (const key of Object.keys(item)) {
    const meant = KEYS.find((known) => known.toLowerCase() === key.toLowerCase());
    if (meant !== undefined && meant !== key)
      throw wrong(`is ambiguous: some take ${JSON.stringify(key)} for ${meant}`);
  }
  const strings = (key: string): readonly string[] => {
    const values = item[key] ?? [];
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'string')) {
      throw wrong(`has ${key} that is no list of strings`);
    }
    if (key === 'RepoTags' && values.length > MOST_MEMBERS) throw wrong(`has more than ${MOST_MEMBERS} names`);
    return values;
  };
  const config = item['Config'];
  if (typeof config !== 'string' || config === '') throw wrong('names no Config');
  return { config, names: strings('RepoTags').map(fullNameOf), layers: strings('Layers') };
}
