import type { OutputFormat } from '#image';
import { checkOutput } from '../check-output.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { nonEmpty, oneOf } from '../flags/values.ts';
import { printableJson } from '../output/printable.ts';
import { UsageError } from '../usage-error.ts';
import { whileWorking } from '../while-working.ts';

interface SaveFlags {
  readonly as?: OutputFormat;
  readonly json?: true;
  readonly output?: string;
  readonly platform?: readonly string[];
  readonly without?: readonly string[];
}

export const save: Command = defineCommand<SaveFlags>({
  name: 'save',
  aliases: ['dray image save'],
  usage: '[OPTIONS] IMAGE...',
  description:
    'Save images of the store to an archive that docker load takes (an OCI layout too), to stdout where no file is named. ' +
    'Layers that the images share are in it once. A repository without a tag stands for all its tags.',
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  isDockers: true,
  registry: 'all',
  flags: () => [
    valued(
      '--as <FORMAT>',
      'Format of the output: docker-archive (an OCI layout too), oci-archive, oci-dir (default: docker-archive)',
      oneOf('docker-archive', 'oci-archive', 'oci-dir'),
    ),
    toggle('--json', 'Print one JSON document on stdout'),
    valued('-o, --output <FILE>', 'Write to a file, instead of stdout; .tar.gz is gzipped', nonEmpty),
    repeatable(
      '--platform <OS/ARCH[/VARIANT]>',
      'Save only this platform (repeatable; default: all that are in the store)',
      nonEmpty,
    ),
    repeatable(
      '--without <FILE|IMAGE>',
      'Leave out layers that the other side has: those of an archive or a layout, of a file with a digest a line, or of an image (repeatable)',
      nonEmpty,
    ),
  ],
  examples: [
    ['dray save -o images.tar alpine:3.20 debian:12', 'To a file; then, where docker is: docker load -i images.tar'],
    ['dray save app | ssh host docker load', 'Straight to another machine'],
    ['dray save -o new.tar --without old.tar app:2', 'Only what is new since old.tar; dray load joins them'],
    ['dray save -o app.tar --platform linux/arm64 app', 'One platform'],
  ],
  async run(call) {
    checkFlags(call);
    const { flags, operands, context } = call;
    const { output = '-' } = flags;
    const to = output === '-' ? { stream: context.stdout } : { path: output };
    const result = await whileWorking(call, { quiet: false, data: true, action: 'load' }, (dray, options) =>
      dray.save(operands, {
        ...options,
        output: { ...to, format: flags.as },
        platform: flags.platform?.flatMap((text) => text.split(',')),
        without: flags.without,
        onEvent: (event) => {
          // Docker says nothing of a file that is written.
          if (event.kind !== 'output-written') options.onEvent?.(event);
        },
      }),
    );
    if (flags.json === true) await write(context.stdout, `${printableJson(result)}\n`);
  },
});

function checkFlags({ flags, context }: Call<SaveFlags>): void {
  checkOutput(flags.output, 'store:IMAGE');
  const toStdout = flags.output === undefined || flags.output === '-';
  if (!toStdout) return;
  if (flags.json === true) throw new UsageError('--json needs --output FILE: the archive goes to stdout');
  if (flags.as === 'oci-dir') throw new UsageError('--as oci-dir needs --output DIR: a folder cannot go to stdout');
  if (context.stdout.isTTY === true) {
    throw new UsageError('cowardly refusing to save to a terminal. Use the -o flag or redirect', { dockerStatus: 1 });
  }
}
