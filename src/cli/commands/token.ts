import { parseReference } from '#oci';
import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';

interface TokenFlags {
  readonly json?: true;
  readonly push?: true;
  readonly scope?: readonly string[];
}

export const token: Command = defineCommand<TokenFlags>({
  name: 'token',
  aliases: ['dray auth token'],
  usage: '[OPTIONS] REPOSITORY',
  description:
    'Print a bearer token that the registry gives for a repository, with the credentials that are stored, for use with curl and the like.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('--json', 'Print one JSON document: {"token": …}'),
    toggle('--push', 'A token to push with'),
    repeatable('--scope <SCOPE>', 'This scope instead, as registries write them (repeatable)', nonEmpty),
  ],
  examples: [
    ['dray auth token alpine', 'To pull'],
    ['curl -H "Authorization: Bearer $(dray auth token alpine)" …', 'In use'],
    ['dray auth token --scope registry:catalog:* registry.example/app', 'For something else'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [repository = ''] = operands;
    const { path } = parseReference(repository);
    const own = `repository:${path}:${flags.push === true ? 'pull,push' : 'pull'}`;
    const scopes = flags.push === true || flags.scope === undefined ? [own, ...(flags.scope ?? [])] : flags.scope;
    const found = await withDray(call, (dray) => dray.token(repository, { ...listening(call), scopes }));
    if (flags.json === true) return write(context.stdout, `${printableJson({ token: found ?? null })}\n`);
    if (found === undefined) context.stderr.write('the registry wants no token\n');
    else await write(context.stdout, `${found}\n`);
  },
});
