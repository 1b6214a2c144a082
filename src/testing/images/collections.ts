import type { Descriptor, Platform } from '#oci';
import { descriptorOf } from './descriptor-of.ts';
import { sealManifest, type TestGraph } from './graph.ts';
import { type HelloOptions, helloImage, type TestImage } from './image.ts';
import type { Flavour } from './layers.ts';
import { MEDIA_TYPES } from './media-types.ts';

/** What an index can list: images with their platforms, or any graph (a nested index, an artifact), with or without one. */
export type IndexEntry = TestImage | { readonly graph: TestGraph; readonly platform?: Platform };

/** An index, or a Docker manifest list, over all the entries in their order. */
export function buildIndex(entries: readonly IndexEntry[], options: { readonly flavour?: Flavour } = {}): TestGraph {
  const type = MEDIA_TYPES[options.flavour ?? 'oci'].index;
  const manifests = entries.map((entry) => {
    const root = 'graph' in entry ? entry.graph.root : entry.root;
    return entry.platform === undefined ? root : { ...root, platform: wirePlatform(entry.platform) };
  });
  const graphs = entries.map((entry) => ('graph' in entry ? entry.graph : entry));
  return sealManifest({ schemaVersion: 2, mediaType: type, manifests }, { mediaType: type, with: graphs });
}

/** A platform with the names that it has in JSON. */
function wirePlatform(platform: Platform): Record<string, unknown> {
  const { osVersion, osFeatures, ...rest } = platform;
  return {
    ...rest,
    ...(osVersion === undefined ? {} : { 'os.version': osVersion }),
    ...(osFeatures === undefined ? {} : { 'os.features': osFeatures }),
  };
}

/** The project's own program for linux/amd64 and linux/arm64 under one index. */
export function helloIndex(options: HelloOptions = {}): TestGraph {
  const images = [helloImage('amd64', options), helloImage('arm64', options)];
  return buildIndex(images, options.flavour === undefined ? {} : { flavour: options.flavour });
}

export interface ArtifactOptions {
  readonly artifactType: string;
  /** Contents with their media types. */
  readonly layers?: readonly { readonly mediaType: string; readonly content: string }[];
  /** The manifest that it is about. */
  readonly subject?: Descriptor;
}

/** An OCI manifest that is no image: an SBOM, a signature, a chart. */
export function buildArtifact(options: ArtifactOptions): TestGraph {
  const { artifactType, layers = [], subject } = options;
  const empty = Buffer.from('{}');
  const contents = layers.map((layer) => ({ mediaType: layer.mediaType, bytes: Buffer.from(layer.content) }));
  const mediaType = MEDIA_TYPES.oci.manifest;
  const document = {
    schemaVersion: 2,
    mediaType,
    artifactType,
    config: descriptorOf('application/vnd.oci.empty.v1+json', empty),
    layers: contents.map((layer) => descriptorOf(layer.mediaType, layer.bytes)),
    ...(subject === undefined ? {} : { subject }),
  };
  return sealManifest(document, { mediaType, blobs: [empty, ...contents.map((layer) => layer.bytes)] });
}
