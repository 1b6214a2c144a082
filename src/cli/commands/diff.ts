import type { Comparison } from '#image';
import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { comparisonStat, comparisonText } from '../output/comparison-text.ts';
import { printableJson } from '../output/printable.ts';
import { whileLooking } from '../while-looking.ts';
import { withDray } from '../wire.ts';

interface DiffFlags {
  readonly deep?: true;
  readonly exitCode?: true;
  readonly json?: true;
  readonly platform?: string;
  readonly stat?: true;
}

export const diff: Command = defineCommand<DiffFlags>({
  name: 'diff',
  usage: '[OPTIONS] IMAGE IMAGE',
  description:
    "Show what changes from the first image to the second: files (A added, C changed, D removed, as docker diff), config, layers. Layers that both have are not fetched: where they are not here either, files that only one image's own layers have are shown with ~, which is added or changed.",
  operands: { min: 2, max: 2 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--deep', 'Fetch shared layers too, so that nothing is left open'),
    toggle('--exit-code', 'End with status 1 where the images differ'),
    toggle('--json', 'Print one JSON document'),
    valued(
      '--platform <OS/ARCH[/VARIANT]>',
      'Platform of both (default: $DOCKER_DEFAULT_PLATFORM or this machine)',
      nonEmpty,
    ),
    toggle('--stat', 'Numbers alone'),
  ],
  examples: [
    ['dray diff alpine:3.19 alpine:3.20', 'What is new'],
    ['dray diff --exit-code store:app docker://localhost:5000/app', 'Is what is here what is there?'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [first = '', second = ''] = operands;
    const { platform, deep } = flags;
    const found = await withDray(call, (dray) =>
      whileLooking(call, (options) => dray.compare(first, second, { ...options, platform, deep })),
    );
    await write(context.stdout, textOf(found, flags));
    return flags.exitCode === true && !found.equal ? 1 : 0;
  },
});

function textOf(found: Comparison, { json, stat }: DiffFlags): string {
  if (json === true) return `${printableJson(found)}\n`;
  return stat === true ? comparisonStat(found) : comparisonText(found);
}
