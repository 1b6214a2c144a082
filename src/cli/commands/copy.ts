import type { CopyResult, SeveralCopiesOptions } from '#image';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { endOptions } from '../end-options.ts';
import { type EndFlags, endFlags } from '../flags/end-flags.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { integer, nonEmpty } from '../flags/values.ts';
import { copyPlan } from '../output/copy-plan.ts';
import { writeDigestFile } from '../output/digest-file.ts';
import { printableJson } from '../output/printable.ts';
import { createProgress } from '../output/progress.ts';
import { UsageError } from '../usage-error.ts';
import { withWayOn } from '../way-on.ts';
import { withDray } from '../wire.ts';

interface CopyFlags extends EndFlags {
  readonly additionalTag?: readonly string[];
  readonly all?: true;
  readonly allPlatforms?: true;
  readonly digestfile?: string;
  readonly dryRun?: true;
  readonly excludeTags?: readonly string[];
  readonly json?: true;
  readonly newest?: number;
  readonly platform?: readonly string[];
  readonly quiet?: true;
  readonly referrers: boolean;
  readonly semver?: string;
  readonly tags?: readonly string[];
}

export const copy: Command = defineCommand<CopyFlags>({
  name: 'copy',
  usage: '[OPTIONS] SRC DST',
  description:
    'Copy an image with all its platforms, its digests kept, and what refers to it (signatures, attestations, SBOMs) from one place to ' +
    'another: NAME (a registry), store:NAME, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], docker-daemon:NAME (a Docker engine). Between registries no byte ' +
    'touches the disk.',
  operands: { min: 2, max: 2 },
  isDockers: false,
  registry: 'all',
  flags: () => [
    toggle('-a, --all', 'Copy all tags of the repository SRC to the repository DST'),
    toggle('--all-platforms', 'Copy everything that the image has (the default)'),
    valued('--digestfile <FILE>', 'Write the digests of what was copied, one in a line', nonEmpty),
    toggle('--dry-run', 'Tell what would be copied, in bytes, and what is there already; change nothing'),
    repeatable('--exclude-tags <GLOB>', 'With --all: leave these tags out (repeatable)', nonEmpty),
    toggle('--json', 'Print one JSON document on stdout'),
    valued('--newest <N>', 'With --all: only the N newest of those tags that are versions', integer(1, 100_000)),
    toggle('--no-referrers', 'Leave behind what refers to the image'),
    repeatable(
      '--platform <OS/ARCH[/VARIANT]>',
      'Copy this platform alone (repeatable: the index is rewritten for those)',
      nonEmpty,
    ),
    toggle('-q, --quiet', 'Print the names in the target alone'),
    valued('--semver <RANGE>', 'With --all: only tags that are versions in this range, as npm writes it', nonEmpty),
    repeatable('-t, --additional-tag <TAG>', 'Another tag for it in the target (repeatable)', nonEmpty),
    repeatable('--tags <GLOB>', 'With --all: only these tags (repeatable)', nonEmpty),
    ...endFlags(),
  ],
  examples: [
    ['dray copy alpine:3.20 registry.example.com/mirror/alpine:3.20', 'From one registry to another'],
    ['dray copy -a --tags "3.*" --newest 5 alpine registry.example.com/alpine', 'The five newest of a repository'],
    ['dray copy --platform linux/amd64 --platform linux/arm64 alpine oci:alpine', 'Two platforms, to an OCI layout'],
    ['dray copy oci-archive:app.tar store:', 'From an archive into the store, under the names that it has there'],
    ['dray copy --dry-run alpine localhost:5000/alpine', 'What that would move'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    checkFlags(call);
    const [from = '', to = ''] = operands;
    const quiet = flags.quiet === true;
    const data = flags.json === true;
    const lines = flags.dryRun !== true;
    const progress = createProgress({ context, flags, quiet, data, allTags: false, action: 'copy', lines });
    const options = { ...copyOptions(flags), signal: context.signal, onEvent: progress.onEvent };
    let results: readonly CopyResult[];
    try {
      results = await withDray(
        call,
        (dray) => (flags.all === true ? dray.copyRepository(from, to, options) : dray.copy(from, to, options)),
        await endOptions(call),
      );
    } catch (error) {
      progress.fail();
      throw withWayOn(error, 'what has arrived is not sent again by the same command');
    }
    progress.end(quiet ? results.flatMap(({ names, root }) => (names.length > 0 ? names : [root.digest])) : []);
    if (flags.digestfile !== undefined) await writeDigestFile(flags.digestfile, results);
    if (data) await write(context.stdout, `${printableJson(results.length === 1 ? results[0] : results)}\n`);
    else if (flags.dryRun === true && !quiet) await write(context.stdout, results.map(copyPlan).join('\n'));
  },
});

function copyOptions(flags: CopyFlags): SeveralCopiesOptions {
  return {
    platform: flags.platform?.flatMap((text) => text.split(',')),
    allPlatforms: flags.allPlatforms,
    tags: flags.additionalTag,
    referrers: flags.referrers ? undefined : false,
    dryRun: flags.dryRun,
    include: flags.tags,
    exclude: flags.excludeTags,
    semver: flags.semver,
    newest: flags.newest,
  };
}

function checkFlags({ flags }: Call<CopyFlags>): void {
  const together = (a: unknown, b: unknown, names: string): void => {
    if (a && b) throw new UsageError(`${names} cannot be used together`);
  };
  together(flags.platform, flags.allPlatforms, '--platform and --all-platforms');
  together(flags.quiet, flags.json, '--quiet and --json');
  together(flags.all, flags.additionalTag, '--all and --additional-tag');
  const ofAll = [
    flags.tags && '--tags',
    flags.excludeTags && '--exclude-tags',
    flags.semver && '--semver',
    flags.newest && '--newest',
  ];
  const alone = ofAll.find((name) => typeof name === 'string');
  if (flags.all !== true && alone !== undefined) throw new UsageError(`${alone} needs --all`);
}
