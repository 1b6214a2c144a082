import { type Command, defineCommand } from '../command.ts';
import { listening } from '../listening.ts';
import { withDray } from '../wire.ts';
import { type AnnotatedIndexFlags, annotationFlag, indexFlags, printIndex } from './index-edit.ts';

export const indexAppend: Command = defineCommand<AnnotatedIndexFlags>({
  name: 'index append',
  usage: '[OPTIONS] TARGET IMAGE...',
  description:
    'Add images to an index in a registry; those for a platform that it has take the place of what was there.',
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  isDockers: false,
  registry: 'all',
  flags: () => [annotationFlag(), ...indexFlags('Take only this platform of images that have several (repeatable)')],
  examples: [['dray index append host/app:1 host/app:1-s390x', 'One more platform']],
  async run(call) {
    const { flags, operands } = call;
    const [target = '', ...images] = operands;
    const annotations = Object.fromEntries(flags.annotation ?? []);
    const options = { ...listening(call), platform: flags.platform, annotations };
    await printIndex(await withDray(call, (dray) => dray.appendToIndex(target, images, options)), call);
  },
});
