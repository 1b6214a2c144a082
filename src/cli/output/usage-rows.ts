import type { ImageUsage, StoreUsage } from '#image';
import { shortId } from '#oci';
import { humanSize } from '#progress';
import { humanDuration } from './human.ts';
import { oneLine } from './printable.ts';
import { table } from './table.ts';

/** The fields that docker has for a kind of things on the disk, by docker's names. */
export type UsageRow = Readonly<Record<keyof typeof USAGE_TITLES, string>>;

/** The header of a column, by its field. */
export const USAGE_TITLES = {
  Active: 'ACTIVE',
  Reclaimable: 'RECLAIMABLE',
  Size: 'SIZE',
  TotalCount: 'TOTAL',
  Type: 'TYPE',
} as const;

/**
 * docker's rows; where there are any, one more for content that no image needs and one for partial downloads. Containers, volumes and a
 * cache the store has none of.
 */
export function usageRows({ images, imageBytes, unused, partials }: StoreUsage): readonly UsageRow[] {
  const none = { count: 0, bytes: 0 };
  const rows = [
    usageRow('Images', { count: images.length, bytes: imageBytes }),
    ...['Containers', 'Local Volumes', 'Build Cache'].map((type) => usageRow(type, none)),
  ];
  if (unused.count > 0) rows.push(usageRow('Unused Content', unused));
  if (partials.count > 0) rows.push(usageRow('Partial Downloads', partials));
  return rows;
}

function usageRow(type: string, { count, bytes }: { readonly count: number; readonly bytes: number }): UsageRow {
  const reclaimable = bytes > 0 ? `${humanSize(bytes)} (100%)` : '0B';
  return { Active: '0', Reclaimable: reclaimable, Size: humanSize(bytes), TotalCount: String(count), Type: type };
}

/** docker's table. */
export function usageTable(rows: readonly UsageRow[]): string {
  const columns = ['Type', 'TotalCount', 'Active', 'Size', 'Reclaimable'] as const;
  return table([columns.map((field) => USAGE_TITLES[field]), ...rows.map((row) => columns.map((field) => row[field]))]);
}

const IMAGE_TITLES = {
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  ID: 'IMAGE ID',
  CreatedSince: 'CREATED',
  Size: 'SIZE',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
  Containers: 'CONTAINERS',
} as const;

type ImageUsageRow = Readonly<Record<keyof typeof IMAGE_TITLES, string>>;

/** docker's sections for `-v`. */
export function usageDetails(usage: StoreUsage, now: number): string {
  const fields = Object.keys(IMAGE_TITLES) as (keyof typeof IMAGE_TITLES)[];
  const images = usage.images.map((image) => imageUsageRow(image, now, true));
  const { unused, partials } = usage;
  return [
    'Images space usage:\n',
    table([Object.values(IMAGE_TITLES), ...images.map((row) => fields.map((field) => row[field]))]),
    'Containers space usage:\n',
    table([['CONTAINER ID', 'IMAGE', 'COMMAND', 'LOCAL VOLUMES', 'SIZE', 'CREATED', 'STATUS', 'NAMES']]),
    'Local Volumes space usage:\n',
    table([['VOLUME NAME', 'LINKS', 'SIZE']]),
    'Build cache usage: 0B\n',
    table([['CACHE ID', 'CACHE TYPE', 'SIZE', 'CREATED', 'LAST USED', 'USAGE', 'SHARED']]),
    `Unused content: ${humanSize(unused.bytes)} in ${unused.count} blobs\n`,
    `Partial downloads: ${humanSize(partials.bytes)} of ${partials.count} blobs\n`,
  ].join('\n');
}

/** What docker gives for `-v --format json`. */
export function usageDetailsRow(usage: StoreUsage, now: number): object {
  const Images = usage.images.map((image) => imageUsageRow(image, now, false));
  return { Images, Containers: [], Volumes: [], BuildCache: [] };
}

function imageUsageRow(image: ImageUsage, now: number, truncate: boolean): ImageUsageRow {
  const [name] = image.names;
  const created = Date.parse(image.created ?? '');
  return {
    Repository: oneLine(name?.repository ?? '<none>'),
    Tag: oneLine(name?.tag ?? '<none>'),
    ID: truncate ? shortId(image.id) : image.id,
    CreatedSince: Number.isFinite(created) ? `${humanDuration(now - created)} ago` : 'N/A',
    Size: humanSize(image.size, 3),
    SharedSize: humanSize(image.shared),
    UniqueSize: humanSize(image.unique),
    Containers: '0',
  };
}
