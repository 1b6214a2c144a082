import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle } from '../flags/flag.ts';
import { listening } from '../listening.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { ask } from '../prompt.ts';
import { UsageError } from '../usage-error.ts';
import { withDray } from '../wire.ts';

interface DeleteFlags {
  readonly force?: true;
  readonly json?: true;
  readonly tagOnly?: true;
}

export const deleteCommand: Command = defineCommand<DeleteFlags>({
  name: 'delete',
  usage: '[OPTIONS] NAME:TAG|NAME@DIGEST...',
  description:
    'Delete images in a registry: the manifest that a tag or digest stands for, and with it all tags of that manifest. ' +
    'Asks before it does on a terminal.',
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('-f, --force', 'Do not ask'),
    toggle('--json', 'Print one JSON document'),
    toggle('--tag-only', 'Take the tag away and leave its manifest to other tags (many registries cannot)'),
  ],
  examples: [
    ['dray delete -f registry.example/app:old', 'The image behind a tag'],
    ['dray delete --tag-only registry.example/app:latest', 'A tag alone'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    if (flags.force !== true && !(await confirmed(call))) return;
    const done = await withDray(call, async (dray) => {
      const deleted = [];
      for (const name of operands) {
        deleted.push(await dray.delete(name, { ...listening(call), tagOnly: flags.tagOnly === true }));
      }
      return deleted;
    });
    if (flags.json === true) return write(context.stdout, `${printableJson(done)}\n`);
    const line = ({ reference, digest }: (typeof done)[number]): string =>
      digest === undefined ? `Untagged: ${oneLine(reference)}\n` : `Deleted: ${oneLine(reference)} (${digest})\n`;
    await write(context.stdout, done.map(line).join(''));
  },
});

/** Nobody to ask is no consent. */
async function confirmed({ operands, context, flags }: Parameters<Command['run']>[0]): Promise<boolean> {
  if (context.stdin.isTTY !== true) {
    throw new UsageError('will not delete from a registry without being asked to', { hint: 'say so with -f' });
  }
  const what = operands.map((name) => oneLine(name)).join(', ');
  const whole = flags['tagOnly'] === true ? 'the tag of' : 'with all its tags:';
  const answer = await ask(context, `Delete in the registry, ${whole} ${what}? [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}
