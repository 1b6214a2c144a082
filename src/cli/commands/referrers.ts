import type { Descriptor } from '#oci';
import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { table } from '../output/table.ts';
import { withDray } from '../wire.ts';

interface ReferrersFlags {
  readonly artifactType?: string;
  readonly json?: true;
  readonly quiet?: true;
}

export const referrers: Command = defineCommand<ReferrersFlags>({
  name: 'referrers',
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  description: 'List what points to an image in its registry: signatures, SBOMs, attestations.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    valued('--artifact-type <TYPE>', 'Only those of this type', nonEmpty),
    toggle('--json', 'Print one JSON document'),
    toggle('-q, --quiet', 'Print digests alone'),
  ],
  examples: [
    ['dray referrers registry.example/app:1', 'All'],
    ['dray referrers -q --artifact-type application/spdx+json registry.example/app:1', 'Digests of its SBOMs'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [name = ''] = operands;
    const options = { ...listening(call), artifactType: flags.artifactType };
    const found = await withDray(call, (dray) => dray.referrers(name, options));
    if (flags.json === true) return write(context.stdout, `${printableJson(found)}\n`);
    if (flags.quiet === true) {
      return write(context.stdout, found.referrers.map(({ digest }) => `${digest}\n`).join(''));
    }
    const rows = found.referrers.map(({ artifactType, digest, size }: Descriptor) => [
      oneLine(artifactType ?? '<none>'),
      digest,
      String(size),
    ]);
    await write(context.stdout, table([['ARTIFACT TYPE', 'DIGEST', 'SIZE'], ...rows]));
  },
});
