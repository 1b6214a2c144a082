import type { StoredImage } from '#image';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { type ImageRow, imageRow, imageTable, TITLES } from '../output/image-rows.ts';
import { goJson, printableJson } from '../output/printable.ts';
import { UsageError } from '../usage-error.ts';
import { withDray } from '../wire.ts';
import { type ImageFilter, imageFilter } from './image-filter.ts';

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
      'dangling=BOOL, label=KEY[=VALUE] or reference=PATTERN (repeatable)',
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
    ['dray images -q -f reference=localhost:5000/*', 'IDs, for scripts'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    if (flags.quiet === true && flags.json === true) throw new UsageError('--quiet and --json cannot be used together');
    const [reference] = operands;
    const found = await withDray(call, (dray) => dray.images({ reference, ...listening(call) }));
    const wanted = withoutDoubles(found).filter((image) => passes(image, flags.filter ?? []));
    await write(context.stdout, await listing(wanted, call));
  },
});

/** As in docker: of the values of one kind any may match, except labels, which all must. */
function passes(image: StoredImage, filters: readonly ImageFilter[]): boolean {
  const of = (kind: ImageFilter['kind']): ImageFilter[] => filters.filter((filter) => filter.kind === kind);
  const any = (some: readonly ImageFilter[]): boolean => some.length === 0 || some.some(({ test }) => test(image));
  return any(of('reference')) && any(of('dangling')) && of('label').every(({ test }) => test(image));
}

/** As in docker, a name by digest has a row only where no tag of the repository stands for the same; and then one. */
function withoutDoubles(found: readonly StoredImage[]): readonly StoredImage[] {
  const best = new Map<string, StoredImage>();
  const key = ({ repository, digest }: StoredImage): string => `${repository}@${digest}`;
  for (const image of found) if (image.tag !== undefined || !best.has(key(image))) best.set(key(image), image);
  return found.filter((image) => image.tag !== undefined || best.get(key(image)) === image);
}

async function listing(found: readonly StoredImage[], { flags, context }: Call<ImagesFlags>): Promise<string> {
  if (flags.json === true) return `${printableJson(found)}\n`;
  const rows: ImageRow[] = found.map((image) => imageRow(image, { now: context.now(), truncate: flags.trunc }));
  const { format = 'table' } = flags;
  if (format === 'json') return rows.map((row) => `${goJson(row)}\n`).join('');
  if (format !== 'table') return byTemplate(rows, format);
  if (flags.quiet === true) return rows.map(({ ID }) => `${ID}\n`).join('');
  return imageTable(rows, flags.digests === true);
}

/** Loaded only where a template is given. */
async function byTemplate(rows: readonly ImageRow[], format: string): Promise<string> {
  const [{ formatRows }, { struct }] = await Promise.all([import('../output/template.ts'), import('#template')]);
  const type = '*formatter.imageContext';
  const structs = rows.map((row) => struct(type, row, { json: goJson(row), hasMethods: true }));
  return formatRows(structs, { format, titles: TITLES });
}
