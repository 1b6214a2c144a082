import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Descriptor } from '#oci';
import { type Content, contentOf, described } from '#testing';
import { type ArchiveImage, type ArchivePlan, planArchive } from './plan.ts';

/** A new folder for one test. */
export function testFolder(): string {
  return mkdtempSync(join(tmpdir(), 'dray-archive-'));
}

export const LAYERS: readonly Content[] = [contentOf(700_000, 11), contentOf(1_500_001, 12), contentOf(512, 13)];

/** An image of these layers; its documents are not what a registry would give, but are said to be. */
export function imageOf(layers: readonly Descriptor[], name = 'app', tag = '1'): ArchiveImage {
  const config = documentOf('application/vnd.oci.image.config.v1+json', { name, layers: layers.length });
  const manifest = documentOf('application/vnd.oci.image.manifest.v1+json', { config: config.descriptor, layers });
  return {
    names: [`${name}:${tag}`],
    fullName: `docker.io/library/${name}:${tag}`,
    tag,
    root: manifest.descriptor,
    documents: [manifest],
    images: [{ platform: { os: 'linux', architecture: 'amd64' }, manifest: manifest.descriptor, config, layers }],
  };
}

export function planOf(...layers: readonly Descriptor[]): ArchivePlan {
  return planArchive([imageOf(layers)], 'docker-archive');
}

export function documentOf(mediaType: string, value: object): Content {
  const { descriptor, bytes } = described(Buffer.from(JSON.stringify(value)));
  return { descriptor: { ...descriptor, mediaType }, bytes };
}
