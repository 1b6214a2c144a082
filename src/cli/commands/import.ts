import type { ArchiveOrigin } from '#store';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { printableJson } from '../output/printable.ts';
import { UsageError } from '../usage-error.ts';
import { withDray } from '../wire.ts';

interface ImportFlags {
  readonly change?: readonly string[];
  readonly json?: true;
  readonly message?: string;
  readonly platform?: string;
}

export const importCommand: Command = defineCommand<ImportFlags>({
  name: 'import',
  aliases: ['dray image import'],
  usage: '[OPTIONS] FILE|- [REPOSITORY[:TAG]]',
  description: 'Make an image of one layer from the tar of a file system (plain, gzip or zstd), and print its ID.',
  operands: { min: 1, max: 2 },
  isDockers: true,
  registry: 'none',
  flags: () => [
    repeatable(
      '-c, --change <INSTRUCTION>',
      'Apply a Dockerfile instruction: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR (repeatable)',
      nonEmpty,
    ),
    toggle('--json', 'Print one JSON document on stdout'),
    valued('-m, --message <TEXT>', 'Set the comment of the image (default: Imported from -)', nonEmpty),
    valued('--platform <OS/ARCH[/VARIANT]>', "Platform of the image (default: this machine's)", nonEmpty),
  ],
  examples: [
    ['dray import rootfs.tar.gz base:1', 'From a file'],
    [`tar -C root -c . | dray import -c 'CMD ["/bin/sh"]' -c 'ENV PATH=/bin' - base`, 'From a folder, with a command'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [, reference] = operands;
    const origin = originOf(call);
    const result = await withDray(call, (dray) =>
      dray.importImage(origin, {
        reference,
        changes: flags.change,
        message: flags.message,
        platform: flags.platform,
        created: createdAt(call),
        ...listening(call),
      }),
    );
    await write(context.stdout, flags.json === true ? `${printableJson(result)}\n` : `${result.id}\n`);
  },
});

function originOf({ operands, context }: Call<ImportFlags>): ArchiveOrigin {
  const [source = '-'] = operands;
  if (/^https?:\/\//i.test(source)) {
    throw new UsageError(`${source} is no file: dray import takes no URL`, {
      hint: `curl -L ${source} | dray import - NAME`,
      dockerStatus: 1,
    });
  }
  if (source !== '-') return { path: source };
  if (context.stdin.isTTY === true) {
    throw new UsageError('requested import from stdin, but stdin is empty', { hint: 'name a file', dockerStatus: 1 });
  }
  return { stream: context.stdin, name: 'stdin' };
}

/** For builds that are to give the same image each time. */
function createdAt({ context }: Call<ImportFlags>): string | undefined {
  const epoch = context.env['SOURCE_DATE_EPOCH'];
  if (epoch === undefined || epoch === '') return undefined;
  if (!/^\d{1,11}$/.test(epoch)) throw new UsageError('SOURCE_DATE_EPOCH is no number of seconds', { dockerStatus: 1 });
  return new Date(Number(epoch) * 1000).toISOString();
}
