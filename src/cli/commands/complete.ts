import { type Command, defineCommand } from '../command.ts';
import { complete } from '../completion/complete.ts';
import { write } from '../context.ts';
import { oneLine } from '../output/printable.ts';

/**
 * What the scripts of `dray completion` call: the words typed so far, the last of them to be completed. Prints a candidate a line, its description behind
 * a tab; at the end a line that begins with a colon and says whether files may stand there too, and whether the word goes on.
 */
export const completeWords: Command = defineCommand({
  name: '__complete',
  usage: '-- WORD...',
  description: 'Print what the last word of a command line may become; for the scripts of dray completion.',
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  isDockers: false,
  registry: 'none',
  flags: () => [],
  examples: [['dray __complete -- tags --sort s', 'What a shell asks when Tab is pressed']],
  async run({ operands, context }) {
    // Whatever goes wrong, a command line that is being typed is no place for it.
    const { candidates, files, open } = await complete(operands, context).catch(() => ({
      candidates: [],
      files: true,
      open: false,
    }));
    const lines = candidates.map(({ value, description }) => {
      const about = description === undefined ? '' : `\t${oneLine(description)}`;
      return `${oneLine(value)}${about}\n`;
    });
    await write(context.stdout, `${lines.join('')}:${files === true ? 'files' : ''}${open === true ? 'open' : ''}\n`);
  },
});
