import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle } from '../flags/flag.ts';
import { listening } from '../listening.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';

interface RateLimitFlags {
  readonly json?: true;
}

/** What Docker Hub's documentation asks with. */
const PROBE = 'ratelimitpreview/test';

export const ratelimit: Command = defineCommand<RateLimitFlags>({
  name: 'ratelimit',
  usage: '[OPTIONS] [NAME[:TAG]]',
  description: 'Show how many pulls the registry still allows (Docker Hub by default). Asking costs no pull.',
  operands: { min: 0, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [toggle('--json', 'Print one JSON document')],
  examples: [
    ['dray ratelimit', 'Of Docker Hub, for you or for this address'],
    ['dray ratelimit registry.example/app:1', 'Of another registry that counts pulls'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [name = PROBE] = operands;
    const found = await withDray(call, (dray) => dray.rateLimit(name, listening(call)));
    if (flags.json === true) return write(context.stdout, `${printableJson(found)}\n`);
    const { limit } = found;
    if (limit === undefined) return write(context.stdout, `${found.reference}: the registry tells of no limit\n`);
    const window = limit.window === undefined ? '' : ` in ${hours(limit.window)}`;
    const source = limit.source === undefined ? '' : `, counted for ${oneLine(limit.source)}`;
    await write(context.stdout, `${limit.remaining ?? '?'} of ${limit.limit ?? '?'} pulls left${window}${source}\n`);
  },
});

function hours(seconds: number): string {
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds} s`;
}
