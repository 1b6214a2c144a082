import type { PushResult } from '#image';
import { nameOf } from '#progress';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { writeDigestFile } from '../output/digest-file.ts';
import { printableJson } from '../output/printable.ts';
import { createProgress } from '../output/progress.ts';
import { UsageError } from '../usage-error.ts';
import { withWayOn } from '../way-on.ts';
import { withDray } from '../wire.ts';
import { pushedNames } from './push-names.ts';

export interface PushFlags {
  readonly allTags?: true;
  readonly digestfile?: string;
  readonly json?: true;
  readonly platform?: readonly string[];
  readonly quiet?: true;
}

/** In docker's words. */
const PLATFORM_NOTE = `
 Info -> Using --platform pushes only the specified platform manifest of a multi-platform image index.
         Other components, like attestations, will not be included.
         To push the complete multi-platform image, remove the --platform flag.
         
`;

export const push: Command = defineCommand<PushFlags>({
  name: 'push',
  aliases: ['dray image push'],
  usage: '[OPTIONS] NAME[:TAG]... | [OPTIONS] PATH NAME[:TAG]...',
  description:
    'Upload images of the store, or one of an archive or an OCI layout at PATH, to the registries that their names say. ' +
    'An upload that was stopped goes on with the same command where the registry still has what it received.',
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  isDockers: true,
  registry: 'all',
  flags: () => [
    toggle('-a, --all-tags', 'Push all tags of an image to the repository'),
    valued('--digestfile <FILE>', 'Write the digests of what was pushed, one in a line', nonEmpty),
    toggle('--disable-content-trust', 'Accepted as docker does; without meaning here'),
    toggle('--json', 'Print one JSON document on stdout'),
    repeatable(
      '--platform <OS/ARCH[/VARIANT]>',
      'Push the manifest of this platform alone (repeatable: an index of those)',
      nonEmpty,
    ),
    toggle('-q, --quiet', 'Suppress verbose output'),
  ],
  examples: [
    ['dray push localhost:5000/app', 'The image of that name in the store'],
    ['dray push app.tar registry.example.com/team/app:1.2 registry.example.com/team/app:latest', 'An archive, twice'],
    ['dray push oci:layout:1.2 localhost:5000/app:1.2', 'An image of an OCI layout'],
    ['dray push -a localhost:5000/app', 'All tags of it that the store has'],
  ],
  async run(call) {
    const { flags, context } = call;
    checkFlags(call);
    const { from, names } = pushedNames(call);
    const quiet = flags.quiet === true;
    const data = flags.json === true;
    const progress = createProgress({ context, flags, quiet, data, allTags: false, action: 'push' });
    if (flags.platform !== undefined && !quiet && !data) await write(context.stdout, PLATFORM_NOTE);
    let results: readonly PushResult[];
    try {
      results = await withDray(call, (dray) =>
        dray.pushAll(names, {
          from,
          allTags: flags.allTags,
          platform: flags.platform?.flatMap((text) => text.split(',')),
          signal: context.signal,
          onEvent: progress.onEvent,
        }),
      );
    } catch (error) {
      progress.fail();
      throw withWayOn(error, 'what was sent is not sent again by the same command, as far as the registry keeps it');
    }
    progress.end(flags.allTags === true ? repositories(results) : results.map(({ fullName }) => fullName));
    if (flags.digestfile !== undefined) await writeDigestFile(flags.digestfile, results);
    if (data) await write(context.stdout, `${printableJson(results.length === 1 ? results[0] : results)}\n`);
  },
});

/** docker names the repository once, whatever the number of its tags. */
function repositories(results: readonly PushResult[]): string[] {
  return [...new Set(results.map(({ fullName }) => nameOf(fullName)))];
}

function checkFlags({ flags, operands }: Call<PushFlags>): void {
  if (flags.quiet === true && flags.json === true) throw new UsageError('--quiet and --json cannot be used together');
  if (flags.allTags === true && operands.some((name) => /:[^/]*$/.test(name))) {
    throw new UsageError("tag can't be used with --all-tags/-a", { dockerStatus: 1 });
  }
}
