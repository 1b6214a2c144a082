import type { StoredImage } from '#image';
import { shortId } from '#oci';
import { humanDuration, humanSize } from './human.ts';
import { oneLine } from './printable.ts';
import { table } from './table.ts';

/** The fields that docker has for an image, by docker's names. */
export type ImageRow = Readonly<Record<Field, string>>;

type Field = keyof typeof TITLES;

/** The header of a column, by its field. */
export const TITLES = {
  Containers: 'CONTAINERS',
  CreatedAt: 'CREATED AT',
  CreatedSince: 'CREATED',
  Digest: 'DIGEST',
  ID: 'IMAGE ID',
  Repository: 'REPOSITORY',
  SharedSize: 'SHARED SIZE',
  Size: 'SIZE',
  Tag: 'TAG',
  UniqueSize: 'UNIQUE SIZE',
  VirtualSize: 'SIZE',
} as const;

export function imageRow(image: StoredImage, options: { readonly now: number; readonly truncate: boolean }): ImageRow {
  const created = image.created === undefined ? Number.NaN : Date.parse(image.created);
  const known = Number.isFinite(created);
  return {
    Containers: 'N/A',
    CreatedAt: known ? goTime(created) : 'N/A',
    CreatedSince: known ? `${humanDuration(options.now - created)} ago` : 'N/A',
    Digest: image.digest,
    ID: options.truncate ? shortId(image.id) : image.id,
    Repository: oneLine(image.repository),
    SharedSize: 'N/A',
    Size: humanSize(image.size, 3),
    Tag: oneLine(image.tag ?? '<none>'),
    UniqueSize: 'N/A',
    VirtualSize: humanSize(image.size),
  };
}

/** docker's table. */
export function imageTable(rows: readonly ImageRow[], digests: boolean): string {
  const columns: readonly Field[] = digests
    ? ['Repository', 'Tag', 'Digest', 'ID', 'CreatedSince', 'Size']
    : ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size'];
  return table([columns.map((field) => TITLES[field]), ...rows.map((row) => columns.map((field) => row[field]))]);
}

/** A time as Go prints it, in UTC: `2026-11-21 05:16:39 +0000 UTC`. */
function goTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}
