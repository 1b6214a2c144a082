import { DrayError } from '#errors';
import type { Validation } from '#image';
import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { whileLooking } from '../while-looking.ts';
import { withDray } from '../wire.ts';

interface ValidateFlags {
  readonly allPlatforms?: true;
  readonly fast?: true;
  readonly json?: true;
  readonly platform?: readonly string[];
}

export const validate: Command = defineCommand<ValidateFlags>({
  name: 'validate',
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  description:
    'Check images, wherever they are: digests and sizes of all documents and layers, what layers are when uncompressed, and that index, manifest and config agree. Prints PASS or FAIL for each, with every fault; ends with status 6 where there is one. Nothing is kept.',
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--all-platforms', 'All images of an index'),
    toggle('--fast', 'Of layers, check only that they are there'),
    toggle('--json', 'Print one JSON document: a list of what was found'),
    repeatable(
      '--platform <OS/ARCH[/VARIANT]>',
      'Platform (default: $DOCKER_DEFAULT_PLATFORM or this machine; repeatable)',
      nonEmpty,
    ),
  ],
  examples: [
    ['dray validate docker://alpine', 'An image in its registry'],
    ['dray validate --all-platforms oci:app', 'All images of a layout'],
    ['dray validate app.tar', 'An archive, before it is loaded somewhere'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const found: Validation[] = [];
    await withDray(call, async (dray) => {
      for (const image of operands) {
        const { platform, fast, allPlatforms } = flags;
        const validation = await whileLooking(call, (options) =>
          dray.validate(image, { ...options, platform, fast, allPlatforms, concurrency: flags.concurrency }),
        );
        found.push(validation);
        if (flags.json !== true) await write(context.stdout, report(validation));
      }
    });
    if (flags.json === true) await write(context.stdout, `${printableJson(found)}\n`);
    const failed = found.filter(({ valid }) => !valid);
    if (failed.length === 0) return;
    const of = found.length === 1 ? '' : `${failed.length} of ${found.length}: `;
    const names = failed.map(({ reference }) => oneLine(reference)).join(', ');
    throw new DrayError('MANIFEST_INVALID', `validation failed for ${of}${names}`);
  },
});

function report({ reference, root, faults, images }: Validation): string {
  const parts = images.map((image) => ({ ...image, platform: image.platform ?? '-' }));
  const all = faults.length > 0 ? [{ manifest: root, platform: '-', faults }, ...parts] : parts;
  return all
    .map(({ manifest, platform, faults: own }) => {
      const line = `${own.length === 0 ? 'PASS' : 'FAIL'} ${oneLine(reference)} ${platform} ${manifest}\n`;
      return line + own.map(({ message }) => `  ${oneLine(message)}\n`).join('');
    })
    .join('');
}
