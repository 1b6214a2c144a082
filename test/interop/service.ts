import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from './cleanup.ts';
import { peerPath } from './peers.ts';

/** Longest that a service may take to answer, in milliseconds. */
const START = 30_000;

/**
 * A port of 127.0.0.1 that nobody listens on now, and hardly anybody will before the service does: below those that the system gives
 * to connections and to other tests' servers, and another one each time.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

export interface Service {
  readonly pid: number;
  /** What it has said so far, on either stream. */
  said(): string;
}

/** Starts a program that runs until the file's tests are over, and waits until `isReady`, which is given what it has said so far. */
export async function startService(
  program: string,
  args: readonly string[],
  isReady: (said: string) => Promise<boolean>,
): Promise<Service> {
  // It ends too when this process is killed.
  const command = ['--pdeathsig', 'TERM', program, ...args];
  const child = spawn('setpriv', command, { env: { PATH: peerPath }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  child.once('error', (error) => (text += String(error)));
  atEnd(() => stop(child));
  for (const end = Date.now() + START; !(await isReady(text)); await sleep(30)) {
    assert.ok(child.exitCode === null && Date.now() < end, `${program} does not come up:\n${text}`);
  }
  return { pid: child.pid ?? 0, said: () => text };
}

/** Somebody listens on the port. */
export async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(timer);
}
