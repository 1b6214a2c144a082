import type { HistoryStep } from '#image';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { HISTORY_TITLES, type HistoryRow, historyRow, historyTable } from '../output/history-rows.ts';
import { goJson, printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';

interface HistoryFlags {
  readonly format?: string;
  readonly human: boolean;
  readonly json?: true;
  readonly platform?: string;
  readonly quiet?: true;
  readonly trunc: boolean;
}

export const history: Command = defineCommand<HistoryFlags>({
  name: 'history',
  aliases: ['dray image history'],
  usage: '[OPTIONS] IMAGE',
  description: 'Show how an image was made, the last step first.',
  operands: { min: 1, max: 1 },
  isDockers: true,
  registry: 'all',
  flags: () => [
    valued('--format <TEMPLATE>', '"table", "table TEMPLATE", "json", or a Go template', nonEmpty),
    toggle('-H, --human', 'Print sizes and times for people (default)').default(true),
    toggle('--no-human', 'Print bytes, and times as they are'),
    toggle('--json', 'Print one JSON document'),
    toggle('--no-trunc', "Don't truncate output"),
    valued('--platform <OS/ARCH[/VARIANT]>', 'Platform of an image that is there for several', nonEmpty),
    toggle('-q, --quiet', 'Only show image IDs'),
  ],
  examples: [
    ['dray history alpine', 'Its steps, and what each added'],
    ["dray history --no-trunc --format '{{.CreatedBy}}' alpine", 'The commands in full'],
    ['dray history docker://alpine', 'Of an image that stays in its registry'],
  ],
  async run(call) {
    const { operands, flags, context } = call;
    const [name = ''] = operands;
    const steps = await withDray(call, (dray) => dray.history(name, { platform: flags.platform, ...listening(call) }));
    await write(context.stdout, await listing(steps, call));
  },
});

async function listing(steps: readonly HistoryStep[], { flags, context }: Call<HistoryFlags>): Promise<string> {
  if (flags.json === true) return `${printableJson(steps)}\n`;
  const rows: HistoryRow[] = steps.map((step) =>
    historyRow(step, { now: context.now(), truncate: flags.trunc, human: flags.human }),
  );
  const { format = 'table' } = flags;
  if (flags.quiet === true && flags.format === undefined) return rows.map(({ ID }) => `${ID}\n`).join('');
  if (format === 'json') return rows.map((row) => `${goJson(row)}\n`).join('');
  if (format === 'table') return historyTable(rows, flags.human);
  const [{ formatRows }, { struct }] = await Promise.all([import('../output/template.ts'), import('#template')]);
  const structs = rows.map((row) => struct('*formatter.historyContext', row, { json: goJson(row), hasMethods: true }));
  return formatRows(structs, { format, titles: HISTORY_TITLES });
}
