import { type Command, defineCommand } from '../command.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { writeDocument } from '../output/document.ts';
import { withDray } from '../wire.ts';

interface ManifestFlags {
  readonly platform?: string;
  readonly raw?: true;
}

export const manifest: Command = defineCommand<ManifestFlags>({
  name: 'manifest',
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  description: 'Print the manifest or index that an image name stands for in its registry.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--json', 'What is printed is JSON in any case'),
    valued('--platform <OS/ARCH[/VARIANT]>', 'The manifest of this platform instead of the index', nonEmpty),
    toggle('--raw', 'Byte for byte as the registry has it'),
  ],
  examples: [
    ['dray manifest alpine', 'The index: which platforms there are'],
    ['dray manifest --platform linux/arm64 alpine', "One platform's manifest: its layers"],
    ['dray manifest --raw alpine | sha256sum', 'The same as dray digest alpine'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [reference = ''] = operands;
    const { bytes, fullName } = await withDray(call, (dray) =>
      dray.manifest(reference, { ...listening(call), platform: flags.platform }),
    );
    await writeDocument(context.stdout, bytes, { raw: flags.raw === true, what: `the manifest of ${fullName}` });
  },
});
