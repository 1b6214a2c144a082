import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const MAIN = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url));

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dray-serve-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  out(): string;
  err(): string;
  readonly ended: Promise<number | null>;
}

/** `dray serve` in an own process, in `cwd`, when it has said where it listens. */
async function started(t: TestContext, cwd: string, ...args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'serve', ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  const ended = once(child, 'close').then(([status]) => status as number | null);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
      const said = /https?:\/\/[\w.:]+/.exec(out)?.[0];
      if (said !== undefined && out.endsWith('\n')) resolve(said);
    });
    void ended.then((status) => reject(new Error(`it ended with ${status}: ${err}`)));
  });
  return { child, url, out: () => out, err: () => err, ended };
}

const PATH = '/v2/app/blobs/uploads/?digest=sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';

/** A push of the letter x, which has not been sent yet. */
async function beginPush(url: string): Promise<ClientRequest> {
  const headers = { 'content-length': '1', expect: '100-continue' };
  const sent = request(`${url}${PATH}`, { method: 'POST', headers, agent: false });
  sent.flushHeaders();
  await once(sent, 'continue');
  return sent;
}

test('in an empty folder it says where it listens, and what to try', async (t) => {
  const cwd = folder(t);
  const { url, out, err, child, ended } = await started(t, cwd, '--port', '0');
  const { host } = new URL(url);
  assert.equal(await (await fetch(`${url}/v2/`)).text(), '{}');
  assert.deepEqual(readdirSync(cwd), []);
  child.kill('SIGTERM');
  assert.equal(await ended, 0, 'it was to end, and did');
  assert.equal(err(), '');
  assert.equal(
    out(),
    `Listening on ${url}, keeping images in ./\nTry:\n  dray copy alpine ${host}/alpine\n  dray catalog ${host}\n  dray pull ${host}/alpine\n`,
  );
});

test('a signal lets a push end, a second one does not', async (t) => {
  for (const signals of [['SIGTERM'], ['SIGINT', 'SIGINT']] as const) {
    const data = folder(t);
    const { url, child, ended, err } = await started(t, data, '--port', '0', '-q');
    const sent = await beginPush(url);
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => {});
    child.kill(signals[0]);
    // it takes nobody any more, so the signal has come
    while (
      await fetch(`${url}/v2/`).then(
        () => true,
        () => false,
      )
    );
    if (signals.length === 1) {
      sent.end('x');
      const [response] = await answered;
      assert.equal(response.statusCode, 201);
      response.resume();
    } else {
      child.kill(signals[1]);
      await assert.rejects(answered);
    }
    assert.equal(await ended, 0);
    assert.equal(err(), signals.length === 1 ? '' : 'WARNING: 1 request was cut off\n');
  }
});

test('a hangup has log files opened anew, and ends nothing', async (t) => {
  for (const more of [[], ['--workers', '1']]) {
    const cwd = folder(t);
    const log = join(cwd, 'access.log');
    const args = ['--port', '0', '-q', '--data', join(cwd, 'data'), '--access-log', log, ...more];
    const { url, child, ended, err } = await started(t, cwd, ...args);
    await (await fetch(`${url}/v2/`)).text();
    renameSync(log, `${log}.1`);
    child.kill('SIGHUP');
    while (!err().includes('opened anew')) await once(child.stderr ?? child, 'data');
    while (!existsSync(log)) await (await fetch(`${url}/v2/`)).text();
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  }
});

test('a port that is taken, and a folder with other things in it, are told of', async (t) => {
  const { url } = await started(t, folder(t), '--port', '0', '--json');
  const { port } = new URL(url);
  const cwd = folder(t);
  await assert.rejects(started(t, cwd, '--port', port), /it ended with 7: dray: cannot listen on .*another program/);
  writeFileSync(join(cwd, 'thesis.tex'), 'x');
  await assert.rejects(started(t, cwd, '--port', '0'), /it ended with 2: .*thesis\.tex[^]*--data DIR/);
  rmSync(join(cwd, 'thesis.tex'));
  // the output of the command itself may go to a file here
  writeFileSync(join(cwd, 'serve.log'), '');
  mkdirSync(join(cwd, '.git'));
  const { child, ended } = await started(t, cwd, '--port', '0');
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});

async function checked(
  env: Record<string, string>,
  ...args: readonly string[]
): Promise<{ readonly settings: Record<string, unknown>; readonly err: string }> {
  const context = fakeContext({ env });
  const status = await run(['serve', '--check', ...args], context);
  assert.equal(status, 0, context.err());
  return { settings: JSON.parse(context.out()) as Record<string, unknown>, err: context.err() };
}

test('flags are stronger than the environment, which is stronger than the file', async (t) => {
  const at = folder(t);
  const file = join(at, 'dray.yml');
  writeFileSync(file, 'listen: :1\nread-only: true\nprefix: /a\nschema1: "off"\n');
  const env = { REGISTRY_HTTP_ADDR: ':2', REGISTRY_HTTP_PREFIX: '/b/' };
  const one = await checked(env, '--config', file, '--data', at, '--prefix', 'c/', '--no-sync', '--no-delete');
  const { listen, readOnly, prefix, schema1, sync, deletes, data } = one.settings;
  assert.deepEqual(
    { listen, readOnly, prefix, schema1, sync, deletes, data },
    { listen: ':2', readOnly: true, prefix: '/c', schema1: 'off', sync: false, deletes: false, data: at },
  );
  const plain = await checked({}, '--data', at, '--prefix', '/');
  assert.equal(plain.settings['prefix'], undefined);
  const other = await checked({}, file, '--port', '7', '--data', at);
  assert.equal(other.settings['listen'], '127.0.0.1:7', 'a file alone is a configuration');
  const folders = await checked({}, at);
  assert.equal(folders.settings['data'], at, 'a folder alone is where the images are');
});

test('what has no effect is named; secrets are not shown', async (t) => {
  const at = folder(t);
  const file = join(at, 'config.yml');
  writeFileSync(
    file,
    `version: 0.1
storage: {filesystem: {rootdirectory: ${at}}}
redis: {addr: "localhost:1"}
http: {secret: geheim}
proxy: {remoteurl: "https://u:geheim@r.example", username: u, password: geheim}
notifications: {endpoints: [{name: a, url: "http://u:geheim@h/", headers: {Authorization: [geheim]}}]}
`,
  );
  const context = fakeContext();
  assert.equal(await run(['serve', '--check', '--config', file], context), 0);
  assert.match(context.err(), /^WARNING: .*line 3: redis is not supported: .*\n$/);
  assert.doesNotMatch(context.out(), /geheim/);
  assert.match(context.out(), /r\.example/);
});

test('flags that do not fit together, and values that cannot be, are refused', async (t) => {
  const at = folder(t);
  for (const [args, message] of [
    [['--port', '1', '--listen', ':2'], /--port and --listen are mutually exclusive/],
    [['--memory', '--data', at], /--memory and --data are mutually exclusive/],
    [['--tls-cert', 'x'], /both --tls-cert and --tls-key/],
    [['--anonymous-pull'], /--anonymous-pull needs --htpasswd/],
    [['--upstream', 'https://u:geheim@'], /invalid argument for "--upstream" flag/],
    [['--upstream', 'ftp://files.example'], /invalid argument for "--upstream" flag/],
    [['--upstream', 'HUB=docker.io'], /invalid argument for "--upstream" flag/],
    [['--port', '65536'], /from 0 to 65535/],
    [['--prefix', 'a b'], /invalid argument for "--prefix" flag/],
    [['--schema1', 'yes'], /choose one of signed, off/],
    [['--listen', 'nonsense:x'], /cannot listen on "nonsense:x"/],
    [['--config', join(at, 'no-such.yml')], /no configuration file/],
    [[join(at, 'no-such.yml')], /no configuration file/],
    [['--htpasswd', join(at, 'no-such')], /no-such/],
    [['--token-service', '--memory'], /htpasswd/],
  ] as readonly (readonly [args: readonly string[], message: RegExp])[]) {
    const context = fakeContext();
    const more = args.includes('--memory') ? [] : ['--data', at];
    assert.notEqual(
      await run(['serve', '--check', ...args, ...(args.includes('--data') ? [] : more)], context),
      0,
      args.join(' '),
    );
    assert.match(context.err(), message, args.join(' '));
    assert.doesNotMatch(context.err(), /geheim/);
  }
});
