import type { StoreUsage } from '#image';
import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { goJson, printableJson } from '../output/printable.ts';
import { USAGE_TITLES, usageDetails, usageDetailsRow, usageRows, usageTable } from '../output/usage-rows.ts';
import { UsageError } from '../usage-error.ts';
import { withDray } from '../wire.ts';

interface DfFlags {
  readonly format?: string;
  readonly json?: true;
  readonly verbose?: true;
}

export const df: Command = defineCommand<DfFlags>({
  name: 'df',
  aliases: ['dray system df'],
  usage: '[OPTIONS]',
  description: 'Show how much of the disk the store takes, and how much of that dray prune -a would give back.',
  operands: { min: 0, max: 0 },
  isDockers: true,
  registry: 'none',
  flags: () => [
    valued('--format <TEMPLATE>', '"table", "table TEMPLATE", "json", or a Go template', nonEmpty),
    toggle('--json', 'Print one JSON document'),
    toggle('-v, --verbose', 'Show each image, and what it shares with others'),
  ],
  examples: [
    ['dray df', 'Images, and what is left of interrupted downloads'],
    ['dray df -v', 'Image by image'],
  ],
  async run(call) {
    const { flags, context } = call;
    const usage = await withDray(call, (dray) => dray.usage(listening(call)));
    await write(context.stdout, await shown(usage, flags, context.now()));
  },
});

async function shown(usage: StoreUsage, flags: DfFlags, now: number): Promise<string> {
  if (flags.json === true) return `${printableJson(usage)}\n`;
  const { format = 'table', verbose = false } = flags;
  if (verbose) {
    if (format === 'table') return usageDetails(usage, now);
    if (format === 'json') return `${goJson(usageDetailsRow(usage, now))}\n`;
    throw new UsageError('-v has a table and json, and no template', { dockerStatus: 1 });
  }
  const rows = usageRows(usage);
  if (format === 'table') return usageTable(rows);
  if (format === 'json') return rows.map((row) => `${goJson(row)}\n`).join('');
  const [{ formatRows }, { struct }] = await Promise.all([import('../output/template.ts'), import('#template')]);
  const structs = rows.map((row) =>
    struct('*formatter.diskUsageContext', row, { json: goJson(row), hasMethods: true }),
  );
  return formatRows(structs, { format, titles: USAGE_TITLES });
}
