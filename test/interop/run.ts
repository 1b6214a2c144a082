import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './cleanup.ts';
import { peerPath } from './peers.ts';

export const COMMAND = fileURLToPath(new URL('../../dist/dray.mjs', import.meta.url));

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly input?: string | undefined;
  readonly cwd?: string | undefined;
}

export interface Ended {
  /** Exit status; null after a signal. */
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A new folder that is gone after the file's tests. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dray-interop-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

/** Where Node keeps what it compiled, when it keeps it: no setting of anybody's. */
const COMPILED = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] };

/** Runs a program to its end, whatever that is. Nothing else of the environment but PATH and `env` reaches it. */
export async function finish(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { PATH: peerPath, ...COMPILED, ...options.env },
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => {}).end(options.input ?? '');
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { status, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() };
}

/** Runs a program that must succeed; gives its stdout. */
export async function run(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { status, stdout, stderr } = await finish(program, args, options);
  assert.equal(status, 0, `${program} ${args.join(' ')} ended with ${status}:\n${stdout.toString()}${stderr}`);
  return stdout.toString();
}

/** A user with nothing but a home of their own, who has dray and the peers. */
export interface User {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** dray, which must succeed; gives its stdout. */
  dray(args: readonly string[], options?: RunOptions): Promise<string>;
  /** dray, whatever comes of it. */
  tryDray(args: readonly string[], options?: RunOptions): Promise<Ended>;
}

export function createUser(): User {
  const home = makeFolder();
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_DATA_HOME: join(home, '.local') };
  const withHome = (options: RunOptions): RunOptions => ({ cwd: home, ...options, env: { ...env, ...options.env } });
  const tryDray = async (args: readonly string[], options: RunOptions = {}): Promise<Ended> => {
    const ended = await finish(process.execPath, [COMMAND, ...args], withHome(options));
    assert.doesNotMatch(ended.stderr, /\(node:|^ +at /m, 'Node itself speaks');
    return ended;
  };
  return {
    home,
    env,
    tryDray,
    async dray(args, options) {
      const { status, stdout, stderr } = await tryDray(args, options);
      assert.equal(status, 0, `dray ${args.join(' ')} ended with ${status}:\n${stdout.toString()}${stderr}`);
      return stdout.toString();
    },
  };
}
