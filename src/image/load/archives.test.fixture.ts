import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { bytesOf } from '#bytes';
import {
  buildImage,
  buildLayer,
  type LayerFile,
  type TestGraph,
  type TestImage,
  type TestLayer,
  tarOf,
} from '#testing';
import { loadArchive } from './load.ts';
import type { LoadOptions, LoadResult } from './loaded.ts';
import type { TestPlaces } from './places.test.fixture.ts';

type Places = ReturnType<TestPlaces['at']>;

export const BASE: TestLayer = buildLayer({ files: [{ name: 'base', content: 'base' }], fill: 70_000 });
export const APP: TestImage = buildImage({ layers: [BASE, { files: [{ name: 'app', content: 'app' }] }] });
export const TOOL: TestImage = buildImage({
  layers: [BASE, { files: [{ name: 'tool', content: 'tool' }], compression: 'none' }],
});

/** Loads a tar that comes as a stream. */
export function load(tar: Uint8Array, places: Places, options: LoadOptions = {}): Promise<LoadResult> {
  return loadArchive({ stream: bytesOf(tar), name: 'test.tar' }, places, options);
}

export const json = (value: unknown): string => JSON.stringify(value);
export const hex = (digest: string): string => digest.slice('sha256:'.length);

export interface LayoutOptions {
  readonly without?: readonly string[];
  readonly change?: ReadonlyMap<string, Uint8Array>;
  readonly more?: readonly LayerFile[];
  readonly names?: readonly string[];
}

/** An OCI layout of one root, with something wrong. */
export function layout(
  graph: TestGraph,
  { without = [], change, more = [], names = ['app:1'] }: LayoutOptions = {},
): Uint8Array {
  const { mediaType, digest, size } = graph.root;
  const manifests = names.map((name) => ({
    mediaType,
    digest,
    size,
    annotations: { 'io.containerd.image.name': name.includes('/') ? name : `docker.io/library/${name}` },
  }));
  return tarOf([
    { name: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', content: json({ schemaVersion: 2, manifests }) },
    ...[...graph.blobs]
      .filter(([blob]) => !without.includes(blob))
      .map(([blob, content]) => ({ name: `blobs/sha256/${hex(blob)}`, content: change?.get(blob) ?? content })),
    ...more,
  ]);
}

/** docker's format, by hand. */
export function docker(item: object, files: readonly LayerFile[] = []): Uint8Array {
  return tarOf([{ name: 'manifest.json', content: json([item]) }, ...files]);
}

export const CONFIG: Uint8Array = APP.blobs.get(APP.config.digest) ?? new Uint8Array();
export const CONFIG_FILE: LayerFile = { name: 'config.json', content: CONFIG };
export const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};
const [, second = BASE] = APP.layers;
export const TOP: TestLayer = second;

/** No name, no blob, nothing on its way. */
export async function expectUntouched(places: Places): Promise<void> {
  const store = await places.store();
  assert.deepEqual(await store.references(), []);
  assert.deepEqual(await store.blobs(), []);
  assert.deepEqual(await store.partials(), []);
  const folder = `${store.root}/ingest`;
  assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
}
