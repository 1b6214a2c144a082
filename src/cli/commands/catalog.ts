import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle } from '../flags/flag.ts';
import { listening } from '../listening.ts';
import { oneLine, printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';

interface CatalogFlags {
  readonly fullRef?: true;
  readonly json?: true;
}

export const catalog: Command = defineCommand<CatalogFlags>({
  name: 'catalog',
  usage: '[OPTIONS] HOST[:PORT]',
  description: 'List the repositories of a registry, one in a line, in its order. Docker Hub does not tell.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--full-ref', 'Put the registry in front of each name'),
    toggle('--json', 'Print one JSON document: {"registry": …, "repositories": […]}'),
  ],
  examples: [
    ['dray catalog localhost:5000', 'All repositories'],
    ['dray catalog --full-ref registry.example | xargs -n 1 dray tags', 'The tags of each'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [registry = ''] = operands;
    const repositories: string[] = [];
    await withDray(call, async (dray) => {
      for await (const name of dray.catalog(registry, listening(call))) {
        if (flags.json === true) repositories.push(name);
        else await write(context.stdout, `${oneLine(flags.fullRef === true ? `${registry}/${name}` : name)}\n`);
      }
    });
    if (flags.json === true) await write(context.stdout, `${printableJson({ registry, repositories })}\n`);
  },
});
