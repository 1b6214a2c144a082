import { gunzipSync } from 'node:zlib';
import type { Descriptor, Digest } from '#oci';
import { digestOf } from './descriptor-of.ts';
import type { TestGraph } from './graph.ts';
import type { TestImage } from './image.ts';
import type { TestLayer } from './layers.ts';
import { type LayerFile, tarOf } from './tar.ts';

/** An image, and what it is called in an archive: `app:1`. */
export interface NamedImage {
  readonly image: TestImage;
  readonly names: readonly string[];
}

/** Writes images as one tool does: all of the archive, uncompressed. Layers are of gzip or of none. */
export type ArchiveShape = (images: readonly NamedImage[]) => Uint8Array;

const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(':') + 1);
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const LAYOUT: LayerFile = { name: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) };

/** What a layer is without its gzip. */
export function uncompressed({ bytes, compression }: TestLayer): Uint8Array {
  return compression === 'gzip' ? gunzipSync(bytes) : bytes;
}

/** By tool, as their code writes them. Old docker names layers by ids of its first format; here any 64 digits do. */
export const ARCHIVE_SHAPES: Readonly<Record<string, ArchiveShape>> = {
  'docker 1.10': (images) => {
    const written = new Map<string, string>();
    const files = images.flatMap(({ image }, at) =>
      image.layers.flatMap((layer, index) => {
        const id = hexOf(digestOf(Buffer.from(`v1 ${at} ${index}`)));
        const first = written.get(layer.digest);
        written.set(layer.digest, first ?? id);
        const content =
          first === undefined ? { content: uncompressed(layer) } : { link: `../${first}/layer.tar`, type: '2' };
        return [
          { name: `${id}/` },
          { name: `${id}/VERSION`, content: '1.0' },
          { name: `${id}/json`, content: json({ id }) },
          { name: `${id}/layer.tar`, ...content },
        ];
      }),
    );
    const entries = images.map((one, at) =>
      item(one, {
        config: `${hexOf(one.image.config.digest)}.json`,
        layer: (_, index) => `${hexOf(digestOf(Buffer.from(`v1 ${at} ${index}`)))}/layer.tar`,
      }),
    );
    return tarOf([
      ...files,
      ...configs(images, (hex) => `${hex}.json`),
      { name: 'manifest.json', content: json(entries) },
      { name: 'repositories', content: json({}) },
    ]);
  },
  'skopeo and podman': (images) =>
    tarOf([
      ...layers(images, uncompressed, ({ diffId }) => `${hexOf(diffId)}.tar`),
      ...configs(images, (hex) => `${hex}.json`),
      table(
        images,
        (hex) => `${hex}.json`,
        ({ diffId }) => `${hexOf(diffId)}.tar`,
      ),
    ]),
  crane: (images) =>
    tarOf([
      ...configs(images, (hex) => `sha256:${hex}`),
      ...layers(
        images,
        ({ bytes }) => bytes,
        ({ digest }) => `${hexOf(digest)}.tar.gz`,
      ),
      table(
        images,
        (hex) => `sha256:${hex}`,
        ({ digest }) => `${hexOf(digest)}.tar.gz`,
      ),
    ]),
  'kaniko, with its digests in full': (images) =>
    tarOf([
      ...configs(images, (hex) => `sha256:${hex}`),
      ...layers(
        images,
        ({ bytes }) => bytes,
        ({ digest }) => `${digest}.tar.gz`,
      ),
      table(
        images,
        (hex) => `sha256:${hex}`,
        ({ digest }) => `${digest}.tar.gz`,
      ),
    ]),
  'bazel, with layers of any name': (images) =>
    tarOf([
      table(
        images,
        (hex) => `./${hex}.json`,
        ({ diffId }) => `./${hexOf(diffId)}/layer.tar`,
      ),
      ...configs(images, (hex) => `./${hex}.json`),
      ...layers(
        images,
        ({ bytes }) => bytes,
        ({ diffId }) => `./${hexOf(diffId)}/layer.tar`,
      ),
    ]),
  'docker 25, both at once': (images) =>
    tarOf([
      { name: 'blobs/' },
      { name: 'blobs/sha256/' },
      ...blobs(images.map(({ image }) => image)),
      indexJson(images),
      table(
        images,
        (hex) => `blobs/sha256/${hex}`,
        ({ digest }) => `blobs/sha256/${hexOf(digest)}`,
      ),
      LAYOUT,
    ]),
  'ctr and nerdctl': (images) =>
    tarOf([LAYOUT, indexJson(images), ...blobs(images.map(({ image }) => image)).map(dotted)]),
  'the tables first, hard links for what is shared': (images) => {
    const [first, ...others] = blobs(images.map(({ image }) => image));
    const copies = first === undefined ? [] : [{ name: 'copy', link: first.name, type: '1' }];
    return tarOf([indexJson(images), LAYOUT, ...(first === undefined ? [] : [first]), ...copies, ...others]);
  },
  'pax and GNU names': (images) => {
    const [first, ...others] = blobs(images.map(({ image }) => image));
    if (first === undefined) return tarOf([]);
    const record = ` path=${first.name}\n`;
    const pax = { name: 'PaxHeaders/x', type: 'x', content: `${record.length + 2}${record}` };
    const gnu = others.flatMap(({ name, ...rest }) => [
      { name: '././@LongLink', type: 'L', content: `${name}\0` },
      { ...rest, name: 'short' },
    ]);
    return tarOf([LAYOUT, indexJson(images), pax, { ...first, name: 'other' }, ...gnu]);
  },
  'each file twice': (images) => {
    const files = [LAYOUT, indexJson(images), ...blobs(images.map(({ image }) => image))];
    return tarOf([...files, ...files]);
  },
};

/** Every blob of graphs once, where an OCI layout has it. */
function blobs(graphs: readonly TestGraph[]): readonly LayerFile[] {
  const all = new Map(graphs.flatMap((graph) => [...graph.blobs]));
  return [...all].map(([digest, content]) => ({ name: `blobs/sha256/${hexOf(digest)}`, content }));
}

function dotted(file: LayerFile): LayerFile {
  return { ...file, name: `./${file.name}` };
}

function indexJson(images: readonly NamedImage[]): LayerFile {
  const manifests = images.flatMap(({ image: { root, platform }, names }) => {
    const entry = ({ mediaType, digest, size }: Descriptor): object => ({ mediaType, digest, size, platform });
    if (names.length === 0) return [entry(root)];
    return names.map((name) => ({
      ...entry(root),
      annotations: {
        'io.containerd.image.name': `docker.io/library/${name}`,
        'org.opencontainers.image.ref.name': name.slice(name.indexOf(':') + 1),
      },
    }));
  });
  return { name: 'index.json', content: json({ schemaVersion: 2, manifests }) };
}

function configs(images: readonly NamedImage[], name: (hex: string) => string): readonly LayerFile[] {
  const all = new Map(images.map(({ image }) => [image.config.digest, image.blobs.get(image.config.digest)]));
  return [...all].map(([digest, content]) => ({ name: name(hexOf(digest)), ...(content && { content }) }));
}

function layers(
  images: readonly NamedImage[],
  content: (layer: TestLayer) => Uint8Array,
  name: (layer: TestLayer) => string,
): readonly LayerFile[] {
  const all = new Map(images.flatMap(({ image }) => image.layers.map((layer) => [layer.digest, layer] as const)));
  return [...all.values()].map((layer) => ({ name: name(layer), content: content(layer) }));
}

function table(
  images: readonly NamedImage[],
  config: (hex: string) => string,
  layer: (layer: TestLayer) => string,
): LayerFile {
  const items = images.map((one) => item(one, { config: config(hexOf(one.image.config.digest)), layer }));
  return { name: 'manifest.json', content: json(items) };
}

function item(
  { image, names }: NamedImage,
  how: { readonly config: string; readonly layer: (layer: TestLayer, index: number) => string },
): object {
  return { Config: how.config, RepoTags: names.length === 0 ? null : names, Layers: image.layers.map(how.layer) };
}
