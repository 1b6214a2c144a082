import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The built command. */
export const command: string = fileURLToPath(new URL('../../dist/dray.mjs', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The most memory it ever had, in bytes. */
  readonly peak: number;
  /** It had to be killed. */
  readonly late: boolean;
}

export interface RunOptions {
  /** Its home, with all that it keeps. */
  readonly folder: string;
  /** Longest that it may take; 30 by default. */
  readonly seconds?: number;
  /** Besides the clean environment. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** A file descriptor that it reads as stdin; nothing by default. */
  readonly stdin?: number | undefined;
  /** What is run in place of the command, with its arguments. */
  readonly program?: readonly [string, ...string[]] | undefined;
  /** Called with the process when it runs. */
  readonly onStart?: (process: ChildProcess) => void;
  /** Called with what it prints on stderr, as it comes. */
  readonly onStderr?: (text: string) => void;
}

/**
 * Has the process say at its end, on file descriptor 3, how much memory it had, in KiB. What Linux says of a process's resources begins with
 * those of the one that started it; what stands in its status does not.
 */
const TELL_MEMORY = `data:text/javascript,${encodeURIComponent(`
import { readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
function peak() {
  try {
    return /^VmHWM:\\s*(\\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
if (isMainThread) process.on('exit', () => writeSync(3, String(peak())));
`)}`;

/** Nothing of the user's own settings. */
export function cleanEnvironment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    DRAY_ROOT: join(folder, 'store'),
    DOCKER_CONFIG: join(folder, 'docker'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    // no setting of anybody's: what one run of the command has compiled, the next need not
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
  };
}

/** Runs the command to its end; it is killed when that takes too long. */
export function runDray(args: readonly string[], options: RunOptions): Promise<Ended> {
  const { folder, seconds = 30, env = {}, program, stdin, onStart, onStderr } = options;
  return new Promise((resolve, reject) => {
    const [file, ...words] = program ?? [process.execPath, '--import', TELL_MEMORY, command, ...args];
    const child = spawn(file, words, {
      cwd: folder,
      env: { ...cleanEnvironment(folder), ...env },
      stdio: [stdin ?? 'ignore', 'pipe', 'pipe', 'pipe'],
    });
    const texts = ['', '', '', ''];
    for (const fd of [1, 2, 3]) {
      // a character may come in two chunks
      (child.stdio[fd] as Readable).setEncoding('utf8').on('data', (text: string) => {
        texts[fd] += text;
        if (fd === 2) onStderr?.(text);
      });
    }
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, seconds * 1000);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(limit);
      const [, stdout = '', stderr = '', peak = ''] = texts;
      resolve({ status, signal, stdout, stderr, peak: Number(peak) * 1024, late });
    });
    onStart?.(child);
  });
}
