import type { Descriptor, Digest, Platform } from '#oci';
import { descriptorOf } from './descriptor-of.ts';
import { sealManifest, type TestGraph } from './graph.ts';
import { buildLayer, type Flavour, type LayerOptions, layerDescriptor, type TestLayer } from './layers.ts';
import { MEDIA_TYPES } from './media-types.ts';
import { helloProgram, type ProgramArchitecture } from './programs.ts';

export interface ImageOptions {
  /** linux/amd64 by default. */
  readonly platform?: Platform | undefined;
  readonly flavour?: Flavour | undefined;
  /** Bottom first; layers that were built before are shared. One small layer by default. */
  readonly layers?: readonly (LayerOptions | TestLayer)[] | undefined;
  /** The `config` part of the image config: Cmd, Env, Labels … */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** Last word on the whole config, before it is hashed. */
  readonly editConfig?: ((config: Record<string, unknown>) => unknown) | undefined;
}

/** An image for one platform; `root` is its manifest. */
export interface TestImage extends TestGraph {
  readonly platform: Platform;
  readonly flavour: Flavour;
  readonly config: Descriptor;
  readonly layers: readonly TestLayer[];
}

const CREATED = '2026-01-01T00:00:00Z';
const LINUX_AMD64: Platform = { os: 'linux', architecture: 'amd64' };

export function buildImage(options: ImageOptions = {}): TestImage {
  const { platform = LINUX_AMD64, flavour = 'oci' } = options;
  const layers = (options.layers ?? [{ files: [{ name: 'hello.txt', content: 'hello' }] }]).map((layer) =>
    'digest' in layer ? layer : buildLayer(layer),
  );
  const document = configDocument(platform, layers, options.config ?? {});
  const configBytes = Buffer.from(JSON.stringify(options.editConfig?.({ ...document }) ?? document));
  const types = MEDIA_TYPES[flavour];
  const config = descriptorOf(types.config, configBytes);
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config,
    layers: layers.map((layer) => layerDescriptor(layer, flavour)),
  };
  const held = layers.filter((layer) => layer.foreign === undefined || layer.foreign.inRegistry === true);
  const graph = sealManifest(manifest, {
    mediaType: types.manifest,
    blobs: [configBytes, ...held.map((layer) => layer.bytes)],
  });
  return { ...graph, platform, flavour, config, layers };
}

function configDocument(
  platform: Platform,
  layers: readonly TestLayer[],
  config: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    created: CREATED,
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    os: platform.os,
    ...(platform.osVersion === undefined ? {} : { 'os.version': platform.osVersion }),
    config,
    rootfs: { type: 'layers', diff_ids: layers.map((layer): Digest => layer.diffId) },
    history: layers.map((_, index) => ({ created: CREATED, created_by: `layer ${index}` })),
  };
}

export interface HelloOptions {
  readonly flavour?: Flavour | undefined;
  readonly compression?: LayerOptions['compression'];
}

/** The image of the project's own program for one processor: one layer of a few hundred bytes, entry point /hello. */
export function helloImage(architecture: ProgramArchitecture, options: HelloOptions = {}): TestImage {
  const files = [{ name: 'hello', content: helloProgram(architecture), mode: 0o755 }];
  return buildImage({
    platform: { os: 'linux', architecture },
    flavour: options.flavour,
    layers: [{ files, compression: options.compression }],
    config: { Entrypoint: ['/hello'], Labels: { 'org.opencontainers.image.title': 'hello' } },
  });
}
