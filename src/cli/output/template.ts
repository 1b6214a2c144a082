import { UsageError } from '../usage-error.ts';
import { goJson } from './printable.ts';

type Piece = { readonly text: string } | { readonly path: readonly string[]; readonly json: boolean };

/** A parsed `--format TEMPLATE`. */
export interface Template {
  /** True for `table …`: a header row comes first, and columns are aligned. */
  readonly isTable: boolean;
  readonly pieces: readonly Piece[];
}

const ACTION = /^(json\s+)?\.([A-Za-z][\w.]*)?$/;

/**
 * Parses the part of Go's templates that plain listings need: text, `{{.Field}}`, `{{.A.B}}`, `{{json .}}`, `{{json .Field}}`,
 * and `table` in front. Anything else is a UsageError that says so.
 */
export function parseTemplate(source: string): Template {
  const isTable = /^table(\s|$)/.test(source);
  const body = (isTable ? source.slice('table'.length).trimStart() : source)
    .replace(/\\t/g, '\t')
    .replace(/\\n/g, '\n');
  const pieces: Piece[] = [];
  let at = 0;
  while (at < body.length) {
    const open = body.indexOf('{{', at);
    if (open !== at) pieces.push({ text: body.slice(at, open === -1 ? undefined : open) });
    if (open === -1) break;
    const close = body.indexOf('}}', open);
    if (close === -1) throw new UsageError(`template parsing error: unclosed action in "${source}"`);
    pieces.push(action(body.slice(open + 2, close).trim()));
    at = close + 2;
  }
  return { isTable, pieces };
}

function action(source: string): Piece {
  const match = ACTION.exec(source);
  const json = match?.[1] !== undefined;
  const path = match?.[2]?.split('.');
  if (match === null || (path === undefined && !json)) {
    throw new UsageError(`template action {{${source}}} is not supported yet`, {
      hint: 'supported are {{.Field}}, {{json .Field}}, {{json .}} and "table" in front; --format json gives everything',
    });
  }
  return { path: path ?? [], json };
}

/** One row's text, without line end. A field that is not there is a UsageError naming those that are. */
export function renderTemplate(template: Template, row: Readonly<Record<string, unknown>>): string {
  return template.pieces.map((piece) => ('text' in piece ? piece.text : renderField(piece, row))).join('');
}

function renderField(
  piece: { path: readonly string[]; json: boolean },
  row: Readonly<Record<string, unknown>>,
): string {
  let value: unknown = row;
  for (const name of piece.path) {
    if (typeof value !== 'object' || value === null) return '<no value>';
    if (!Object.hasOwn(value, name)) {
      throw new UsageError(`template: can't evaluate field ${name}`, {
        hint: `there is ${Object.keys(value).join(', ')}`,
      });
    }
    value = (value as Record<string, unknown>)[name];
  }
  if (piece.json) return goJson(value ?? null);
  if (value === undefined || value === null) return '<no value>';
  return typeof value === 'string' ? value : goJson(value);
}

/** The header row of a `table` template: each field's title, other text as it is. */
export function renderHeader(template: Template, titles: Readonly<Record<string, string>>): string {
  const title = (name: string | undefined): string => titles[name ?? ''] ?? (name ?? '').toUpperCase();
  return template.pieces.map((piece) => ('text' in piece ? piece.text : title(piece.path.at(-1)))).join('');
}
