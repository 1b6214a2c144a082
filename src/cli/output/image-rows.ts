import type { StoredImage } from '#image';
import { shortId } from '#oci';
import { humanSize } from '#progress';
import { humanDuration } from './human.ts';
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

export interface ImageRowsOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly truncate: boolean;
  /** Digests are a column, are asked for by a template, or are not looked for. */
  readonly digests: 'column' | 'field' | 'none';
}

const NONE = '<none>';

/**
 * The rows of images that have the same ID, as docker makes them: one for each tag (and digest of its repository); one for a repository of which only
 * digests are known; and one where there is no name at all.
 */
export function imageRows(images: readonly StoredImage[], options: ImageRowsOptions): readonly ImageRow[] {
  const [first] = images;
  if (first === undefined) return [];
  const repositories = [...new Set(images.flatMap(({ repository }) => repository ?? []))];
  if (repositories.length === 0) return [imageRow(first, { repository: NONE, tag: NONE, digest: NONE }, options)];
  return repositories.flatMap((repository) => {
    const ours = images.filter((image) => image.repository === repository);
    const tagged = ours.filter(({ tag }) => tag !== undefined);
    const known = new Set(
      ours.filter(({ tag, source }) => tag === undefined || source !== '').map(({ digest }) => digest),
    );
    const digests = digestsOf(known, tagged.length > 0, options);
    return (tagged.length === 0 ? [first] : tagged).flatMap((image) =>
      digests.map((digest) => imageRow(image, { repository, tag: image.tag ?? NONE, digest }, options)),
    );
  });
}

/** docker's ways: a template gets digests of tags alone. */
function digestsOf(known: ReadonlySet<string>, isTagged: boolean, { digests }: ImageRowsOptions): readonly string[] {
  if (digests === 'column' || (digests === 'field' && isTagged)) return known.size > 0 ? [...known] : [NONE];
  return isTagged ? [NONE] : [''];
}

interface RowNames {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

function imageRow(image: StoredImage, { repository, tag, digest }: RowNames, options: ImageRowsOptions): ImageRow {
  const created = image.created === undefined ? Number.NaN : Date.parse(image.created);
  const known = Number.isFinite(created);
  return {
    Containers: 'N/A',
    CreatedAt: known ? goTime(created) : 'N/A',
    CreatedSince: known ? `${humanDuration(options.now - created)} ago` : 'N/A',
    Digest: digest,
    ID: options.truncate ? shortId(image.id) : image.id,
    Repository: oneLine(repository),
    SharedSize: 'N/A',
    Size: humanSize(image.size, 3),
    Tag: oneLine(tag),
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
