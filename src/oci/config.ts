import type { Digest } from './descriptor.ts';
import { Fields } from './fields.ts';
import { invalidDocument, type JsonObject, parseJsonStrict } from './json.ts';
import type { Manifest } from './manifest.ts';
import type { Platform } from './platform.ts';
import { isPlatformWord, readPlatformDetails } from './read-descriptor.ts';

/** One step of an image's making, from the base upwards. */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly created?: string;
  readonly createdBy?: string;
  readonly author?: string;
  readonly comment?: string;
  /** True for a step that added no layer. */
  readonly emptyLayer: boolean;
}

/** What is known of an image beside its layers. See the image spec's config.md. Extends Platform: what it was made for. */
export interface ImageConfig extends Platform {
  /** RFC 3339; undefined where the config has none, or something else. */
  readonly created?: string;
  readonly author?: string;
  readonly rootfs: { readonly diffIds: readonly Digest[] };
  readonly history: readonly HistoryEntry[];
  /** How a container is run: Env, Cmd, Labels … as they stand in the document. */
  readonly config?: JsonObject;
}

const MOST_LAYERS = 10_000;
const MOST_HISTORY = 100_000;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:Z|[+-]\d\d:\d\d)$/i;

/**
 * Reads an image config. Throws MANIFEST_INVALID. System and processor that an old image does not name are linux and amd64, as they
 * were then; history and creation time may be missing.
 */
export function parseConfig(bytes: Uint8Array, what = 'the image config'): ImageConfig {
  const fields = new Fields(parseJsonStrict(bytes, what), what);
  fields.refuseOtherCase(['rootfs', 'history', 'os', 'architecture', 'config']);
  const rootfs = fields.fields('rootfs');
  rootfs.refuseOtherCase(['type', 'diff_ids']);
  const type = rootfs.optionalString('type') ?? 'layers';
  if (type !== 'layers') throw rootfs.wrong('type', type, '"layers"');
  const config = fields.optionalFields('config')?.object;
  const author = fields.optionalString('author');
  return {
    ...readPlatform(fields),
    ...readCreated(fields),
    ...(author !== undefined && { author }),
    rootfs: {
      diffIds: rootfs
        .optionalList('diff_ids', MOST_LAYERS)
        .map((value, index) => rootfs.digestValue(value, `diff_ids[${index}]`)),
    },
    history: fields
      .optionalList('history', MOST_HISTORY)
      .map((value, index) => readHistory(fields.at(value, `history[${index}]`))),
    ...(config !== undefined && { config }),
  };
}

/** Throws MANIFEST_INVALID unless the config names one diff_id for each layer of the manifest. */
export function checkConfigMatches(manifest: Manifest, config: ImageConfig, what = 'the image'): void {
  const layers = manifest.layers.length;
  const diffIds = config.rootfs.diffIds.length;
  if (layers !== diffIds) {
    throw invalidDocument(what, `its manifest has ${layers} layers, but its config ${diffIds} diff_ids`);
  }
}

/** The labels of an image; members that are no text are left out. */
export function labelsOf({ config }: Pick<ImageConfig, 'config'>): Readonly<Record<string, string>> {
  const labels: unknown = config?.['Labels'];
  if (typeof labels !== 'object' || labels === null) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Whether `KEY` is among the labels, or for `KEY=VALUE` with that value, as docker's filters ask. */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  const key = equals === -1 ? wanted : wanted.slice(0, equals);
  return Object.hasOwn(labels, key) && (equals === -1 || labels[key] === wanted.slice(equals + 1));
}

function readPlatform(fields: Fields): Platform {
  for (const key of ['os', 'architecture', 'variant']) {
    const word = fields.optionalString(key);
    if (word !== undefined && !isPlatformWord(word)) throw fields.wrong(key, word, 'part of a platform');
  }
  return {
    os: fields.optionalString('os') ?? 'linux',
    architecture: fields.optionalString('architecture') ?? 'amd64',
    ...readPlatformDetails(fields),
  };
}

function readHistory(fields: Fields): HistoryEntry {
  const createdBy = fields.optionalString('created_by');
  const author = fields.optionalString('author');
  const comment = fields.optionalString('comment');
  return {
    ...readCreated(fields),
    ...(createdBy !== undefined && { createdBy }),
    ...(author !== undefined && { author }),
    ...(comment !== undefined && { comment }),
    emptyLayer: fields.flag('empty_layer'),
  };
}

function readCreated(fields: Fields): { readonly created?: string } {
  const created = fields.optionalString('created');
  return created !== undefined && RFC_3339.test(created) ? { created } : {};
}
