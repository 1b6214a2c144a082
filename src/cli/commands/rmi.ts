import type { Dray } from '#dray';
import { type DrayError, hasCode, isDrayError } from '#errors';
import type { RemovalStep } from '#image';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { manyLines } from '../output/printable.ts';
import { throwSeveral } from '../several-failures.ts';
import { withDray } from '../wire.ts';

interface RmiFlags {
  readonly force?: true;
  readonly platform?: readonly string[];
  readonly prune: boolean;
}

export const rmi: Command = defineCommand<RmiFlags>({
  name: 'rmi',
  aliases: ['dray image rm', 'dray image remove'],
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  description:
    'Remove images from the store: by a name that name, by an ID the image with its names. Content goes that no other image needs.',
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  isDockers: true,
  registry: 'none',
  flags: () => [
    toggle('-f, --force', 'Also by the ID of an image with several names; and what is not there is no error'),
    toggle('--no-prune', "For docker's scripts: there are no untagged parents to delete"),
    repeatable(
      '--platform <OS/ARCH[/VARIANT]>',
      'Remove only the given platform variant, e.g. linux/amd64 (repeatable): the name and other platforms stay',
      nonEmpty,
    ),
  ],
  examples: [
    ['dray rmi alpine:3.20', 'One name'],
    ['dray rmi -f 0e5574283393', 'An image with all its names'],
    ['dray rmi --platform linux/arm64 alpine:3.20', 'One platform of an image that was pulled for several'],
    ['dray rmi $(dray images -q -f dangling=true)', 'Images without a tag'],
  ],
  async run(call) {
    const failures: DrayError[] = [];
    await withDray(call, async (dray) => {
      for (const image of call.operands) await removeOne(image, dray, call, failures);
    });
    const { context, flags } = call;
    if (flags.force === true && failures.every((error) => hasCode(error, 'MANIFEST_UNKNOWN', 'PLATFORM_UNKNOWN'))) {
      for (const { message } of failures) context.stderr.write(`dray: ${manyLines(message)}\n`);
    } else throwSeveral(failures, context);
  },
});

/** What comes after one that fails is removed all the same, and printed at once. */
async function removeOne(image: string, dray: Dray, call: Call<RmiFlags>, failures: DrayError[]): Promise<void> {
  try {
    const { force = false, platform } = call.flags;
    const platforms = platform?.flatMap((text) => text.split(','));
    const { steps } = await dray.remove(image, { force, platforms, ...listening(call) });
    await write(call.context.stdout, steps.map((step) => `${removalLine(step, 'U', 'D')}\n`).join(''));
  } catch (error) {
    if (!isDrayError(error) || hasCode(error, 'CANCELLED', 'BUG')) throw error;
    failures.push(error);
  }
}

/** docker's line for a step; `rmi` and `prune` begin it differently. */
export function removalLine(step: RemovalStep, untagged: 'U' | 'u', deleted: 'D' | 'd'): string {
  return 'untagged' in step ? `${untagged}ntagged: ${step.untagged}` : `${deleted}eleted: ${step.deleted}`;
}
