import type { LoadedImage } from '#image';
import type { ArchiveOrigin } from '#store';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { UsageError } from '../usage-error.ts';
import { whileWorking } from '../while-working.ts';

interface LoadFlags {
  readonly input?: string;
  readonly json?: true;
  readonly platform?: readonly string[];
  readonly quiet?: true;
}

export const load: Command = defineCommand<LoadFlags>({
  name: 'load',
  aliases: ['dray image load'],
  usage: '[OPTIONS]',
  description:
    'Load images from an archive into the store: of docker save, podman, skopeo, crane and others, or a tar of an OCI layout, ' +
    'plain or compressed. Everything is verified before anything can be seen; an archive that fails changes nothing.',
  operands: { min: 0, max: 0 },
  isDockers: true,
  registry: 'none',
  flags: () => [
    valued('-i, --input <FILE>', 'Read from a file, instead of stdin', nonEmpty),
    toggle('--json', 'Print one JSON document on stdout'),
    repeatable(
      '--platform <OS/ARCH[/VARIANT]>',
      'Load only this platform (repeatable; default: all there are)',
      nonEmpty,
    ),
    toggle('-q, --quiet', 'Suppress the load output'),
  ],
  examples: [
    ['dray load -i images.tar.gz', 'From a file'],
    ['ssh host docker save alpine | dray load', 'Straight from another machine'],
    ['dray load -i images.tar --platform linux/arm64', 'One platform of those that are in it'],
  ],
  async run(call) {
    const { flags, context } = call;
    const origin = originOf(call);
    const data = flags.json === true;
    const platform = flags.platform?.flatMap((text) => text.split(','));
    const quiet = flags.quiet === true;
    const result = await whileWorking(call, { quiet, data, action: 'load' }, (dray, options) =>
      dray.load(origin, { ...options, platform }),
    );
    await write(context.stdout, data ? `${printableJson(result)}\n` : result.images.map(loadedLines).join(''));
  },
});

/** A file, or what comes on stdin, which is refused where it is a terminal: in docker's words. */
function originOf({ flags, context }: Call<LoadFlags>): ArchiveOrigin {
  if (flags.input !== undefined) return { path: flags.input };
  if (context.stdin.isTTY === true) {
    throw new UsageError('requested load from stdin, but stdin is empty', {
      hint: 'name a file: -i FILE',
      dockerStatus: 1,
    });
  }
  return { stream: context.stdin, name: 'stdin' };
}

/** As docker prints them: first what a name stood for, then that it is this image's now. */
function loadedLines({ names, moved, id }: LoadedImage): string {
  if (names.length === 0) return `Loaded image ID: ${id}\n`;
  return names
    .map((name) => {
      const from = moved.find((one) => one.name === name)?.from;
      const renamed = `The image ${oneLine(name)} already exists, renaming the old one with ID ${from} to empty string\n`;
      return `${from === undefined ? '' : renamed}Loaded image: ${oneLine(name)}\n`;
    })
    .join('');
}
