import type { ImageFile } from '#image';
import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { escapedName, longLines } from '../output/file-rows.ts';
import { printableJson } from '../output/printable.ts';
import { whileLooking } from '../while-looking.ts';
import { withDray } from '../wire.ts';

interface LsFlags {
  readonly long?: true;
  readonly recursive?: true;
  readonly json?: true;
  readonly platform?: string;
}

export const ls: Command = defineCommand<LsFlags>({
  name: 'ls',
  usage: '[OPTIONS] IMAGE [PATH]',
  description:
    'List files of an image, from the root or from PATH. The image is taken from the store, or else from its registry: what has to come is kept in the store. IMAGE may also be an archive or a layout.',
  operands: { min: 1, max: 2 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--json', 'Print one JSON document: a list of files'),
    toggle('-l, --long', 'Mode, owner, size, time (UTC) and where links lead, as tar -tv shows them'),
    valued('--platform <OS/ARCH[/VARIANT]>', 'Platform (default: $DOCKER_DEFAULT_PLATFORM or this machine)', nonEmpty),
    toggle('-R, --recursive', 'Also what is in folders below, with paths from the root'),
  ],
  examples: [
    ['dray ls alpine', 'The root of an image'],
    ['dray ls -l alpine /etc', 'One folder, with modes and sizes'],
    ['dray ls -R oci:app', 'Everything, of a layout on this machine'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [image = '', path] = operands;
    const files = await withDray(call, (dray) =>
      whileLooking(call, (options) =>
        dray.list(image, {
          ...options,
          path,
          recursive: flags.recursive === true,
          follow: flags.long !== true,
          platform: flags.platform,
        }),
      ),
    );
    await write(context.stdout, text(files, flags));
  },
});

function text(files: readonly ImageFile[], flags: LsFlags): string {
  if (flags.json === true) return `${printableJson(files)}\n`;
  const nameOf = ({ path }: ImageFile): string =>
    escapedName(flags.recursive === true ? path : path.slice(path.lastIndexOf('/') + 1));
  return flags.long === true ? longLines(files, nameOf) : files.map((file) => `${nameOf(file)}\n`).join('');
}
