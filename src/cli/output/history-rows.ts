import type { HistoryStep } from '#image';
import { shortId } from '#oci';
import { humanSize } from '#progress';
import { humanDuration } from './human.ts';
import { oneLine } from './printable.ts';
import { table } from './table.ts';

/** The fields that docker has for a step, by docker's names. */
export type HistoryRow = Readonly<Record<keyof typeof HISTORY_TITLES, string>>;

/** The header of a column, by its field. */
export const HISTORY_TITLES = {
  Comment: 'COMMENT',
  CreatedAt: 'CREATED AT',
  CreatedBy: 'CREATED BY',
  CreatedSince: 'CREATED',
  ID: 'IMAGE',
  Size: 'SIZE',
} as const;

export interface HistoryRowOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly truncate: boolean;
  readonly human: boolean;
}

/** Longest command that is shown whole. */
const WIDTH = 45;

export function historyRow(step: HistoryStep, { now, truncate, human }: HistoryRowOptions): HistoryRow {
  const created = Date.parse(step.created ?? '');
  const known = Number.isFinite(created) && created > 0;
  const at = known ? new Date(created).toISOString().replace(/\.\d+/, '') : '';
  const by = oneLine(step.createdBy.replaceAll('\t', ' '));
  const id = step.id === undefined ? '<missing>' : truncate ? shortId(step.id) : step.id;
  return {
    Comment: oneLine(step.comment),
    CreatedAt: at,
    CreatedBy: truncate ? ellipsis(by) : by,
    CreatedSince: !human ? at : known ? `${humanDuration(now - created)} ago` : 'N/A',
    ID: id,
    Size: human ? humanSize(step.size, 3) : String(step.size),
  };
}

/** docker's table. */
export function historyTable(rows: readonly HistoryRow[], human: boolean): string {
  const created = human ? 'CreatedSince' : 'CreatedAt';
  const columns = ['ID', created, 'CreatedBy', 'Size', 'Comment'] as const;
  return table([
    columns.map((field) => HISTORY_TITLES[field]),
    ...rows.map((row) => columns.map((field) => row[field])),
  ]);
}

function ellipsis(text: string): string {
  const characters = Array.from(text);
  return characters.length <= WIDTH ? text : `${characters.slice(0, WIDTH - 1).join('')}…`;
}
