import { writeWholeFile } from '#store';
import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { UsageError } from '../usage-error.ts';
import { withDray } from '../wire.ts';

interface BlobFlags {
  readonly output?: string;
  readonly sync?: boolean;
}

export const blob: Command = defineCommand<BlobFlags>({
  name: 'blob',
  usage: '[OPTIONS] REPOSITORY@DIGEST',
  description:
    'Print the bytes of a blob (a layer, a config, a file of an artifact), or write them to a file. ' +
    'The digest is checked: the file appears when it is right, and a pipe ends with an error when it is not.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [valued('-o, --output <FILE>', 'Write to this file instead of stdout', nonEmpty)],
  examples: [
    ['dray blob alpine@sha256:… | tar tz', 'What is in a layer'],
    ['dray blob -o layer.tar.gz alpine@sha256:…', 'Into a file'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [name = ''] = operands;
    const { output = '-' } = flags;
    if (output === '-' && context.stdout.isTTY === true) {
      throw new UsageError('will not write binary data to a terminal', { hint: 'name a file with -o, or use a pipe' });
    }
    await withDray(call, (dray) =>
      dray.blob(
        name,
        async (_, bytes) => {
          if (output === '-') for await (const chunk of bytes) await write(context.stdout, chunk);
          else await writeWholeFile(output, bytes, { sync: flags.sync !== false, signal: context.signal });
        },
        listening(call),
      ),
    );
  },
});
