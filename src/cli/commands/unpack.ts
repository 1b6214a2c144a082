import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty, size } from '../flags/values.ts';
import { printableJson } from '../output/printable.ts';
import { whileWorking } from '../while-working.ts';

interface UnpackFlags {
  readonly json?: true;
  readonly maxSize?: number;
  readonly platform?: string;
  readonly quiet?: true;
}

export const unpack: Command = defineCommand<UnpackFlags>({
  name: 'unpack',
  aliases: ['dray image unpack'],
  usage: '[OPTIONS] IMAGE DIR',
  description:
    'Unpack an image into a folder: its layers in their order, whiteouts honoured. IMAGE is a name (looked for in the store, then in its ' +
    'registry), an archive of docker save, or an OCI layout. DIR must not exist, or be empty. As root, files get the owners that the image ' +
    'names; else these are recorded in DIR/.dray-owners.json.',
  operands: { min: 2, max: 2 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--json', 'Print one JSON document on stdout'),
    valued(
      '--max-size <SIZE>',
      'Most that one layer may unpack to, e.g. 20g (default: 4g, or a hundred times its stored size)',
      size,
    ),
    valued('--platform <OS/ARCH[/VARIANT]>', 'Platform (default: $DOCKER_DEFAULT_PLATFORM or this machine)', nonEmpty),
    toggle('-q, --quiet', 'Print nothing but warnings and errors'),
  ],
  examples: [
    ['dray unpack alpine rootfs', 'The files of an image, in a new folder'],
    ['dray unpack image.tar rootfs', 'Of an archive that docker save made'],
    ['dray unpack --platform linux/arm64 alpine:3.20 rootfs', 'For another platform'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [image = '', folder = ''] = operands;
    const { maxSize, platform } = flags;
    const quiet = flags.quiet === true;
    const result = await whileWorking(call, { quiet, data: true, action: 'unpack' }, (dray, options) =>
      dray.unpack(image, folder, { ...options, platform, maxSize }),
    );
    if (flags.json === true) await write(context.stdout, `${printableJson(result)}\n`);
  },
});
