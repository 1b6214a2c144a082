import { type Command, defineCommand } from '../command.ts';
import { listening } from '../listening.ts';
import { withDray } from '../wire.ts';

export const tag: Command = defineCommand<object>({
  name: 'tag',
  aliases: ['dray image tag'],
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  description: 'Give an image of the store another name. What had the name before keeps its other names, or has none.',
  operands: { min: 2, max: 2 },
  isDockers: true,
  registry: 'none',
  flags: () => [],
  examples: [
    ['dray tag alpine localhost:5000/alpine', 'For a push to a registry of your own'],
    ['dray tag 0e5574283393 fedora/httpd:version1.0', 'By an ID'],
  ],
  async run(call) {
    const [source = '', target = ''] = call.operands;
    await withDray(call, (dray) => dray.tag(source, target, listening(call)));
  },
});
