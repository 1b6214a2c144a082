import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { commandHelp, groupHelp, helpWidth, overview } from '../help.ts';
import { route } from '../route.ts';

export const help: Command = defineCommand({
  name: 'help',
  usage: '[COMMAND]',
  description: 'Help about a command.',
  operands: { min: 0, max: 2 },
  isDockers: true,
  registry: 'none',
  flags: () => [],
  examples: [
    ['dray help pull', 'What dray pull can do'],
    ['dray help', 'All commands'],
  ],
  async run({ operands, context }) {
    const width = helpWidth(context.stdout);
    const found = route(operands);
    let text = overview(width);
    if (found.kind === 'command') text = commandHelp(await found.entry.load(), width);
    else if (found.kind === 'overview' && found.group !== undefined) text = groupHelp(found.group, width);
    await write(context.stdout, text);
  },
});
