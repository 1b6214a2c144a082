import type { OptionValues } from 'commander';
import { type CliContext, write } from './context.ts';
import { reportFailure } from './failure.ts';
import { type GlobalFlags, isDebug } from './flags/global-flags.ts';
import { commandHelp, groupHelp, helpWidth, overview } from './help.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { route } from './route.ts';
import { drayVersion } from './version.ts';

/** Carries out one command line (without node and script) and gives the exit status. Never rejects. */
export async function run(argv: readonly string[], context: CliContext): Promise<number> {
  let isDockers = true;
  let flags: OptionValues = {};
  try {
    const found = route(argv);
    const width = helpWidth(context.stdout);
    if (found.kind === 'version') {
      await write(context.stdout, `dray version ${await drayVersion()}\n`);
    } else if (found.kind === 'overview') {
      await write(context.stdout, found.group === undefined ? overview(width) : groupHelp(found.group, width));
    } else {
      const command = await found.entry.load();
      isDockers = command.isDockers;
      const line = parseCommandLine(command, found.args);
      flags = line.flags;
      const call = { flags: line.flags as OptionValues & GlobalFlags, operands: line.operands, context };
      if (!line.help) return (await command.run(call)) ?? 0;
      await write(context.stdout, commandHelp(command, width));
    }
    return 0;
  } catch (error) {
    const json = flags['progress'] === 'json';
    return reportFailure(error, { context, isDockers, json, debug: isDebug(flags as GlobalFlags) });
  }
}
