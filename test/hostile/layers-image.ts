import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { END, file, headerOf, open, padding } from './layers-tar.ts';

/** A layer as it is stored, and what the image says of it. */
export interface HostileLayer {
  readonly stored: Buffer;
  readonly mediaType: string;
  readonly diffId: string;
  /** What the manifest says where it lies. */
  readonly digest?: string | undefined;
  readonly size?: number | undefined;
  /** It is not there at all. */
  readonly absent?: boolean | undefined;
  readonly urls?: readonly string[] | undefined;
}

export type Wrapping = 'layout' | 'docker-archive' | 'oci-archive';

/** What of an image is changed before it is written. */
export interface WrapOptions {
  readonly config?: ((config: Record<string, unknown>) => unknown) | undefined;
  readonly manifest?: ((manifest: Record<string, unknown>) => unknown) | undefined;
}

interface Blob {
  readonly path: string;
  readonly content: Buffer;
  readonly absent?: boolean | undefined;
}

export function digestOf(content: Buffer | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** A tar as a layer that is stored as it is. */
export function plain(content: Buffer, more: Partial<HostileLayer> = {}): HostileLayer {
  return {
    stored: content,
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
    diffId: digestOf(content),
    ...more,
  };
}

/** A tar as a gzipped layer. */
export function gzipped(content: Buffer, more: Partial<HostileLayer> = {}): HostileLayer {
  return {
    stored: gzipSync(content, { level: 1 }),
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    diffId: digestOf(content),
    ...more,
  };
}

/** Writes an image of these layers below `folder`; gives the path of the layout or archive. */
export function wrap(
  layers: readonly HostileLayer[],
  how: Wrapping,
  folder: string,
  { config: changeConfig = same, manifest: changeManifest = same }: WrapOptions = {},
): string {
  const config = json(
    changeConfig({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/hello'] },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(() => ({ created_by: 'hostile' })),
    }),
  );
  const blobs: readonly Blob[] = [
    { path: pathOf(digestOf(config)), content: config },
    ...layers.map(({ stored, digest = digestOf(stored), absent }) => ({
      path: pathOf(digest),
      content: stored,
      absent,
    })),
  ];
  if (how === 'docker-archive') {
    const row = {
      Config: pathOf(digestOf(config)),
      RepoTags: ['localhost:5000/hostile:1'],
      Layers: layers.map(({ stored, digest = digestOf(stored) }) => pathOf(digest)),
    };
    return writeTar([...blobs, { path: 'manifest.json', content: json([row]) }], join(folder, 'image.tar'));
  }
  const manifest = json(changeManifest(manifestOf(config, layers)));
  const layout: readonly Blob[] = [
    { path: 'oci-layout', content: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { path: 'index.json', content: json(indexOf(manifest)) },
    { path: pathOf(digestOf(manifest)), content: manifest },
    ...blobs,
  ];
  return how === 'layout' ? writeFolder(layout, join(folder, 'image')) : writeTar(layout, join(folder, 'image.tar'));
}

function manifestOf(config: Buffer, layers: readonly HostileLayer[]): Record<string, unknown> {
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: layers.map(({ stored, mediaType, digest = digestOf(stored), size = stored.length, urls }) => ({
      mediaType,
      digest,
      size,
      ...(urls === undefined ? {} : { urls }),
    })),
  };
}

function indexOf(manifest: Buffer): unknown {
  const names = {
    'io.containerd.image.name': 'localhost:5000/hostile:1',
    'org.opencontainers.image.ref.name': '1',
  };
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf(manifest),
        size: manifest.length,
        platform: { os: 'linux', architecture: 'amd64' },
        annotations: names,
      },
    ],
  };
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export function pathOf(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function same(value: unknown): unknown {
  return value;
}

function writeFolder(blobs: readonly Blob[], folder: string): string {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  for (const { path, content, absent } of blobs) if (absent !== true) writeFileSync(join(folder, path), content);
  return folder;
}

function writeTar(blobs: readonly Blob[], path: string): string {
  const output = openSync(path, 'wx');
  const written = new Set<string>();
  for (const { path: name, content, absent } of blobs) {
    if (absent === true || written.has(name)) continue;
    written.add(name);
    writeSync(output, name.length > 100 ? open(file(name, content)) : headerOf(file(name, content)));
    for (let at = 0; at < content.length; ) at += writeSync(output, content, at);
    writeSync(output, padding(content.length));
  }
  writeSync(output, END);
  closeSync(output);
  return path;
}
