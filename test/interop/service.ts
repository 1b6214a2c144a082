import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from './cleanup.ts';
import { peerPath } from './peers.ts';

/** Longest that a service may take to answer, in milliseconds. */
const START = 90_000;
/** Longest that it may take to end: dockerd gives its containers 15 seconds, and leaves mounts behind when it is killed meanwhile. */
const END = 60_000;

/**
 * A port of 127.0.0.1 that nobody listens on: below those that the system gives to connections and to servers that ask for any. The same port
 * of 127.0.0.2 is held as long as this process lives, by which tests that look for one at the same time know that it is taken.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const held = await listenOn('127.0.0.2', port);
    if (held === undefined) continue;
    const tried = await listenOn('127.0.0.1', port);
    if (tried === undefined) held.close();
    else {
      held.unref();
      await new Promise((resolve) => tried.close(resolve));
      return port;
    }
  }
}

/** Undefined where somebody has the port. */
function listenOn(host: string, port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(port, host, () => resolve(server));
  });
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
    assert.ok(
      child.exitCode === null && child.signalCode === null && Date.now() < end,
      `${program} does not come up:\n${text}`,
    );
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
  const timer = setTimeout(() => child.kill('SIGKILL'), END);
  await gone;
  clearTimeout(timer);
}
