import { DrayError, hasCode, isDrayError } from '#errors';
import type { InspectedImage } from '#image';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty, oneOf } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { goJson, goJsonLines, oneLine } from '../output/printable.ts';
import { throwSeveral } from '../several-failures.ts';
import { withDray } from '../wire.ts';

interface InspectFlags {
  readonly format?: string;
  readonly platform?: string;
  readonly size?: true;
  readonly type?: 'image';
}

export const inspect: Command = defineCommand<InspectFlags>({
  name: 'inspect',
  aliases: ['dray image inspect'],
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  description:
    'Print all that is known of images, as JSON. They are looked for in the store; docker://NAME is in a registry, a path or oci:DIR where it says.',
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  isDockers: true,
  registry: 'all',
  flags: () => [
    valued('-f, --format <TEMPLATE>', '"json", or a Go template', nonEmpty),
    valued('--platform <OS/ARCH[/VARIANT]>', 'Platform of an image that is there for several', nonEmpty),
    toggle('-s, --size', "For docker's scripts: sizes are there in any case"),
    valued('--type <TYPE>', 'Only objects of this type: image', oneOf('image')),
  ],
  examples: [
    ['dray inspect alpine', 'Everything'],
    ["dray inspect --format '{{json .Config.ExposedPorts}}' nginx", 'One field'],
    ['dray inspect docker://alpine', 'An image that stays in its registry'],
    ['dray inspect image.tar', 'An archive'],
  ],
  async run(call) {
    const { operands, flags } = call;
    const print = await printer(flags.format);
    const found: InspectedImage[] = [];
    const failures: DrayError[] = [];
    await withDray(call, async (dray) => {
      for (const name of operands) {
        try {
          found.push(await dray.inspect(name, { platform: flags.platform, ...listening(call) }));
        } catch (error) {
          if (!isDrayError(error) || hasCode(error, 'CANCELLED', 'BUG')) throw error;
          failures.push(notHere(error, name, flags.type));
        }
      }
    });
    await print(found, call);
    throwSeveral(failures, call.context);
  },
});

/** docker's `inspect` does not know what it looks for; skopeo's and crane's look in the registry. */
function notHere(error: DrayError, name: string, type: string | undefined): DrayError {
  if (error.code !== 'MANIFEST_UNKNOWN' || !error.message.startsWith('No such image: ')) return error;
  const message = type === 'image' ? error.message : `No such object: ${oneLine(name)}`;
  const remote = name.includes('/') ? `in its registry: dray inspect docker://${name}` : undefined;
  const hint = [error.hint, remote].filter((part) => part !== undefined).join('; ');
  return new DrayError(error.code, message, { cause: error, ...(hint === '' ? {} : { hint }) });
}

type Print = (found: readonly InspectedImage[], call: Call<InspectFlags>) => Promise<void>;

/** A template that cannot be understood is said before anything is looked for. */
async function printer(format: string | undefined): Promise<Print> {
  if (format === undefined || format === '') {
    return (found, { context }) => write(context.stdout, found.length === 0 ? '[]\n' : `${goJsonLines(found)}\n`);
  }
  if (format === 'json') return (found, { context }) => write(context.stdout, `${goJson(found)}\n`);
  const { inspectTemplate } = await import('../output/inspect-template.ts');
  const execute = inspectTemplate(format);
  return async (found, { context }) => {
    let out = '';
    try {
      for (const image of found) out += `${execute(image)}\n`;
    } catch (error) {
      // As docker: what came before, and a line end at least.
      await write(context.stdout, out === '' ? '\n' : out);
      throw error;
    }
    await write(context.stdout, out === '' ? '\n' : out);
  };
}
