import { isDrayError } from '#errors';
import { alignTabs, executeHeader, executeTemplate, parseTemplate } from '#template';
import { UsageError } from '../usage-error.ts';

/** A `--format` for rows, with the titles of their fields for `table …`. */
export interface RowFormat {
  readonly format: string;
  readonly titles: Readonly<Record<string, string>>;
}

/**
 * Rows by a template of `--format`, a line each, as docker's listings print them: `\t` and `\n` may be written with a backslash, and
 * `table` in front puts a header first and aligns the columns. A template that fails is a UsageError with docker's words.
 */
export function formatRows(rows: readonly unknown[], { format, titles }: RowFormat): string {
  const isTable = format.startsWith('table');
  const source = withoutSpaces(isTable ? format.slice('table'.length) : format)
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n');
  return asUsage('template parsing error: ', 1, () => {
    const template = parseTemplate(source);
    const lines = rows.map((row) => `${executeTemplate(template, row)}\n`).join('');
    return isTable ? alignTabs(`${executeHeader(template, titles)}\n${lines}`) : lines;
  });
}

/** One value by a template, which docker's messages call `name`; there is no table, and nothing is replaced. */
export function formatOne(value: unknown, format: string, name: string): string {
  const template = asUsage('template parsing error: ', 64, () => parseTemplate(format, name));
  return asUsage('', 1, () => executeTemplate(template, value));
}

function withoutSpaces(text: string): string {
  let end = text.length;
  while (text[end - 1] === ' ') end -= 1;
  return text.slice(0, end).replace(/^ +/, '');
}

/** docker ends with different statuses, and its `version` names the error of parsing alone. */
function asUsage<T>(lead: string, dockerStatus: 1 | 64, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isDrayError(error)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new UsageError(`${lead}${error.message}`, { ...hint, dockerStatus });
  }
}
