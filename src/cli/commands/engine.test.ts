import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const MAIN = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url));

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dray-engine-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  out(): string;
  err(): string;
}

/** `dray engine` in an own process, when it has said where it listens. */
async function started(t: TestContext, home: string, ...args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'engine', ...args], {
    env: { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: join(home, 'run') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  const ended = once(child, 'close').then(([status]) => status as number | null);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
      if (out.endsWith('\n')) resolve();
    });
    void ended.then((status) => reject(new Error(`it ended with ${status}: ${err}`)));
  });
  return { child, ended, out: () => out, err: () => err };
}

async function ping(socketPath: string): Promise<string | undefined> {
  const sent = request({ socketPath, path: '/_ping', agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answer.headers['api-version'] as string | undefined;
}

test('on a socket for its user alone, which it says, and which is gone in the end', async (t) => {
  const home = folder(t);
  const socket = join(home, 'run', 'dray.sock');
  const { child, ended, out, err } = await started(t, home);
  assert.equal(
    out(),
    `Listening on unix://${socket}\nTry:\n  export DOCKER_HOST=unix://${socket}\n  docker pull alpine\n  docker images\n`,
  );
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.equal(statSync(join(home, 'run')).mode & 0o777, 0o700);
  assert.equal(await ping(socket), '1.51');
  child.kill('SIGTERM');
  assert.equal(await ended, 0, 'it was to end, and did');
  assert.equal(err(), '');
  assert.throws(() => statSync(socket), { code: 'ENOENT' });
});

test('the socket of an engine that died is taken over, that of one that lives is not', async (t) => {
  const home = folder(t);
  const first = await started(t, home, '-q');
  const socket = join(home, 'run', 'dray.sock');
  assert.equal(first.out(), `unix://${socket}\n`);
  await assert.rejects(started(t, home), /another program listens there/);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await started(t, home, '--json');
  assert.deepEqual(JSON.parse(second.out()), { host: `unix://${socket}` });
  assert.equal(await ping(socket), '1.51');
});

test('events that somebody listens to do not keep it from ending', async (t) => {
  const home = folder(t);
  const { child, ended } = await started(t, home, '-q');
  const sent = request({ socketPath: join(home, 'run', 'dray.sock'), path: '/events', agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.on('error', () => {}).resume();
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('requests are told of to who asks for details', async (t) => {
  const home = folder(t);
  const { child, ended, err } = await started(t, home, '-q', '--debug');
  await ping(join(home, 'run', 'dray.sock'));
  child.kill('SIGTERM');
  await ended;
  assert.match(err(), /^debug: GET \/_ping: 200 \(\d+ ms\)\n/);
});

const REFUSED: readonly (readonly [readonly string[], RegExp])[] = [
  [['--listen', 'tcp://0.0.0.0:2375'], /whoever reaches this machine could do everything/],
  [['--listen', 'tcp://0.0.0.0:2375', '--insecure-loopback'], /whoever reaches this machine could do everything/],
  [['--listen', 'tcp://127.0.0.1:2375'], /say --insecure-loopback/],
  [['--listen', '127.0.0.1:2375'], /that is no address of an engine/],
  [['--listen', 'tcp://127.0.0.1:2375', '--tls-cert', 'x'], /TLS needs both --tls-cert and --tls-key/],
  [['--listen', 'tcp://127.0.0.1:2375', '--tls-cert', 'x', '--tls-key', 'y'], /without client certificates/],
  [['--listen', 'unix:///nothing/here/engine.sock'], /cannot listen on .*: there is no folder \/nothing\/here\n/],
  [['--listen', `unix:///${'long/'.repeat(30)}engine.sock`], /a socket's path has at most \d+ bytes, this one 162\n/],
  [['--insecure-registry', 'http://a/b'], /insecure registry "http:\/\/a\/b" is not valid\n/],
  [['alpine'], /no arguments|accepts no|too many/i],
];

test('what is not safe, or cannot be, is refused', async (t) => {
  const home = folder(t);
  for (const [args, message] of REFUSED) {
    const context = fakeContext({ env: { HOME: home }, dray: { images: async () => [] } });
    assert.notEqual(await run(['--root', join(home, 'store'), 'engine', ...args], context), 0, args.join(' '));
    assert.match(context.err(), message, args.join(' '));
    assert.equal(context.out(), '');
  }
});

test('a folder that can be no store is told at once', async (t) => {
  await assert.rejects(started(t, folder(t), '--root', '/dev/null'), /\/dev\/null cannot be a store/);
});

test('a place that is somebody’s file is not taken', async (t) => {
  const home = folder(t);
  mkdirSync(join(home, 'run'));
  writeFileSync(join(home, 'run', 'dray.sock'), 'mine');
  await assert.rejects(started(t, home), /cannot listen on .*: something stands there that is no socket\n/);
});
