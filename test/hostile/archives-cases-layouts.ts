/** OCI layouts in a tar, archives that are both, and files that are no archives. */

import {
  blob,
  blobsOf,
  descriptor,
  INDEX,
  imageOf,
  imageWith,
  index,
  LAYOUT,
  named,
  ociArchive,
  row,
  table,
} from './archives-image.ts';
import { type ArchiveCase, configOf } from './archives-stage.ts';
import type { World } from './layers-canary.ts';
import { digestOf, json, pathOf } from './layers-image.ts';
import { file, symlink, type TarEntry, tar } from './layers-tar.ts';

const NAME = 'localhost:5000/app:1';
const one = imageOf('one');
const two = imageOf('two', 'one');
const loaded = { [NAME]: configOf(one.config) };

function right(name: string, why: string, archive: Buffer, expect: ArchiveCase['expect'] = loaded): ArchiveCase {
  return { name, why, expect, archive: () => archive };
}

function refused(
  name: string,
  why: string,
  archive: (world: World) => Buffer | string,
  more: Partial<ArchiveCase> = {},
): ArchiveCase {
  return { name, why, expect: 'refused', archive, ...more };
}

function either(
  name: string,
  why: string,
  archive: (world: World) => Buffer | string,
  more: Partial<ArchiveCase> = {},
): ArchiveCase {
  return { name, why, expect: 'contained', archive, ...more };
}

/** A layout of `one` with another index. */
function indexed(content: Buffer | string, ...more: readonly TarEntry[]): Buffer {
  return tar(LAYOUT, ...blobsOf(one), blob(one.manifest), ...more, file('index.json', content));
}

function entry(more: object): () => Buffer {
  return () => indexed(index(named(one, NAME, more)));
}

/** A layout of an image whose manifest was changed. */
function changed(change: (manifest: Record<string, unknown>) => unknown): () => Buffer {
  return () => ociArchive(imageWith(one.layers, undefined, change), NAME);
}

const layerDigest = digestOf(one.layers[0] ?? '');
const PROMISE = 'the content is another than was promised';
const DIGEST = 'a digest is an algorithm and hexadecimal digits';

/** Indexes in indexes, so many deep. */
function nested(depth: number): Buffer {
  const blobs: TarEntry[] = [];
  let inner: Record<string, unknown> = named(one, NAME);
  for (let left = depth; left > 0; left -= 1) {
    const document = index(inner);
    blobs.push(blob(document));
    inner = descriptor(INDEX, document, { annotations: { 'io.containerd.image.name': NAME } });
  }
  return indexed(index(inner), ...blobs);
}

export const layouts: readonly ArchiveCase[] = [
  right('a layout', 'OCI', ociArchive(one, NAME)),
  right(
    'a layout and the tables of docker',
    'docker since 25 writes both',
    tar(
      LAYOUT,
      ...blobsOf(one),
      blob(one.manifest),
      file('index.json', index(named(one, NAME))),
      table(row(one, [NAME])),
    ),
  ),
  right('one image under two names', 'both', indexed(index(named(one, NAME), named(one, 'localhost:5000/b:2'))), {
    ...loaded,
    'localhost:5000/b:2': configOf(one.config),
  }),
  refused('a manifest that is missing', 'it is not there', () =>
    tar(LAYOUT, ...blobsOf(one), file('index.json', index(named(one, NAME)))),
  ),
  refused('a layer that is missing', 'it is not there', () =>
    tar(LAYOUT, blob(one.config), blob(one.manifest), file('index.json', index(named(one, NAME)))),
  ),
  refused('a config that is missing', 'it is not there', () =>
    tar(LAYOUT, ...blobsOf(one).slice(1), blob(one.manifest), file('index.json', index(named(one, NAME)))),
  ),
  refused('a manifest of other bytes', PROMISE, () =>
    tar(
      LAYOUT,
      ...blobsOf(one),
      blob(two.manifest, pathOf(digestOf(one.manifest))),
      file('index.json', index(named(one, NAME))),
    ),
  ),
  refused('a config of other bytes', PROMISE, () =>
    tar(
      LAYOUT,
      blob(two.config, pathOf(digestOf(one.config))),
      ...blobsOf(one).slice(1),
      blob(one.manifest),
      file('index.json', index(named(one, NAME))),
    ),
  ),
  refused('a layer of other bytes', PROMISE, () =>
    tar(
      LAYOUT,
      blob(one.config),
      blob(two.layers[0] ?? one.config, pathOf(layerDigest)),
      blob(one.manifest),
      file('index.json', index(named(one, NAME))),
    ),
  ),
  refused('a layer of other bytes and the same length', PROMISE, () =>
    tar(
      LAYOUT,
      blob(one.config),
      blob(Buffer.alloc(one.layers[0]?.length ?? 0), pathOf(layerDigest)),
      blob(one.manifest),
      file('index.json', index(named(one, NAME))),
    ),
  ),
  refused('layers that are not the diff_ids', PROMISE, () =>
    ociArchive(
      {
        ...imageWith(two.layers.toReversed()),
        config: two.config,
        manifest: imageWith(two.layers.toReversed(), () => JSON.parse(two.config.toString())).manifest,
      },
      NAME,
    ),
  ),
  refused('a size that is too small', PROMISE, entry({ size: 10 })),
  refused('a size that is too big', PROMISE, entry({ size: one.manifest.length + 1 })),
  refused('a size below zero', 'not a size', entry({ size: -1 })),
  refused('a size that is text', 'not a size', entry({ size: '100' })),
  refused(
    'a layer whose size is wrong',
    PROMISE,
    changed((manifest) => ({
      ...manifest,
      layers: [{ ...descriptor('application/vnd.oci.image.layer.v1.tar', one.layers[0] ?? Buffer.alloc(0)), size: 7 }],
    })),
  ),
  refused('a digest that is a path', DIGEST, entry({ digest: 'sha256:../../index.json' })),
  refused('a digest that leads out', DIGEST, entry({ digest: `sha256:${'../'.repeat(10)}outside/canary.txt` })),
  refused(
    'a digest of upper case',
    DIGEST,
    entry({ digest: digestOf(one.manifest).replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase()) }),
  ),
  refused('a digest of md5', 'nobody knows it', entry({ digest: `md5:${'a'.repeat(32)}` })),
  refused(
    'a layer of a digest that is a path',
    DIGEST,
    changed((manifest) => ({
      ...manifest,
      layers: [
        { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: 'sha256:../../../../../etc/passwd', size: 5 },
      ],
    })),
  ),
  refused('no digest', DIGEST, entry({ digest: undefined })),
  either('a manifest that is called an index', 'CVE-2021-41190', entry({ mediaType: INDEX })),
  refused('an index that is called a manifest', 'CVE-2021-41190', () => {
    const inner = index(named(one, NAME));
    return indexed(
      index({ ...named(one, NAME), ...descriptor('application/vnd.oci.image.manifest.v1+json', inner) }),
      blob(inner),
    );
  }),
  refused(
    'a manifest that is an index as well',
    'CVE-2021-41190',
    changed((manifest) => ({ ...manifest, manifests: [] })),
  ),
  refused(
    'a manifest whose layers are no list',
    'not a manifest',
    changed((manifest) => ({ ...manifest, layers: null })),
  ),
  refused(
    'a manifest without a config',
    'not a manifest',
    changed(({ config: _config, ...manifest }) => manifest),
  ),
  refused(
    'a manifest of schema 1',
    'not any more',
    changed(() => ({ schemaVersion: 1, name: 'x', tag: '1', fsLayers: [], history: [] })),
  ),
  either('an index in an index', 'buildx writes such', () => nested(1)),
  refused('indexes in indexes, a thousand deep', 'a limit ends it', () => nested(1000)),
  refused('an index that holds itself by a wrong digest', PROMISE, () => {
    const digest = digestOf('self');
    const self = json({ schemaVersion: 2, mediaType: INDEX, manifests: [{ mediaType: INDEX, digest, size: 200 }] });
    return indexed(index({ mediaType: INDEX, digest, size: self.length }), blob(self, pathOf(digest)));
  }),
  refused('an index whose blob is a link to index.json', 'no blob, or one without end', () =>
    indexed(
      index({ mediaType: INDEX, digest: digestOf('x'), size: 300 }),
      symlink(pathOf(digestOf('x')), '../../index.json'),
    ),
  ),
  either('an index of fifty thousand manifests that are missing', 'time and memory stay small', () =>
    indexed(
      index(
        ...Array.from({ length: 50_000 }, (_, at) => ({
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: digestOf(String(at)),
          size: 500,
        })),
      ),
    ),
  ),
  ...[
    'null',
    '[]',
    '{}',
    '42',
    '',
    '{"manifests":[',
    '{"schemaVersion":2,"manifests":{}}',
    '{"schemaVersion":2,"manifests":[null]}',
  ].map((content) =>
    refused(`index.json that is ${content === '' ? 'empty' : content}`, 'not an index', () => indexed(content)),
  ),
  either('an index of nothing', 'there is nothing to load', () => indexed(index())),
  either('index.json of 24 MiB', 'far more than any index', () =>
    indexed(Buffer.concat([index(named(one, NAME)), Buffer.alloc(24 << 20, 32)])),
  ),
  either(
    'a manifest of 24 MiB',
    'far more than any manifest',
    changed((manifest) => ({ ...manifest, annotations: { x: 'x'.repeat(24 << 20) } })),
  ),
  refused('another version of layouts', 'nobody knows what it means', () =>
    tar(
      file('oci-layout', '{"imageLayoutVersion":"2.0.0"}'),
      ...blobsOf(one),
      blob(one.manifest),
      file('index.json', index(named(one, NAME))),
    ),
  ),
  either('oci-layout that is missing', 'skopeo refuses it, containerd needs only the index', () =>
    tar(...blobsOf(one), blob(one.manifest), file('index.json', index(named(one, NAME)))),
  ),
  either('oci-layout that is no document', 'refused, or not looked at', () =>
    tar(
      file('oci-layout', '\x1b[31m'),
      ...blobsOf(one),
      blob(one.manifest),
      file('index.json', index(named(one, NAME))),
    ),
  ),
  refused('a name with control characters', 'not a name', () =>
    indexed(index(named(one, 'localhost:5000/\x1b[31m:1'))),
  ),
  refused('a name that leads up', 'not a name', () => indexed(index(named(one, '../../../outside:1')))),
  refused('a name that is a number', 'not a name', () =>
    indexed(
      index({
        ...named(one, NAME),
        annotations: { 'io.containerd.image.name': 7, 'org.opencontainers.image.ref.name': {} },
      }),
    ),
  ),
  either('tables that name another image than the index', 'one of the two, wholly', () =>
    tar(
      LAYOUT,
      ...blobsOf(one),
      blob(one.manifest),
      ...blobsOf(two),
      file('index.json', index(named(one, NAME))),
      table(row(two, [NAME])),
    ),
  ),
  either('tables that name a layer of another image', 'one of the two, wholly', () =>
    tar(
      LAYOUT,
      ...blobsOf(one),
      blob(one.manifest),
      ...blobsOf(two),
      file('index.json', index(named(one, NAME))),
      table(row(one, [NAME], { Layers: [pathOf(digestOf(two.layers[0] ?? ''))] })),
    ),
  ),
];
