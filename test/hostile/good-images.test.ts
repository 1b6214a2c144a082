/** Images that are odd, and right: a pull has to give each of them, byte for byte. */
import { gzipSync } from 'node:zlib';
import {
  buildImage,
  buildIndex,
  buildLayer,
  changeReply,
  digestOf,
  editManifest,
  type Fault,
  helloImage,
  helloIndex,
  MEDIA_TYPES,
  type RegistryOptions,
  sealManifest,
  type TestGraph,
  type TestImage,
} from 'dray/testing';
import { type HostileCase, imageOf, playAll, pulled, type Scene, type Stage } from './stage.ts';

const hello = helloImage('amd64');
const arm = helloImage('arm64');
const docker = helloImage('amd64', { flavour: 'docker' });

/** A case of an image that is right as it is. */
function right(name: string, graph: TestGraph, more: Scene & { readonly options?: RegistryOptions } = {}): HostileCase {
  return { name, expect: 'ok', scene: (stage) => pulled(stage, graph, more) };
}

/** The same image under a root that was changed. */
function changed(name: string, image: TestImage, change: (manifest: Record<string, unknown>) => unknown): HostileCase {
  return right(name, editManifest(image, change), { holds: image });
}

/** Headers of manifests are changed, or taken away with undefined. */
function served(headers: Readonly<Record<string, string | undefined>>): RegistryOptions {
  const change = changeReply({ kind: 'manifest' }, (answer) => ({
    ...answer,
    headers: Object.fromEntries(
      Object.entries({ ...answer.headers, ...headers }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    ),
  }));
  return { faults: [change] };
}

function zipped(kind: 'manifest' | 'blob'): Fault {
  return changeReply({ kind }, (answer) => ({
    ...answer,
    headers: { ...answer.headers, 'content-encoding': 'gzip' },
    body: gzipSync(answer.body),
  }));
}

function withContentType(type: string | undefined, graph: TestGraph = hello): HostileCase {
  return right(`served as ${type === undefined ? 'nothing' : JSON.stringify(type)}`, graph, {
    holds: hello,
    options: served({ 'content-type': type }),
  });
}

const withoutType = editManifest(hello, ({ mediaType: _type, ...rest }) => rest);

playAll('content types', [
  withContentType(undefined),
  withContentType(''),
  withContentType('text/plain; charset=utf-8'),
  withContentType('application/json'),
  withContentType('application/octet-stream'),
  withContentType('text/html'),
  withContentType('nonsense'),
  withContentType(`${MEDIA_TYPES.oci.manifest}; charset=UTF-8`),
  withContentType(MEDIA_TYPES.oci.manifest.toUpperCase()),
  right('a document that does not say its type', withoutType, { holds: hello }),
  right('a type nowhere', withoutType, { holds: hello, options: served({ 'content-type': undefined }) }),
  right(
    'a docker document that does not say its type, served as JSON',
    editManifest(docker, ({ mediaType: _type, ...rest }) => rest),
    {
      holds: docker,
      options: served({ 'content-type': 'application/json' }),
    },
  ),
  right('an index served as text', helloIndex(), { holds: hello, options: served({ 'content-type': 'text/plain' }) }),
  right('gzipped on the way', hello, { options: { faults: [zipped('manifest')] } }),
  right('gzipped blobs', hello, { options: { faults: [zipped('blob')] } }),
  right('no Docker-Content-Digest', hello, { options: served({ 'docker-content-digest': undefined }) }),
]);

const nested = buildIndex([{ graph: buildIndex([hello, arm]) }]);
const attestation = editManifest(hello, (manifest) => ({ ...manifest, annotations: { attests: 'it' } }));

playAll('indexes', [
  right('an index', helloIndex(), { holds: hello }),
  right('a docker list', helloIndex({ flavour: 'docker' }), { holds: docker }),
  right('a nested index', nested, { holds: hello }),
  right('three indexes within each other', buildIndex([{ graph: nested }]), { holds: hello }),
  right('a nested index beside an image', buildIndex([arm, { graph: buildIndex([hello]) }]), { holds: hello }),
  right('one entry that names no platform', buildIndex([{ graph: hello }]), { holds: hello }),
  right('several entries that name no platform', buildIndex([{ graph: arm }, { graph: hello }]), { holds: hello }),
  right('an image that names none beside one for another platform', buildIndex([arm, { graph: hello }]), {
    holds: hello,
  }),
  right(
    'an attestation in front',
    buildIndex([{ graph: attestation, platform: { os: 'unknown', architecture: 'unknown' } }, hello]),
    { holds: hello },
  ),
  right('an attestation that names no platform', attested(), { holds: hello }),
  right(
    'platforms in other words',
    buildIndex([{ graph: hello, platform: { os: 'Linux', architecture: 'x86_64' } }, arm]),
    { holds: hello },
  ),
  right('the same platform twice: the first', buildIndex([hello, { graph: attestation, platform: hello.platform }]), {
    holds: hello,
  }),
  right(
    'entries for machines that are newer than the one asked for',
    buildIndex([{ graph: attestation, platform: { ...hello.platform, variant: 'v3' } }, hello]),
    { holds: hello },
  ),
  right('one manifest for two platforms', buildIndex([hello, { graph: hello, platform: arm.platform }]), {
    holds: hello,
  }),
  right(
    'escape sequences for a platform',
    buildIndex([{ graph: hello, platform: { os: '\u001b[31mlinux', architecture: 'amd64\u0007' } }]),
    {
      holds: hello,
    },
  ),
  right(
    'many entries',
    buildIndex([
      ...Array.from({ length: 500 }, (_, at) => ({ graph: arm, platform: { os: `os${at}`, architecture: 'arm64' } })),
      hello,
    ]),
    { holds: hello },
  ),
  right('an index that calls an arm64 image amd64', buildIndex([{ graph: arm, platform: hello.platform }]), {
    holds: arm,
    says: /linux\/arm64.*does not match the specified platform \(linux\/amd64\)/,
  }),
  right('a single image of another platform', arm, {
    says: /WARNING.*linux\/arm64.*does not match the specified platform \(linux\/amd64\)/i,
  }),
]);

function attested(): TestGraph {
  const index = buildIndex([{ graph: attestation }, { graph: hello }]);
  return editManifest(index, ({ manifests, ...rest }) => {
    const [first, second] = manifests as readonly Record<string, unknown>[];
    const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' };
    return { ...rest, manifests: [{ ...first, annotations }, second] };
  });
}

const plain = { files: [{ name: 'a', content: 'a' }] };
const files = Array.from({ length: 40 }, (_, at) => ({ name: `file-${at}`, content: `content ${at}`.repeat(50) }));
const empty = buildLayer({ files: [] });
const nothing = {
  ...empty,
  bytes: new Uint8Array(),
  digest: digestOf(new Uint8Array()),
  diffId: digestOf(new Uint8Array()),
  compression: 'none' as const,
};
const twice = buildLayer(plain);

playAll('layers', [
  right('docker schema2', docker),
  right('zstd', buildImage({ layers: [{ ...plain, compression: 'zstd' }] })),
  right('zstd in several frames', buildImage({ layers: [{ files, compression: 'zstd', frames: 7 }] })),
  right('gzip in several members', buildImage({ layers: [{ files, frames: 7 }] })),
  right('uncompressed', buildImage({ layers: [{ ...plain, compression: 'none' }] })),
  right('an empty tar', buildImage({ layers: [plain, empty] })),
  right('no byte at all', buildImage({ layers: [plain, nothing] })),
  right('no layers', buildImage({ layers: [] })),
  right('the same layer twice', buildImage({ layers: [twice, plain, twice] })),
  right(
    '300 layers',
    buildImage({ layers: Array.from({ length: 300 }, (_, at) => ({ files: [{ name: 'n', content: `${at}` }] })) }),
  ),
  right('a layer of 5 MB', buildImage({ layers: [plain, { fill: 5_000_000 }] })),
  changed(
    'a zstd layer that is called gzip',
    buildImage({ layers: [{ ...plain, compression: 'zstd' }] }),
    retyped('application/vnd.oci.image.layer.v1.tar+gzip'),
  ),
  changed(
    'an uncompressed layer that is called gzip',
    buildImage({ layers: [{ ...plain, compression: 'none' }] }),
    retyped('application/vnd.oci.image.layer.v1.tar+gzip'),
  ),
  changed(
    'a gzip layer that is called a tar',
    buildImage({ layers: [plain] }),
    retyped('application/vnd.oci.image.layer.v1.tar'),
  ),
  changed(
    "docker's layers under OCI's manifest",
    buildImage({ layers: [plain] }),
    retyped('application/vnd.docker.image.rootfs.diff.tar.gzip'),
  ),
  changed('docker layers without a media type', docker, retyped(undefined)),
  changed('urls of a layer that is no foreign one', hello, layered({ urls: ['http://127.0.0.1:1/layer'] })),
  right(
    'a layer of an unknown type beside one of a known',
    editManifest(buildImage({ layers: [plain, { fill: 100 }] }), unknownTop),
    {
      holds: buildImage({ layers: [plain, { fill: 100 }] }),
    },
  ),
  right(
    'a foreign layer that the registry has',
    buildImage({
      flavour: 'docker',
      layers: [plain, { ...plain, foreign: { urls: ['https://127.0.0.1:1/layer'], inRegistry: true } }],
    }),
  ),
]);

function layered(more: Readonly<Record<string, unknown>>): (manifest: Record<string, unknown>) => unknown {
  return ({ layers, ...rest }) => ({
    ...rest,
    layers: (layers as readonly object[]).map((layer) => ({ ...layer, ...more })),
  });
}

function unknownTop({ layers, ...rest }: Record<string, unknown>): unknown {
  const [first, second] = layers as readonly object[];
  return { ...rest, layers: [first, { ...second, mediaType: 'application/octet-stream' }] };
}

function retyped(mediaType: string | undefined): (manifest: Record<string, unknown>) => unknown {
  return layered({ mediaType });
}

playAll('documents', [
  changed('annotations and unknown fields everywhere', hello, (manifest) => ({
    ...(layered({ annotations: { a: '', b: 'ü\u0007\u001b[31m' }, extra: [1, { deep: null }] })(manifest) as object),
    annotations: { 'org.opencontainers.image.title': 'a\nb' },
    'x-unknown': { layers: [], manifests: 'no' },
  })),
  changed('data in a descriptor that lies', hello, layered({ data: 'bGllcw==' })),
  changed('null where Go leaves out', hello, (manifest) => ({ ...manifest, annotations: null, subject: null })),
  changed('a subject', hello, (manifest) => ({
    ...manifest,
    subject: { mediaType: MEDIA_TYPES.oci.manifest, digest: arm.root.digest, size: 12 },
  })),
  changed('a manifest of 3.9 MiB', hello, (manifest) => ({
    ...manifest,
    annotations: { long: 'x'.repeat(3_900_000) },
  })),
  changed('a legacy type of config', docker, (manifest) => ({
    ...manifest,
    config: { ...(manifest['config'] as object), mediaType: 'application/octet-stream' },
  })),
  right('another spelling of JSON', spelled(), { holds: hello }),
  right(
    'a config of 3 MB',
    edited((config) => ({ ...config, comment: 'x'.repeat(3_000_000) })),
  ),
  right(
    'a config without system and processor',
    edited(({ os: _os, architecture: _architecture, ...rest }) => rest),
  ),
  right(
    'a config without history, times and settings',
    edited(({ rootfs }) => ({ rootfs, os: 'linux', architecture: 'amd64' })),
  ),
  right(
    'null in a config',
    edited((config) => ({ ...config, config: null, history: null, created: null, author: null, variant: null })),
  ),
  right(
    'a history that is too long',
    edited((config) => ({ ...config, history: Array.from({ length: 9 }, () => ({ created_by: 'x' })) })),
  ),
  right(
    'a history that says empty_layer',
    edited((config) => ({ ...config, history: [{ empty_layer: true }, { created: 'yesterday' }] })),
  ),
  right(
    'times and fields that make no sense',
    edited((config) => ({ ...config, created: 'yesterday', 'os.version': '', throwaway: 7, moby: {} })),
  ),
  right(
    'labels with escape sequences',
    edited((config) => ({ ...config, config: { Labels: { a: '\u001b]0;title\u0007' } }, author: '\u001b[2J' })),
  ),
]);

function edited(editConfig: (config: Record<string, unknown>) => unknown): TestImage {
  return buildImage({ layers: [plain], editConfig });
}

/** The manifest indented with spaces and with escapes, and a line end behind it. */
function spelled(): TestGraph {
  const text = Buffer.from(hello.blobs.get(hello.root.digest) ?? '').toString();
  const document = JSON.stringify(JSON.parse(text), null, '\t').replaceAll('schemaVersion', '\\u0073chemaVersion');
  return sealManifest(`\r\n ${document}\n\n`, { mediaType: hello.root.mediaType, with: [hello] });
}

playAll('references', [
  byReference('a digest', () => `app@${hello.root.digest}`),
  byReference('a tag and a digest: the digest counts', () => `app:2@${hello.root.digest}`),
  byReference(
    'a digest of sha512',
    () => `app@${digestOf(hello.blobs.get(hello.root.digest) ?? new Uint8Array(), 'sha512')}`,
  ),
  byReference('the digest of an index', () => `app@${helloIndex().root.digest}`),
  {
    name: 'a repository of many parts',
    expect: 'ok',
    scene: async (stage) => {
      const registry = await stage.registry({ images: { 'a/b_c/d-e/f.g:V1.0_x': hello } });
      const pull = registry.reference('a/b_c/d-e/f.g:V1.0_x');
      return { pull, holds: imageOf(hello, pull) };
    },
  },
  {
    name: 'latest where nothing is said',
    expect: 'ok',
    scene: async (stage) => {
      const registry = await stage.registry({ images: { 'app:latest': hello } });
      return { pull: registry.reference('app'), holds: imageOf(hello, registry.reference('app:latest')) };
    },
  },
  right('layers and config of sha512', in512(), { holds: in512Image() }),
  {
    name: 'the same, without the store',
    expect: 'ok',
    scene: (stage) => pulled(stage, hello, { flags: ['--no-store'] }),
  },
  { name: 'zstd and gzip, without the store, gzipped', expect: 'ok', scene: (stage) => gzipped(stage) },
]);

function gzipped(stage: Stage): Promise<Scene> {
  const image = buildImage({ layers: [{ files, compression: 'zstd', frames: 3 }, { files, frames: 3 }, plain] });
  return pulled(stage, image, { flags: ['--no-store'], file: 'image.tar.gz' });
}

function byReference(name: string, reference: () => string): HostileCase {
  return {
    name,
    expect: 'ok',
    scene: async (stage) => {
      const registry = await stage.registry({ images: { 'app:1': helloIndex(), 'app:2': arm } });
      return { pull: registry.reference(reference()), holds: imageOf(hello) };
    },
  };
}

/** The image with its config and layer known by sha512. */
function in512(): TestGraph {
  const manifest = JSON.parse(Buffer.from(hello.blobs.get(hello.root.digest) ?? '').toString()) as Record<
    string,
    unknown
  >;
  const image = in512Image();
  const [layer] = manifest['layers'] as readonly object[];
  return sealManifest(
    {
      ...manifest,
      config: { ...(manifest['config'] as object), digest: image.config.digest },
      layers: [{ ...layer, digest: image.layers[0]?.digest }],
    },
    { mediaType: hello.root.mediaType, with: [hello] },
  );
}

function in512Image(): {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
} {
  const sha512 = (digest: string): string =>
    digestOf([...hello.blobs].find(([key]) => key === digest)?.[1] ?? new Uint8Array(), 'sha512');
  return {
    config: { digest: sha512(hello.config.digest) },
    layers: hello.layers.map((layer) => ({ digest: sha512(layer.digest) })),
  };
}
