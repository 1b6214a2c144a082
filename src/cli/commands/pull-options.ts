import type { OutputFormat, OutputOptions, PullOptions } from '#image';
import { checkOutput } from '../check-output.ts';
import type { Call } from '../command.ts';
import { UsageError } from '../usage-error.ts';

export interface PullFlags {
  readonly allTags?: true;
  readonly platform?: readonly string[];
  readonly allPlatforms?: true;
  readonly quiet?: true;
  readonly print?: true;
  readonly json?: true;
  readonly output?: string;
  readonly as?: OutputFormat;
  readonly store: boolean;
  readonly verifyLayers: boolean;
}

/** The options of the library's pull that the flags stand for. */
export function pullOptions(call: Call<PullFlags>): PullOptions {
  const { flags } = call;
  return {
    platform: flags.platform?.flatMap((text) => text.split(',')),
    allPlatforms: flags.allPlatforms,
    allTags: flags.allTags,
    output: output(call),
    store: flags.store ? undefined : false,
    verifyLayers: flags.verifyLayers ? undefined : false,
  };
}

function output({ flags, context }: Call<PullFlags>): OutputOptions | undefined {
  if (flags.output === undefined) return undefined;
  const to = flags.output === '-' ? { stream: context.stdout } : { path: flags.output };
  return { ...to, format: flags.as };
}

/** Throws a UsageError for flags and references that contradict each other; nothing has been asked by then. */
export function checkPullFlags({ flags, operands, context }: Call<PullFlags>): void {
  const { output: file } = flags;
  const together = (a: unknown, b: unknown, names: string): void => {
    if (a && b) throw new UsageError(`${names} cannot be used together`);
  };
  if (flags.allTags === true && operands.some(hasTagOrDigest)) {
    throw new UsageError("tag can't be used with --all-tags/-a", { dockerStatus: 1 });
  }
  const [, second = ''] = operands;
  // As crane has it. A repository of that name can be said with its path: library/app.tar.
  if (operands.length === 2 && file === undefined && /^[^/:]+\.(?:tar|tgz|tar\.gz)$/.test(second)) {
    throw new UsageError(`${second} is the name of a file, not of an image`, {
      hint: `to write it: dray pull NAME -o ${second}`,
    });
  }
  checkOutput(file, 'NAME');
  together(flags.platform, flags.allPlatforms, '--platform and --all-platforms');
  together(flags.quiet, flags.json, '--quiet and --json');
  together(flags.quiet, flags.print, '--quiet and --print');
  together(flags.print, file, '--print and --output');
  together(flags.json, file === '-', '--json and --output -');
  if (file === undefined && !flags.store) throw new UsageError('--no-store needs --output FILE');
  if (file === undefined && flags.as !== undefined) throw new UsageError('--as needs --output FILE');
  if (file === '-' && flags.as === 'oci-dir')
    throw new UsageError('--as oci-dir needs --output DIR: a folder cannot go to stdout');
  if (file === '-' && context.stdout.isTTY === true) {
    throw new UsageError('refusing to write an archive to the terminal', {
      hint: 'use -o FILE, or redirect stdout',
      dockerStatus: 1,
    });
  }
}

function hasTagOrDigest(reference: string): boolean {
  return reference.includes('@') || /:[^/]*$/.test(reference);
}
