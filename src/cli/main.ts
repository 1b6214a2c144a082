/**
 * The command. `main` is the process: signals, streams, exit status. `run` is everything else: it finds the command,
 * reads the command line and calls the one file in `commands/` that does the work; only that file is loaded.
 * `wire` turns flags and environment into a Dray; `output/` turns its progress events into what people and programs
 * read. Commands see the process through a `CliContext` alone, so that tests run them without one.
 */
import type { DrayError } from '#errors';
import { type CliContext, writeFailure } from './context.ts';
import { asDrayError } from './failure.ts';
import { listenForHangups } from './hangup.ts';
import { interruption } from './interruption.ts';
import { nodeComplaint } from './node-version.ts';
import { run } from './run.ts';

interface Signals extends Pick<CliContext, 'signal' | 'hurry'> {
  stop(reason: DrayError): void;
}

/** How long what is left of connections and threads may keep the process alive when the work is done. */
const LINGER = 1_000;

function processContext({ signal, hurry, stop }: Signals): CliContext {
  return {
    createDray: async (options) => (await import('#dray')).createDray(options),
    env: process.env,
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    signal,
    hurry,
    onHangup: (listener) => listenForHangups(listener, () => stop(interruption('SIGTERM'))),
    now: () => Date.now(),
  };
}

/** The first signal lets the command end in order, so that what was downloaded stays usable; the second asks for haste, the third ends it at once. */
function listenForSignals(stop: (reason: DrayError) => void, hasten: (reason: DrayError) => void): void {
  let count = 0;
  for (const by of ['SIGINT', 'SIGTERM'] as const) {
    process.on(by, () => {
      count += 1;
      (count === 1 ? stop : hasten)(interruption(by));
      if (count < 3) return;
      process.stderr.write('got 3 SIGTERM/SIGINTs, forcefully exiting\n');
      process.exit(1);
    });
  }
}

function listenForBrokenPipes(stop: (reason: DrayError) => void): void {
  process.stdout.on('error', (error) => stop(writeFailure(error)));
  process.stderr.on('error', () => {});
}

function listenForBugs(): void {
  process.on('uncaughtException', (error) => {
    const { message, hint } = asDrayError(error);
    const stack = process.argv.some((arg) => /^(-D|--debug|(--log-level=)?debug)$/.test(arg)) ? `\n${error.stack}` : '';
    process.stderr.write(`dray: ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}${stack}`);
    process.exit(70);
  });
}

function leave(status: number): void {
  process.exitCode = status;
  const check = (): void => {
    if (process.stdout.writableLength === 0) process.exit();
    setTimeout(check, 100).unref();
  };
  setTimeout(check, LINGER).unref();
}

async function main(): Promise<void> {
  const controller = new AbortController();
  const stop = (reason: DrayError): void => controller.abort(reason);
  const haste = new AbortController();
  listenForSignals(stop, (reason) => haste.abort(reason));
  listenForBrokenPipes(stop);
  listenForBugs();
  leave(await run(process.argv.slice(2), processContext({ signal: controller.signal, hurry: haste.signal, stop })));
}

const complaint = nodeComplaint(process.versions.node);
// Worker threads of the bundled command start here too, and the processes of a server.
if (process.argv[2] === '--dray-worker') (await import('#worker')).runWorker();
else if (process.argv[2] === '--dray-serve-worker') (await import('#serve')).runServeWorker(process);
else if (complaint === undefined) await main();
else {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 1;
}
