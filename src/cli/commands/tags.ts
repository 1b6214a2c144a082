import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { integer, nonEmpty, oneOf } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';

interface TagsFlags {
  readonly filter?: string;
  readonly json?: true;
  readonly limit?: number;
  readonly newest?: number;
  readonly quiet?: true;
  readonly semver?: string;
  readonly sort?: 'name' | 'semver' | 'date';
}

const MOST = 1_000_000;

export const tags: Command = defineCommand<TagsFlags>({
  name: 'tags',
  usage: '[OPTIONS] REPOSITORY',
  description: 'List the tags of a repository, one in a line, in the order of the registry.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    valued(
      '-f, --filter <PATTERN>',
      'Only tags like this: 1.*, v[0-9]?, or a regular expression between slashes, /^v\\d+$/',
      nonEmpty,
    ),
    toggle('--json', 'Print one JSON document: {"name": …, "tags": […]}'),
    valued('--limit <N>', 'So many at most', integer(1, MOST)),
    valued('--newest <N>', 'The newest so many: by version, or by date with --sort date', integer(1, MOST)),
    toggle('-q, --quiet', 'Tags alone, which is what is printed in any case'),
    valued('--semver <RANGE>', 'Only versions in this range: ^1.2, ~1.2.3, 1.x, ">=1.2 <2"', nonEmpty),
    valued(
      '--sort <ORDER>',
      'name, semver (newest version first), or date (last created first; reads the config of each tag)',
      oneOf('name', 'semver', 'date'),
    ),
  ],
  examples: [
    ['dray tags alpine', 'The tags of docker.io/library/alpine'],
    ['dray tags --semver ^3.18 --newest 3 alpine', 'The three newest versions in a range'],
    ['dray tags --json localhost:5000/app', 'For programs'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [repository = ''] = operands;
    const { filter, semver, sort, newest, limit } = flags;
    const options = { ...listening(call), filter, semver, sort, newest, limit };
    const all = await withDray(call, (dray) => dray.tags(repository, options));
    const lines = all.map((tag) => `${oneLine(tag)}\n`).join('');
    await write(context.stdout, flags.json === true ? `${printableJson({ name: repository, tags: all })}\n` : lines);
  },
});
