import type { Dray } from '#dray';
import type { StoredImage } from '#image';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { timestamp } from '../flags/timestamp.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { type ImageRow, type ImageRowsOptions, imageRows, imageTable, TITLES } from '../output/image-rows.ts';
import { goJson, printableJson } from '../output/printable.ts';
import { UsageError } from '../usage-error.ts';
import { withDray } from '../wire.ts';
import { type FilterTimes, filterImages, type ImageFilter, imageFilter } from './image-filter.ts';

interface ImagesFlags {
  readonly all?: true;
  readonly digests?: true;
  readonly filter?: readonly ImageFilter[];
  readonly format?: string;
  readonly json?: true;
  readonly trunc: boolean;
  readonly quiet?: true;
}

export const images: Command = defineCommand<ImagesFlags>({
  name: 'images',
  aliases: ['dray image ls', 'dray image list'],
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  description: 'List images in the store, newest first.',
  operands: { min: 0, max: 1 },
  isDockers: true,
  registry: 'none',
  flags: () => [
    toggle('-a, --all', 'Show all images (there are no hidden ones)'),
    toggle('--digests', 'Show digests'),
    repeatable(
      '-f, --filter <FILTER>',
      'dangling=BOOL, label=KEY[=VALUE], reference=PATTERN, before=IMAGE, since=IMAGE or until=TIME (repeatable)',
      imageFilter,
    ),
    valued('--format <TEMPLATE>', '"table", "table TEMPLATE", "json", or a Go template', nonEmpty),
    toggle('--json', 'Print one JSON document'),
    toggle('--no-trunc', "Don't truncate output"),
    toggle('-q, --quiet', 'Only show image IDs'),
  ],
  examples: [
    ['dray images', 'All'],
    ['dray images --digests alpine', 'The tags of one repository, with what the registry has'],
    ["dray images --format 'table {{.Repository}}\\t{{.Size}}'", 'Some columns'],
    ['dray images -f dangling=true', 'Those that have lost their tag'],
    ['dray images -q -f reference=localhost:5000/*', 'IDs, for scripts'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    if (flags.quiet === true && flags.json === true) throw new UsageError('--quiet and --json cannot be used together');
    const [reference] = operands;
    const filters = flags.filter ?? [];
    const groups = await withDray(call, async (dray) => {
      const times = await timesOf(filters, dray, context.now());
      return filterImages(await dray.images({ reference, ...listening(call) }), filters, times);
    });
    await write(context.stdout, await listing(groups, call));
  },
});

/** When the images were made that `before` and `since` name: of several the narrowest. */
async function timesOf(filters: readonly ImageFilter[], dray: Dray, now: number): Promise<FilterTimes> {
  const of = (kind: ImageFilter['kind']): readonly string[] =>
    filters.filter((filter) => filter.kind === kind).map(({ value }) => value);
  const made = async (name: string): Promise<number> => Date.parse((await dray.inspect(name)).Created ?? '');
  const all = async (kind: 'before' | 'since'): Promise<readonly number[]> => Promise.all(of(kind).map(made));
  const untils = of('until').map((text) => timestamp(now)(text, '--filter'));
  const bound = (some: readonly number[], pick: (...some: number[]) => number): number | undefined =>
    some.length === 0 ? undefined : pick(...some);
  return {
    before: bound(await all('before'), Math.min),
    since: bound(await all('since'), Math.max),
    until: bound(untils, Math.min),
  };
}

async function listing(
  groups: readonly (readonly StoredImage[])[],
  { flags, context }: Call<ImagesFlags>,
): Promise<string> {
  if (flags.json === true) return `${printableJson(groups.flat())}\n`;
  const { format = 'table' } = flags;
  const digests: ImageRowsOptions['digests'] =
    flags.digests === true ? 'column' : format.includes('{{.Digest}}') ? 'field' : 'none';
  const options = { now: context.now(), truncate: flags.trunc, digests };
  const rows = groups.flatMap((group) => imageRows(group, options));
  if (format === 'json') return rows.map((row) => `${goJson(row)}\n`).join('');
  if (format !== 'table') return byTemplate(rows, format);
  if (flags.quiet === true) return rows.map(({ ID }) => `${ID}\n`).join('');
  return imageTable(rows, digests === 'column');
}

/** Loaded only where a template is given. */
async function byTemplate(rows: readonly ImageRow[], format: string): Promise<string> {
  const [{ formatRows }, { struct }] = await Promise.all([import('../output/template.ts'), import('#template')]);
  const type = '*formatter.imageContext';
  const structs = rows.map((row) => struct(type, row, { json: goJson(row), hasMethods: true }));
  return formatRows(structs, { format, titles: TITLES });
}
