import { type Command, defineCommand } from '../command.ts';
import { repeatable } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { UsageError } from '../usage-error.ts';
import { withDray } from '../wire.ts';
import { type IndexFlags, indexFlags, printIndex } from './index-edit.ts';

interface IndexRemoveFlags extends IndexFlags {
  readonly digest?: readonly string[];
}

export const indexRemove: Command = defineCommand<IndexRemoveFlags>({
  name: 'index remove',
  usage: '[OPTIONS] TARGET',
  description: 'Take images out of an index in a registry. Their manifests stay in the repository.',
  operands: { min: 1, max: 1 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    repeatable('--digest <DIGEST>', 'The entry with this digest (repeatable)', nonEmpty),
    ...indexFlags('The entry for this platform, and what is attested of it (repeatable)'),
  ],
  examples: [['dray index remove --platform linux/386 host/app:1', 'One platform less']],
  async run(call) {
    const { flags, operands } = call;
    const [target = ''] = operands;
    if (flags.platform === undefined && flags.digest === undefined) {
      throw new UsageError('nothing was said of what to remove', { hint: 'name it with --platform or --digest' });
    }
    const options = { ...listening(call), platform: flags.platform, digests: flags.digest };
    await printIndex(await withDray(call, (dray) => dray.removeFromIndex(target, options)), call);
  },
});
