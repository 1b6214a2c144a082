import { type Command, defineCommand } from '../command.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { writeDocument } from '../output/document.ts';
import { withDray } from '../wire.ts';

interface ConfigFlags {
  readonly platform?: string;
  readonly raw?: true;
}

export const config: Command = defineCommand<ConfigFlags>({
  name: 'config',
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  description:
    'Print the config of an image: command, environment, labels, history. Nothing but the config is downloaded.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--json', 'What is printed is JSON in any case'),
    valued('--platform <OS/ARCH[/VARIANT]>', 'Platform (default: $DOCKER_DEFAULT_PLATFORM or this machine)', nonEmpty),
    toggle('--raw', 'Byte for byte as the registry has it'),
  ],
  examples: [
    ['dray config alpine', "The image's config for this machine"],
    ['dray config --platform linux/arm/v7 alpine', 'For another platform'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [reference = ''] = operands;
    const bytes = await withDray(call, (dray) =>
      dray.config(reference, { ...listening(call), platform: flags.platform }),
    );
    await writeDocument(context.stdout, bytes, { raw: flags.raw === true, what: `the config of ${reference}` });
  },
});
