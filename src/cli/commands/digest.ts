import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';

interface DigestFlags {
  readonly platform?: string;
  readonly json?: true;
}

export const digest: Command = defineCommand<DigestFlags>({
  name: 'digest',
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  description: 'Print the digest that an image name stands for in its registry.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--json', 'Print one JSON document: {"reference": …, "digest": …}'),
    valued('--platform <OS/ARCH[/VARIANT]>', "The digest of this platform's manifest instead of the index", nonEmpty),
  ],
  examples: [
    ['dray digest alpine:3.20', 'What to pin'],
    ['dray digest --platform linux/amd64 alpine', "One platform's manifest"],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [reference = ''] = operands;
    const found = await withDray(call, (dray) =>
      dray.digest(reference, { ...listening(call), platform: flags.platform }),
    );
    const text = flags.json === true ? printableJson({ reference, digest: found }) : oneLine(found);
    await write(context.stdout, `${text}\n`);
  },
});
