import type { CallOptions } from '#content';
import { type Descriptor, type Digest, isJsonObject, type JsonObject, type JsonValue, parseJsonStrict } from '#oci';
import type { Places } from '../places.ts';
import { type KnownImage, repoDigests, repoTags, withKept } from '../stored/with-kept.ts';
import { runConfig } from './run-config.ts';

export interface InspectOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]` of an image that is there for several. */
  readonly platform?: string | undefined;
}

/** An image as docker's `image inspect` gives it: the same fields in the same order. */
export interface InspectedImage {
  /** Digest of the config. */
  readonly Id: Digest;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Parent: string;
  readonly Comment: string;
  readonly Created?: string;
  readonly DockerVersion: string;
  readonly Author: string;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  /** Bytes that the files of all layers hold; where that is not known, of the layers as they are. */
  readonly Size: number;
  readonly GraphDriver: { readonly Data: null; readonly Name: string };
  readonly RootFS: { readonly Type: 'layers'; readonly Layers?: readonly Digest[] };
  readonly Metadata: { readonly LastTagTime: string };
  /** What the name stands for: a manifest, or an index. */
  readonly Descriptor: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
  readonly Config: JsonObject;
}

/** Go's time that is none. */
const NEVER = '0001-01-01T00:00:00Z';

/**
 * Looks at one image: of the store by name or ID, elsewhere as `docker://…`, `oci:…`, a path. Rejects with MANIFEST_UNKNOWN, PLATFORM_UNKNOWN and what
 * the place rejects with.
 */
export async function inspectImage(
  text: string,
  places: Places,
  options: InspectOptions = {},
): Promise<InspectedImage> {
  return withKept(text, places, { ...options, action: 'inspect' }, inspected);
}

/** What was found, as `inspectImage` gives it. */
export function inspected({ image, root, named, sizeOf }: KnownImage): InspectedImage {
  const { config, document } = image;
  const raw = parseJsonStrict(image.configBytes, 'the image config');
  const created = goTime(config.created);
  const layers = config.rootfs.diffIds;
  const { mediaType, digest, size } = root;
  return {
    Id: image.id,
    RepoTags: repoTags(named),
    RepoDigests: repoDigests(named),
    Parent: '',
    Comment: textOf(raw['comment']) || (config.history.at(-1)?.comment ?? ''),
    ...(created !== undefined && { Created: created }),
    DockerVersion: textOf(raw['docker_version']),
    Author: config.author ?? '',
    Architecture: config.architecture,
    ...(config.variant !== undefined && config.variant !== '' && { Variant: config.variant }),
    Os: config.os,
    ...(config.osVersion !== undefined && config.osVersion !== '' && { OsVersion: config.osVersion }),
    Size: document.layers.reduce((sum, layer) => sum + sizeOf(layer), 0),
    GraphDriver: { Data: null, Name: 'dray' },
    RootFS: { Type: 'layers', ...(layers.length > 0 && { Layers: layers }) },
    Metadata: { LastTagTime: lastTagTime(named.map(({ stored }) => stored.pulled)) },
    Descriptor: { mediaType, digest, size },
    Config: runConfig(isJsonObject(raw['config']) ? raw['config'] : {}),
  };
}

function lastTagTime(times: readonly string[]): string {
  const last = times
    .filter((time) => time !== '')
    .toSorted()
    .at(-1);
  return goTime(last) ?? NEVER;
}

/** RFC 3339 as Go writes it: no zeros at the end of the fraction. */
function goTime(time: string | undefined): string | undefined {
  return time?.replace(/(\.\d*?)0+(?=Z|[+-])/i, '$1').replace(/\.(?=Z|[+-])/i, '');
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
