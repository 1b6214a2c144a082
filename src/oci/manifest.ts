import { DrayError } from '#errors';
import { classifyObject } from './classify.ts';
import type { Descriptor } from './descriptor.ts';
import { Fields } from './fields.ts';
import { parseJsonStrict } from './json.ts';
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  isImageConfigType,
  isLayerType,
  isManifestType,
  type OCI_MANIFEST,
} from './media-types.ts';
import { quoted } from './printable.ts';
import { readDescriptor, readDescriptors } from './read-descriptor.ts';

/** What one image, or one artifact, consists of. See the image spec's manifest.md. */
export interface Manifest {
  readonly mediaType: typeof OCI_MANIFEST | typeof DOCKER_MANIFEST;
  readonly config: Descriptor;
  /** From the base upwards. */
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** What a referrer is about. */
  readonly subject?: Descriptor;
}

/** Most layers of a manifest. Docker cannot run more than 127. */
const MOST_LAYERS = 10_000;

/** Config types that old registries wrote for docker images; docker takes them still. */
const LEGACY_CONFIGS: ReadonlySet<string> = new Set(['application/octet-stream', 'application/json', 'text/html']);

/**
 * Reads an OCI manifest or a docker schema2 one. Throws MANIFEST_INVALID for one that is malformed, ambiguous or not of `mediaType`,
 * UNSUPPORTED for a media type that is no manifest's.
 * @param mediaType from the descriptor or the Content-Type
 * @param what names the document in errors
 */
export function parseManifest(bytes: Uint8Array, mediaType: string, what = 'the manifest'): Manifest {
  const document = parseJsonStrict(bytes, what);
  const type = classifyObject(document, mediaType, what);
  if (!isManifestType(type)) {
    throw new DrayError('UNSUPPORTED', `cannot read ${what} as an image manifest: it is ${quoted(type)}`);
  }
  const fields = new Fields(document, what);
  fields.refuseOtherCase(['subject', 'annotations', 'artifactType']);
  const docker = type === DOCKER_MANIFEST;
  const annotations = fields.optionalStringMap('annotations');
  const artifactType = fields.optionalString('artifactType');
  const subject = fields.optionalFields('subject');
  return {
    mediaType: type,
    config: readDescriptor(fields.fields('config'), docker ? DOCKER_CONFIG : undefined),
    layers: readDescriptors(fields, 'layers', MOST_LAYERS, docker ? DOCKER_LAYER_GZIP : undefined),
    ...(annotations !== undefined && { annotations }),
    ...(artifactType !== undefined && { artifactType }),
    ...(subject !== undefined && { subject: readDescriptor(subject) }),
  };
}

/** True for what is kept in registries as an image but is none: Helm charts, signatures, attestations, SBOMs, plugins. */
export function isArtifact(manifest: Manifest): boolean {
  if (manifest.artifactType !== undefined || !hasImageConfig(manifest)) return true;
  // Signatures and attestations have an image's config, but none of its layers.
  return manifest.layers.length > 0 && !manifest.layers.some((layer) => isLayerType(layer.mediaType));
}

function hasImageConfig({ mediaType, config }: Manifest): boolean {
  return isImageConfigType(config.mediaType) || (mediaType === DOCKER_MANIFEST && LEGACY_CONFIGS.has(config.mediaType));
}
