import { createHash } from 'node:crypto';
import {
  type Digest,
  digestOf,
  digestParts,
  goJson,
  type HistoryEntry,
  parseConfig,
  parseJsonStrict,
  rawMembers,
} from '#oci';
import { EMPTY_LAYER } from '../empty-layer.ts';
import { goTime } from './go-time.ts';

/** A schema2 image, and what it is called: that stands in its schema1 form. */
export interface Schema1Source {
  readonly name: string;
  readonly tag: string;
  /** From the base upwards. */
  readonly layers: readonly Digest[];
  /** The image's config. */
  readonly config: Uint8Array;
}

/** Those who read schema1 take no more. */
const MOST_STEPS = 10_000;

interface Step {
  readonly blobSum: Digest;
  readonly v1Compatibility: string;
}

/**
 * A schema1 manifest, unsigned, byte for byte as docker's registry makes it. Undefined for an image that it cannot be made of: without
 * history, or with layers that do not go with it. Throws MANIFEST_INVALID for a config that cannot be read.
 */
export function buildSchema1({ name, tag, layers, config }: Schema1Source): string | undefined {
  const { history, rootfs } = parseConfig(config);
  const blobSums = blobSumsOf(history, layers);
  if (rootfs.diffIds.length !== layers.length || blobSums === undefined) return undefined;
  const newestFirst = stepsOf(history, blobSums, config).reverse();
  const manifest = {
    schemaVersion: 1,
    name,
    tag,
    architecture: architectureIn(config),
    fsLayers: newestFirst.map(({ blobSum }) => ({ blobSum })),
    history: newestFirst.map(({ v1Compatibility }) => ({ v1Compatibility })),
  };
  return goJson(JSON.stringify(manifest, null, 3));
}

/** The blob of each step; undefined where there are no steps, or fewer layers than steps that have one. */
function blobSumsOf(history: readonly HistoryEntry[], layers: readonly Digest[]): readonly Digest[] | undefined {
  if (history.length === 0 || history.length > MOST_STEPS) return undefined;
  let next = 0;
  const blobSums: Digest[] = [];
  for (const { emptyLayer } of history) {
    const blobSum = emptyLayer ? EMPTY_LAYER : layers[next++];
    if (blobSum === undefined) return undefined;
    blobSums.push(blobSum);
  }
  return blobSums;
}

/** Every step gets an id made of what it adds and of the id below; those below the top are images that nobody could run. */
function stepsOf(history: readonly HistoryEntry[], blobSums: readonly Digest[], config: Uint8Array): Step[] {
  let parent = '';
  return blobSums.map((blobSum, index) => {
    const entry = history[index] ?? { emptyLayer: true };
    const seed = `${digestParts(blobSum).hex} ${parent}`;
    if (index === blobSums.length - 1) {
      const id = createHash('sha256').update(`${seed} `).update(config).digest('hex');
      return { blobSum, v1Compatibility: topStep(config, { id, parent, throwaway: entry.emptyLayer }) };
    }
    const id = digestParts(digestOf(seed)).hex;
    const v1Compatibility = lowerStep(id, parent, entry);
    parent = id;
    return { blobSum, v1Compatibility };
  });
}

function lowerStep(id: string, parent: string, entry: HistoryEntry): string {
  const { comment, created, createdBy = '', author, emptyLayer } = entry;
  const image = {
    id,
    ...(parent !== '' && { parent }),
    ...(comment !== undefined && { comment }),
    created: goTime(created),
    container_config: { Cmd: [createdBy] },
    ...(author !== undefined && { author }),
    ...(emptyLayer && { throwaway: true }),
  };
  return goJson(JSON.stringify(image));
}

/** The config without what schema1 does not have, its members sorted as Go sorts a map's; their values stay as they were written. */
function topStep(config: Uint8Array, image: { id: string; parent: string; throwaway: boolean }): string {
  const members = rawMembers(Buffer.from(config).toString('utf8'));
  members.delete('rootfs');
  members.delete('history');
  members.set('id', JSON.stringify(image.id));
  if (image.parent !== '') members.set('parent', JSON.stringify(image.parent));
  if (image.throwaway) members.set('throwaway', 'true');
  const sorted = [...members].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return goJson(`{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`);
}

/** As it stands there: where it does not, that of today's images is not to be taken for it. */
function architectureIn(config: Uint8Array): string {
  const { architecture } = parseJsonStrict(config, 'the image config');
  return typeof architecture === 'string' ? architecture : '';
}
