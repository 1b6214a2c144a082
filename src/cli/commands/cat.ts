import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { whileLooking } from '../while-looking.ts';
import { withDray } from '../wire.ts';

interface CatFlags {
  readonly platform?: string;
}

export const cat: Command = defineCommand<CatFlags>({
  name: 'cat',
  usage: '[OPTIONS] IMAGE PATH [PATH...]',
  description:
    'Print files of an image. Of an image in a registry only the layers that are needed are fetched, the top one first, and kept in the store. Nothing is printed before it is verified.',
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  isDockers: false,
  registry: 'all',
  flags: () => [
    valued('--platform <OS/ARCH[/VARIANT]>', 'Platform (default: $DOCKER_DEFAULT_PLATFORM or this machine)', nonEmpty),
  ],
  examples: [
    ['dray cat alpine /etc/os-release', 'What is in there?'],
    ['dray cat app.tar /app/package.json | jq .version', 'A file of an archive'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [image = '', ...paths] = operands;
    await withDray(call, async (dray) => {
      // Bars are over when the first bytes come: whatever had to be fetched is here by then.
      const { bytes, first } = await whileLooking(call, async (options) => {
        const all = dray.readFile(image, paths, { ...options, platform: flags.platform })[Symbol.asyncIterator]();
        return { bytes: all, first: await all.next() };
      });
      for (let next = first; next.done !== true; next = await bytes.next()) await write(context.stdout, next.value);
    });
  },
});
