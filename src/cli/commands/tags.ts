import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle } from '../flags/flag.ts';
import { listening } from '../listening.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';

interface TagsFlags {
  readonly json?: true;
}

export const tags: Command = defineCommand<TagsFlags>({
  name: 'tags',
  usage: '[OPTIONS] REPOSITORY',
  description: 'List the tags of a repository, one in a line, in the order of the registry.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [toggle('--json', 'Print one JSON document: {"name": …, "tags": […]}')],
  examples: [
    ['dray tags alpine', 'The tags of docker.io/library/alpine'],
    ['dray tags --json localhost:5000/app', 'For programs'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [repository = ''] = operands;
    const all = await withDray(call, (dray) => dray.tags(repository, listening(call)));
    const lines = all.map((tag) => `${oneLine(tag)}\n`).join('');
    await write(context.stdout, flags.json === true ? `${printableJson({ name: repository, tags: all })}\n` : lines);
  },
});
