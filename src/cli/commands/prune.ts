import type { PruneResult } from '#image';
import { humanSize } from '#progress';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { timestamp } from '../flags/timestamp.ts';
import { anyDuration, size, type ValueParser } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { printableJson } from '../output/printable.ts';
import { ask } from '../prompt.ts';
import { UsageError } from '../usage-error.ts';
import { withDray } from '../wire.ts';
import { removalLine } from './rmi.ts';

interface PruneFlags {
  readonly all?: true;
  readonly filter?: readonly PruneFilter[];
  readonly force?: true;
  readonly json?: true;
  readonly partialsAge?: number;
  readonly partialsSize?: number;
}

interface PruneFilter {
  readonly kind: 'until' | 'label' | 'label!';
  readonly value: string;
}

export const prune: Command = defineCommand<PruneFlags>({
  name: 'prune',
  aliases: ['dray image prune', 'dray system prune'],
  usage: '[OPTIONS]',
  description:
    'Remove images without a tag, content that no image needs, and old partial downloads. What other dray processes work with stays.',
  operands: { min: 0, max: 0 },
  isDockers: true,
  registry: 'none',
  flags: () => [
    toggle('-a, --all', 'Remove all images, not just those without a tag'),
    repeatable('--filter <FILTER>', 'until=TIME, label=KEY[=VALUE] or label!=KEY[=VALUE] (repeatable)', pruneFilter),
    toggle('-f, --force', 'Do not prompt for confirmation'),
    toggle('--json', 'Print one JSON document; needs -f'),
    valued('--partials-age <DURATION>', 'Remove partial downloads older than this (default 720h)', anyDuration),
    valued('--partials-size <SIZE>', 'Remove the oldest until the rest is no larger (default 20 GB)', size),
  ],
  examples: [
    ['dray prune', 'What has lost its name'],
    ['dray prune -af --filter until=240h', 'Everything made more than ten days ago'],
    ['dray prune -f --partials-age 1s', 'Interrupted downloads too'],
  ],
  async run(call) {
    const { flags, context } = call;
    const filters = flags.filter ?? [];
    const of = (kind: PruneFilter['kind']): readonly string[] =>
      filters.filter((filter) => filter.kind === kind).map(({ value }) => value);
    const untils = of('until').map((text) => timestamp(context.now())(text, '--filter'));
    if (untils.length > 1) throw new UsageError('more than one until filter specified', { dockerStatus: 1 });
    if (flags.force !== true && !(await isConfirmed(call))) return;
    const { partialsAge, partialsSize } = flags;
    const { steps, partials, bytes } = await withDray(call, (dray) =>
      dray.prune({
        all: flags.all === true,
        until: untils[0],
        labels: of('label'),
        withoutLabels: of('label!'),
        partials: {
          ...(partialsAge !== undefined && { maxAge: partialsAge }),
          ...(partialsSize !== undefined && { maxSize: partialsSize }),
        },
        ...listening(call),
      }),
    );
    const result = { steps, partials, bytes };
    await write(context.stdout, flags.json === true ? `${printableJson(result)}\n` : report(result));
  },
});

const pruneFilter: ValueParser<PruneFilter> = (text, flag) => {
  const [, kind, value = ''] = /^\s*(until|label!?)\s*=\s*(.*)$/s.exec(text) ?? [];
  if (kind === 'until' || kind === 'label' || kind === 'label!') return { kind, value };
  throw new UsageError(`invalid argument ${JSON.stringify(text)} for "${flag}" flag: no such filter`, {
    hint: 'there are until=TIME, label=KEY[=VALUE] and label!=KEY[=VALUE]',
  });
};

async function isConfirmed(call: Call<PruneFlags>): Promise<boolean> {
  const { flags, context } = call;
  if (context.stdin.isTTY !== true || flags.json === true) {
    throw new UsageError('cannot ask whether to remove: stdin is no terminal', { hint: 'say -f', dockerStatus: 1 });
  }
  const what = flags.all === true ? 'all images' : 'all dangling images';
  context.stderr.write(`WARNING! This will remove ${what}.\n`);
  const answer = await ask(context, 'Are you sure you want to continue? [y/N] ');
  return /^y(es)?$/i.test(answer.trim());
}

/** docker's lines. */
function report({ steps, partials, bytes }: Omit<PruneResult, 'images'>): string {
  const images = steps.map((step) => `${removalLine(step, 'u', 'd')}\n`);
  const others = partials.map((digest) => `${digest}\n`);
  return [
    ...(images.length > 0 ? ['Deleted Images:\n', ...images, '\n'] : []),
    ...(others.length > 0 ? ['Deleted Partial Downloads:\n', ...others, '\n'] : []),
    `Total reclaimed space: ${humanSize(bytes)}\n`,
  ].join('');
}
