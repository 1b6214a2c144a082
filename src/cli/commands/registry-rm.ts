import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle } from '../flags/flag.ts';
import { type RegistryFolderFlags, registryFolder, registryFolderFlags } from '../flags/registry-folder.ts';
import { oneLine } from '../output/printable.ts';
import { ask } from '../prompt.ts';
import { UsageError } from '../usage-error.ts';

interface RegistryRmFlags extends RegistryFolderFlags {
  readonly force?: true;
}

export const registryRm: Command = defineCommand<RegistryRmFlags>({
  name: 'registry rm',
  aliases: ['dray registry remove'],
  usage: '[OPTIONS] REPOSITORY...',
  description:
    'Remove repositories with all their manifests, tags and uploads from the folder of a registry, also while it is served. Those below their names ' +
    'stay. Room is given back by the next dray registry gc. Asks before it does on a terminal.',
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  isDockers: false,
  registry: 'none',
  flags: () => [...registryFolderFlags(), toggle('-f, --force', 'Do not ask')],
  examples: [['dray registry rm -f --data /srv/registry team/old', 'A repository that nobody needs']],
  async run(call) {
    const { flags, operands, context } = call;
    const { openFolderStorage, removeRepository } = await import('#serve');
    const { root, settings } = await registryFolder(call);
    if (flags.force !== true && !(await isConfirmed(call))) return;
    const storage = openFolderStorage({ root, sync: settings.sync });
    for (const name of operands) {
      await removeRepository(storage, name, { signal: context.signal });
      await write(context.stdout, `Deleted: ${oneLine(name)}\n`);
    }
  },
});

/** Nobody to ask is no consent. */
async function isConfirmed({ operands, context }: Parameters<Command['run']>[0]): Promise<boolean> {
  if (context.stdin.isTTY !== true) {
    throw new UsageError('will not remove repositories without being asked to', { hint: 'say so with -f' });
  }
  const what = operands.map((name) => oneLine(name)).join(', ');
  const answer = await ask(context, `Remove with all tags: ${what}? [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}
