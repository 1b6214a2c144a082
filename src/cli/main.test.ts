import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeComplaint } from './node-version.ts';

// Beside this file stands the source, or what the compiler made of it.
const MAIN = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url));

let home = '';
/** Takes connections and never answers. */
let silent: Server;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'dray-main-'));
  silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
});

after(async () => {
  silent.close();
  await rm(home, { recursive: true, force: true });
});

function silentRegistry(): string {
  const address = silent.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `127.0.0.1:${address.port}`;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, stdout, stderr }));
  return { child, ended };
}

test('the process ends with what run says', async () => {
  const good = await start(['--version']).ended;
  assert.equal(good.status, 0);
  assert.match(good.stdout, /^dray version /);
  assert.equal(good.stderr, '');
  const bad = await start(['pul']).ended;
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /Did you mean 'dray pull'\?/);
});

test('a signal ends a command that waits, with its status and one line', async () => {
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const { child, ended } = start(['digest', `${silentRegistry()}/x`]);
    const [socket] = await once(silent, 'connection');
    child.kill(signal);
    const { status: given, stderr, stdout } = await ended;
    socket.destroy();
    assert.equal(given, status);
    assert.match(stderr, new RegExp(`^dray: .*${signal}`));
    assert.equal(stdout, '');
  }
});

test('a reader that has gone ends the command without a word', async () => {
  const { child, ended } = start(['help', 'pull']);
  child.stdout?.destroy();
  const { status, stderr } = await ended;
  assert.equal(stderr, '');
  assert.ok(status === 141 || status === 0, String(status));
});

test('an old Node is named, with the one that is needed', () => {
  for (const version of ['24.1.0', '20.19.0', '20.20.2', '22.0.0']) assert.equal(nodeComplaint(version), undefined);
  for (const version of ['20.18.3', '18.20.0', '4.2.1']) {
    assert.equal(nodeComplaint(version), `dray: Node.js 20.19 or newer is needed; this is ${version}`);
  }
});
