import type { Environment } from './helper-program.ts';

export interface RunOptions {
  /** The only one, and never anything secret: arguments can be seen by others on the machine. */
  readonly argument: string;
  readonly input: string;
  readonly env: Environment;
  /** Milliseconds until it is killed. */
  readonly timeout: number;
  /** Bytes of output until it is killed. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program and resolves with what it wrote to its standard output. Rejects when it cannot start, takes too long, writes too much or is cancelled. */
export async function runProgram(
  program: string,
  options: RunOptions,
): Promise<{ code: number | null; output: string }> {
  // Loaded for the few that have helpers.
  const { spawn } = await import('node:child_process');
  const { argument, input, env, timeout, limit, signal } = options;
  return new Promise((resolve, reject) => {
    // Windows starts its scripts by the shell alone.
    const script = /\.(cmd|bat)$/i.test(program);
    const child = spawn(script ? `"${program}"` : program, [argument], {
      env: { ...env },
      shell: script,
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const kill = (reason: string): void => {
      child.kill('SIGKILL');
      // Its own children may hold the pipe open for ever.
      child.stdout.destroy();
      child.stdin.destroy();
      settle(() => reject(new Error(reason)));
    };
    const onAbort = (): void => kill('it was cancelled');
    const timer = setTimeout(() => kill(`it took longer than ${timeout / 1000} s and was stopped`), timeout);
    signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > limit) kill(`it wrote more than ${limit} bytes and was stopped`);
    });
    child.on('error', (error) => settle(() => reject(error)));
    child.on('close', (code) => settle(() => resolve({ code, output: Buffer.concat(chunks).toString() })));
    // A helper that does not read its input closes the pipe early; what it answers counts.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
