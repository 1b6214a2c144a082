import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';

interface ArtifactPullFlags {
  readonly json?: true;
  readonly keepOldFiles?: true;
  readonly output: string;
  readonly quiet?: true;
}

export const artifactPull: Command = defineCommand<ArtifactPullFlags>({
  name: 'artifact pull',
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  description:
    'Write the files of an artifact into a folder (the current one by default), and nothing outside of it. ' +
    'Each file is checked, and appears whole or not at all.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--json', 'Print one JSON document'),
    toggle('-k, --keep-old-files', 'Replace no file that is there'),
    valued('-o, --output <DIR>', 'The folder (default: .)', nonEmpty).default('.'),
    toggle('-q, --quiet', 'Print nothing'),
  ],
  examples: [['dray artifact pull -o files/ host/files:1', 'All files of an artifact']],
  async run(call) {
    const { flags, operands, context } = call;
    const [name = ''] = operands;
    const options = { ...listening(call), overwrite: flags.keepOldFiles !== true };
    const pulled = await withDray(call, (dray) => dray.pullArtifact(name, flags.output, options));
    if (flags.json === true) return write(context.stdout, `${printableJson(pulled)}\n`);
    if (flags.quiet === true) return;
    const lines = pulled.files.map(({ path }) => `${oneLine(path)}\n`).join('');
    await write(context.stdout, `${lines}Pulled ${oneLine(pulled.reference)}\nDigest: ${pulled.root.digest}\n`);
  },
});
