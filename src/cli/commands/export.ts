import { checkOutput } from '../check-output.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty, size } from '../flags/values.ts';
import { printableJson } from '../output/printable.ts';
import { UsageError } from '../usage-error.ts';
import { whileWorking } from '../while-working.ts';

interface ExportFlags {
  readonly json?: true;
  readonly maxSize?: number;
  readonly output?: string;
  readonly platform?: string;
  readonly quiet?: true;
}

export const exportCommand: Command = defineCommand<ExportFlags>({
  name: 'export',
  aliases: ['dray image export'],
  usage: '[OPTIONS] IMAGE',
  description:
    'Write the files of an image as one tar: what is left when all its layers are applied. IMAGE is a name (looked for in the store, then in its ' +
    'registry), an archive of docker save, or an OCI layout. The same image gives the same bytes.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--json', 'Print one JSON document on stdout'),
    valued(
      '--max-size <SIZE>',
      'Most that one layer may unpack to, e.g. 20g (default: 4g, or a hundred times its stored size)',
      size,
    ),
    valued('-o, --output <FILE>', 'Write to a file (.tar.gz is gzipped), or - for stdout (default: stdout)', nonEmpty),
    valued('--platform <OS/ARCH[/VARIANT]>', 'Platform (default: $DOCKER_DEFAULT_PLATFORM or this machine)', nonEmpty),
    toggle('-q, --quiet', 'Print nothing but warnings and errors'),
  ],
  examples: [
    ['dray export alpine -o rootfs.tar', 'The files of an image, as one tar'],
    ['dray export alpine | tar -t', 'Which files it has'],
    ['dray export image.tar -o rootfs.tar.gz', 'Of an archive that docker save made'],
  ],
  async run(call) {
    checkFlags(call);
    const { flags, operands, context } = call;
    const [image = ''] = operands;
    const { maxSize, platform } = flags;
    const quiet = flags.quiet === true;
    const output = toStdout(flags) ? { stream: context.stdout } : { path: flags.output ?? '' };
    const result = await whileWorking(call, { quiet, data: true, action: 'export' }, (dray, options) =>
      dray.export(image, { ...options, output, platform, maxSize }),
    );
    if (flags.json === true) await write(context.stdout, `${printableJson(result)}\n`);
  },
});

function toStdout({ output }: ExportFlags): boolean {
  return output === undefined || output === '-';
}

function checkFlags({ flags, context }: Call<ExportFlags>): void {
  checkOutput(flags.output, 'IMAGE');
  if (!toStdout(flags)) return;
  if (flags.json === true) throw new UsageError('--json needs --output FILE: the tar goes to stdout');
  if (context.stdout.isTTY !== true) return;
  throw new UsageError('refusing to write a tar to the terminal', { hint: 'use -o FILE, or redirect stdout' });
}
