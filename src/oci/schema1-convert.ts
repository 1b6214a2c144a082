import { DrayError } from '#errors';
import type { Descriptor, Digest } from './descriptor.ts';
import { digestOf } from './digest.ts';
import { Fields } from './fields.ts';
import { goJson } from './go-json.ts';
import { parseJsonText, rawMembers } from './json.ts';
import { DOCKER_CONFIG, DOCKER_LAYER, DOCKER_LAYER_GZIP, DOCKER_MANIFEST } from './media-types.ts';
import { type Schema1Manifest, type Schema1Step, schema1Layers } from './schema1.ts';

/** What is known of a fetched layer. */
export interface ConvertedLayer {
  readonly digest: Digest;
  /** Bytes of the blob. */
  readonly size: number;
  readonly diffId: Digest;
  /** By default gzip, or uncompressed where digest and diffId are the same. */
  readonly mediaType?: string | undefined;
}

export interface ConvertedDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** A schema2 image made of a schema1 one. */
export interface ConvertedImage {
  readonly manifest: ConvertedDocument;
  readonly config: ConvertedDocument;
}

/** Of the image's old config, what is no part of the new one. */
const DROPPED = ['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway', 'rootfs', 'history'];
const MOST_WORDS = 10_000;

/**
 * Makes docker's schema2 image of a schema1 manifest, as docker did when it pulled one: the topmost image's config with rootfs and history.
 * The same input gives the same bytes.
 * @param layers the layers that `schema1Layers` calls not empty, in its order; throws BUG for any others
 */
export function convertSchema1(manifest: Schema1Manifest, layers: readonly ConvertedLayer[]): ConvertedImage {
  const wanted = schema1Layers(manifest).filter((layer) => !layer.empty);
  if (wanted.length !== layers.length || wanted.some((layer, index) => layer.digest !== layers[index]?.digest)) {
    throw new DrayError('BUG', `the layers given for ${manifest.name} are not those of its manifest`);
  }
  const config = document(DOCKER_CONFIG, goJson(convertConfig(manifest, layers)));
  const layerList = layers.map(({ digest, size, diffId, mediaType }) => ({
    mediaType: mediaType ?? (diffId === digest ? DOCKER_LAYER : DOCKER_LAYER_GZIP),
    size,
    digest,
  }));
  const { mediaType, size, digest } = config.descriptor;
  const content = {
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: { mediaType, size, digest },
    layers: layerList,
  };
  return { config, manifest: document(DOCKER_MANIFEST, JSON.stringify(content, null, 3)) };
}

function document(mediaType: string, text: string): ConvertedDocument {
  const bytes = Buffer.from(text);
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

/** The config as text, its members sorted as Go sorts a map's. Their values stay as they were written. */
function convertConfig(manifest: Schema1Manifest, layers: readonly ConvertedLayer[]): string {
  const top = manifest.steps.at(-1);
  const members = rawMembers(top?.v1Compatibility ?? '{}');
  for (const name of DROPPED) members.delete(name);
  for (const [name, value] of [
    ['architecture', manifest.architecture],
    ['os', 'linux'],
  ] as const) {
    if (value !== '' && !members.has(name)) members.set(name, JSON.stringify(value));
  }
  members.set('rootfs', JSON.stringify({ type: 'layers', diff_ids: layers.map((layer) => layer.diffId) }));
  members.set('history', JSON.stringify(manifest.steps.map(convertHistory)));
  const sorted = [...members].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

function convertHistory(step: Schema1Step): Record<string, unknown> {
  const what = 'the v1Compatibility of the manifest';
  const image = new Fields(parseJsonText(step.v1Compatibility, what), what);
  return {
    created: image.optionalString('created'),
    created_by: createdBy(image),
    author: image.optionalString('author'),
    comment: image.optionalString('comment'),
    empty_layer: step.empty ? true : undefined,
  };
}

/** The words of the command that made the image; old docker wrote one word as a string. */
function createdBy(image: Fields): string | undefined {
  const container = image.optionalFields('container_config');
  if (container === undefined) return undefined;
  if (typeof container.get('Cmd') === 'string') return container.optionalString('Cmd');
  return container.optionalStrings('Cmd', MOST_WORDS)?.join(' ');
}
