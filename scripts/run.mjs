// Runs other programs for the scripts here.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The root of the checkout, with a slash at its end. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Runs a program with Node's own arguments list, in the root; resolves with its exit status.
 * With `quiet` its output is kept back, and shown only when it fails.
 */
export function run(command, args, { quiet = false, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    const kept = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => kept.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0) process.stderr.write(Buffer.concat(kept));
      resolve(code ?? `signal ${signal}`);
    });
  });
}

/** Runs a script of an installed package with this Node. */
export function runTool(script, args, options) {
  return run(process.execPath, [`${root}node_modules/${script}`, ...args], options);
}

/** What a script was started for by hand: ends the process with the outcome of `main`. */
export async function start(url, main) {
  if (process.argv[1] !== fileURLToPath(url)) return;
  try {
    process.exitCode = (await main(process.argv.slice(2))) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    process.exitCode = 1;
  }
}

/** A failure that its message explains. */
export class Failure extends Error {}
