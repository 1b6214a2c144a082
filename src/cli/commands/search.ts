import type { SearchResult } from '#dray';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { integer, nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { goJson, oneLine, printableJson } from '../output/printable.ts';
import { table } from '../output/table.ts';
import { withDray } from '../wire.ts';
import { type SearchFilter, searchFilter } from './search-filter.ts';

interface SearchFlags {
  readonly filter?: readonly SearchFilter[];
  readonly format?: string;
  readonly json?: true;
  readonly limit?: number;
  readonly trunc: boolean;
}

const TITLES = {
  Description: 'DESCRIPTION',
  IsAutomated: 'AUTOMATED',
  IsOfficial: 'OFFICIAL',
  Name: 'NAME',
  StarCount: 'STARS',
} as const;

type SearchRow = Readonly<Record<keyof typeof TITLES, string>>;

/** As docker cuts them. */
const LONGEST_DESCRIPTION = 45;

export const search: Command = defineCommand<SearchFlags>({
  name: 'search',
  usage: '[OPTIONS] [HOST/]TERM',
  description:
    'Search repositories: in Docker Hub, or in the registry in front of the term, whose catalog is looked through where it has no search.',
  operands: { min: 1, max: 1 },
  isDockers: true,
  registry: 'all',
  flags: () => [
    repeatable('-f, --filter <FILTER>', 'is-official=BOOL or stars=N (repeatable)', searchFilter),
    valued('--format <TEMPLATE>', '"table", "table TEMPLATE", "json", or a Go template', nonEmpty),
    toggle('--json', 'Print one JSON document'),
    valued('--limit <N>', 'Most results (default: 25)', integer(1, 100)),
    toggle('--no-trunc', "Don't truncate output"),
  ],
  examples: [
    ['dray search --limit 5 nginx', 'In Docker Hub'],
    ['dray search registry.example/app', 'In another registry'],
    ['dray search --filter is-official=true --format "{{.Name}}" redis', 'Names of official images'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [term = ''] = operands;
    const found = await withDray(call, (dray) => dray.search(term, { ...listening(call), limit: flags.limit }));
    const wanted = found.filter((result) => (flags.filter ?? []).every((passes) => passes(result)));
    await write(context.stdout, await listing(wanted, call));
  },
});

async function listing(found: readonly SearchResult[], { flags }: Call<SearchFlags>): Promise<string> {
  if (flags.json === true) return `${printableJson(found)}\n`;
  const rows = found.map((result) => rowOf(result, flags.trunc));
  const { format = 'table' } = flags;
  if (format === 'json') return rows.map((row) => `${goJson(row)}\n`).join('');
  if (format !== 'table') return byTemplate(rows, format);
  const fields = ['Name', 'Description', 'StarCount', 'IsOfficial'] as const;
  return table([fields.map((field) => TITLES[field]), ...rows.map((row) => fields.map((field) => row[field]))]);
}

function rowOf({ name, description, stars, official, automated }: SearchResult, truncate: boolean): SearchRow {
  const text = oneLine(description);
  return {
    Description: truncate && text.length > LONGEST_DESCRIPTION ? `${text.slice(0, LONGEST_DESCRIPTION - 1)}…` : text,
    IsAutomated: automated ? '[OK]' : '',
    IsOfficial: official ? '[OK]' : '',
    Name: oneLine(name),
    StarCount: String(stars),
  };
}

/** Loaded only where a template is given. */
async function byTemplate(rows: readonly SearchRow[], format: string): Promise<string> {
  const [{ formatRows }, { struct }] = await Promise.all([import('../output/template.ts'), import('#template')]);
  const structs = rows.map((row) => struct('*formatter.searchContext', row, { json: goJson(row), hasMethods: true }));
  return formatRows(structs, { format, titles: TITLES });
}
