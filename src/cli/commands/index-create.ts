import { type Command, defineCommand } from '../command.ts';
import { listening } from '../listening.ts';
import { withDray } from '../wire.ts';
import { type AnnotatedIndexFlags, annotationFlag, indexFlags, printIndex } from './index-edit.ts';

export const indexCreate: Command = defineCommand<AnnotatedIndexFlags>({
  name: 'index create',
  usage: '[OPTIONS] TARGET IMAGE...',
  description:
    'Make one image of images for several platforms, under the name TARGET in its registry. ' +
    'Images from elsewhere (other repositories, archives, layouts, the store) are copied there first.',
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  isDockers: false,
  registry: 'all',
  flags: () => [annotationFlag(), ...indexFlags('Take only this platform of images that have several (repeatable)')],
  examples: [
    ['dray index create host/app:1 host/app:1-amd64 host/app:1-arm64', 'Of two images'],
    ['dray index create --platform linux/amd64 --platform linux/arm64 host/alpine:3 alpine:3', 'Two of many platforms'],
  ],
  async run(call) {
    const { flags, operands } = call;
    const [target = '', ...images] = operands;
    const annotations = Object.fromEntries(flags.annotation ?? []);
    const options = { ...listening(call), platform: flags.platform, annotations };
    await printIndex(await withDray(call, (dray) => dray.createIndex(target, images, options)), call);
  },
});
