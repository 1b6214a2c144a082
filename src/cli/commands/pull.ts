import type { PullResult } from '#image';
import { nameOf } from '#progress';
import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { nonEmpty, oneOf } from '../flags/values.ts';
import { printableJson } from '../output/printable.ts';
import { createProgress } from '../output/progress.ts';
import { withWayOn } from '../way-on.ts';
import { withDray } from '../wire.ts';
import { checkPullFlags, type PullFlags, pullOptions } from './pull-options.ts';
import { printPlans } from './pull-print.ts';

export const pull: Command = defineCommand<PullFlags>({
  name: 'pull',
  aliases: ['dray image pull'],
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]...',
  description:
    'Download images from a registry into the store and, with -o, into a file that docker load takes. ' +
    'What was downloaded is kept when a pull is stopped; the same command continues it.',
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  isDockers: true,
  registry: 'all',
  flags: () => [
    toggle('-a, --all-tags', 'Download all tagged images in the repository'),
    toggle('--all-platforms', 'Download the image for every platform it has'),
    valued(
      '--as <FORMAT>',
      'Format of the output: docker-archive (an OCI layout too), oci-archive, oci-dir (default: docker-archive)',
      oneOf('docker-archive', 'oci-archive', 'oci-dir'),
    ),
    toggle('--disable-content-trust', 'Accepted as docker does; without meaning here'),
    toggle('--json', 'Print one JSON document on stdout'),
    toggle('--no-store', 'Keep nothing in the store: straight into the output'),
    toggle('--no-verify-layers', 'Check layers by digest and size alone, not their unpacked content'),
    valued(
      '-o, --output <FILE>',
      'Write a file (.tar.gz is gzipped), one file per image into DIR/, or - for stdout',
      nonEmpty,
    ),
    repeatable(
      '--platform <OS/ARCH[/VARIANT]>',
      'Platform of the image (repeatable; default: $DOCKER_DEFAULT_PLATFORM or this machine)',
      nonEmpty,
    ),
    toggle('--print', 'Tell what would be downloaded, and download nothing'),
    toggle('-q, --quiet', 'Print the names of the images alone'),
  ],
  examples: [
    ['dray pull alpine -o alpine.tar', 'To a file; then, where docker is: docker load -i alpine.tar'],
    ['dray pull --platform linux/arm64 alpine:3.20', 'Another platform, into the store alone'],
    ['dray pull -o - --no-store alpine | ssh host docker load', 'Straight to another machine'],
    ['dray pull --print --all-platforms alpine', 'What there is, and how large'],
    ['dray pull -o images/ alpine:3.20 debian:12', 'A file for each'],
  ],
  async run(call) {
    checkPullFlags(call);
    if (call.flags.print === true) return printPlans(call);
    const { flags, operands, context } = call;
    const progress = createProgress({
      context,
      flags,
      quiet: flags.quiet === true,
      data: flags.output === '-' || flags.json === true,
      allTags: flags.allTags === true,
    });
    const options = { ...pullOptions(call), signal: context.signal, onEvent: progress.onEvent };
    let results: readonly PullResult[];
    try {
      results = await withDray(call, async (dray) => {
        const [only] = operands;
        if (operands.length > 1 || flags.allTags === true || only === undefined) return dray.pullAll(operands, options);
        return [await dray.pull(only, options)];
      });
    } catch (error) {
      progress.fail();
      // With neither store nor file there is nothing to go on from.
      if (!flags.store && flags.output === '-') throw error;
      throw withWayOn(error, 'what was downloaded is kept; the same command continues it');
    }
    progress.end(flags.allTags === true ? repositories(results) : results.map(({ fullName }) => fullName));
    if (flags.json === true) {
      const document = operands.length === 1 && flags.allTags !== true ? results[0] : results;
      await write(context.stdout, `${printableJson(document)}\n`);
    }
  },
});

/** docker names the repository once, whatever the number of its tags. */
function repositories(results: readonly PullResult[]): string[] {
  return [...new Set(results.map(({ fullName }) => nameOf(fullName)))];
}
