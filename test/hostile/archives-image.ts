import { digestOf, json, pathOf } from './layers-image.ts';
import { file, type TarEntry, tar } from './layers-tar.ts';

/** The documents and the layers of one image, as archives hold them. */
export interface ArchivedImage {
  /** Uncompressed. */
  readonly layers: readonly Buffer[];
  readonly config: Buffer;
  readonly manifest: Buffer;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';

/** An image whose layers hold a file each with these texts. */
export function imageOf(...texts: readonly string[]): ArchivedImage {
  return imageWith(texts.map((text) => tar(file(`etc/${text}`, text))));
}

export function imageWith(
  layers: readonly Buffer[],
  changeConfig: (config: Record<string, unknown>) => unknown = (config) => config,
  changeManifest: (manifest: Record<string, unknown>) => unknown = (manifest) => manifest,
): ArchivedImage {
  const config = json(
    changeConfig({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/bin/true'] },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
      history: layers.map(() => ({ created_by: 'a test' })),
    }),
  );
  const manifest = json(
    changeManifest({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar', layer)),
    }),
  );
  return { layers, config, manifest };
}

export function descriptor(mediaType: string, content: Buffer, more: object = {}): Record<string, unknown> {
  return { mediaType, digest: digestOf(content), size: content.length, ...more };
}

/** A blob under its digest. */
export function blob(content: Buffer, path: string = pathOf(digestOf(content))): TarEntry {
  return file(path, content);
}

/** All blobs of an image but its manifest. */
export function blobsOf({ config, layers }: ArchivedImage): readonly TarEntry[] {
  return [blob(config), ...layers.map((layer) => blob(layer))];
}

/** The row of an image in manifest.json. */
export function row({ config, layers }: ArchivedImage, tags: unknown, more: object = {}): Record<string, unknown> {
  return {
    Config: pathOf(digestOf(config)),
    RepoTags: tags,
    Layers: layers.map((layer) => pathOf(digestOf(layer))),
    ...more,
  };
}

export function table(...rows: readonly unknown[]): TarEntry {
  return file('manifest.json', json(rows));
}

/** What `docker save` writes, without the layout. */
export function dockerArchive(image: ArchivedImage, tag: string, more: object = {}): Buffer {
  return tar(...blobsOf(image), table(row(image, [tag], more)));
}

/** What docker wrote before version 25: configs by their hex, a folder for each layer. */
export function legacyEntries(image: ArchivedImage, tag: string): readonly TarEntry[] {
  const config = `${hexOf(image.config)}.json`;
  const layers = image.layers.map((layer) => `${hexOf(Buffer.concat([layer, Buffer.from('v1')]))}/layer.tar`);
  return [
    file(config, image.config),
    ...image.layers.map((layer, at) => file(layers[at] ?? '', layer)),
    table({ Config: config, RepoTags: [tag], Layers: layers }),
  ];
}

export function hexOf(content: Buffer): string {
  return digestOf(content).slice('sha256:'.length);
}

/** The descriptor of an image's manifest with a name. */
export function named(image: ArchivedImage, name: string, more: object = {}): Record<string, unknown> {
  return descriptor(MANIFEST, image.manifest, {
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name.replace(/^.*:/, '') },
    ...more,
  });
}

export function index(...manifests: readonly unknown[]): Buffer {
  return json({ schemaVersion: 2, mediaType: INDEX, manifests });
}

export const LAYOUT: TarEntry = file('oci-layout', '{"imageLayoutVersion":"1.0.0"}');

/** An OCI layout in a tar. */
export function ociArchive(image: ArchivedImage, name: string, more: object = {}): Buffer {
  return tar(LAYOUT, ...blobsOf(image), blob(image.manifest), file('index.json', index(named(image, name, more))));
}
