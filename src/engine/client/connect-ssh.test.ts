import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DrayError, hasCode } from '#errors';
import { connectTo, ending, eventually, listen, temporaryFolder } from './engine-server.test.fixture.ts';

const skip = process.platform === 'win32' ? 'the stand-in for ssh is a script' : false;

interface FakeSsh {
  /** Has no other program than the stand-in. */
  readonly env: { readonly PATH: string };
  /** The arguments of each call. */
  calls(): Promise<readonly (readonly string[])[]>;
}

/** A program `ssh` that writes its arguments down and does `act`, a program text for Node. */
async function fakeSsh(t: TestContext, act: string): Promise<FakeSsh> {
  const folder = await temporaryFolder(t);
  const calls = join(folder, 'calls');
  const program = `#!${process.execPath}
const { appendFileSync } = require('node:fs');
appendFileSync(${JSON.stringify(calls)}, JSON.stringify(process.argv.slice(2)) + '\\n');
${act}`;
  await writeFile(join(folder, 'ssh'), program);
  await chmod(join(folder, 'ssh'), 0o755);
  return {
    env: { PATH: folder },
    calls: async () =>
      (await readFile(calls, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as string[]),
  };
}

/** As `docker system dial-stdio` does it. */
const dialStdio = (path: string): string => `
const socket = require('node:net').connect({ path: ${JSON.stringify(path)}, allowHalfOpen: true });
process.stdin.pipe(socket).pipe(process.stdout);
socket.on('error', () => process.exit(1));
`;

async function engineOnSocket(t: TestContext): Promise<{ readonly path: string; readonly sockets: Socket[] }> {
  const engine = createServer((request, response) => {
    if (request.url?.endsWith('/never') === true) return;
    request.resume().on('end', () => response.end(JSON.stringify({ url: request.url })));
  });
  engine.on('upgrade', (_, socket: Socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.pipe(socket);
  });
  const path = join(await temporaryFolder(t), 'engine.sock');
  return { path, sockets: await listen(t, engine, path) };
}

test('an engine is reached through ssh, one process for one connection', { skip }, async (t) => {
  const { path } = await engineOnSocket(t);
  const ssh = await fakeSsh(t, dialStdio(path));
  const connection = connectTo(t, {
    host: 'ssh://me@far:2222/run/my docker.sock',
    version: '1.47',
    ssh: { env: ssh.env },
  });
  assert.deepEqual(await connection.json({ method: 'GET', path: '/info' }), { url: '/v1.47/info' });
  assert.deepEqual(await connection.json({ method: 'GET', path: '/info' }), { url: '/v1.47/info' });
  const flags = ['-o', 'ConnectTimeout=30', '-T', '-l', 'me', '-p', '2222', '--', 'far', 'docker'];
  assert.deepEqual(await ssh.calls(), [[...flags, '--host', "'unix:///run/my docker.sock'", 'system', 'dial-stdio']]);
});

test('a connection through ssh is taken over, and each half ends alone', { skip }, async (t) => {
  const { path } = await engineOnSocket(t);
  const ssh = await fakeSsh(t, dialStdio(path));
  const connection = connectTo(t, { host: 'ssh://far', ssh: { env: ssh.env, args: ['-F', 'none'] } });
  const { stream } = await connection.takeOver({ method: 'POST', path: '/x' });
  stream.end(Buffer.alloc(3_000_000, 'x'));
  assert.equal((await ending(stream)).length, 3_000_000);
  assert.deepEqual(await ssh.calls(), [
    ['-F', 'none', '-o', 'ConnectTimeout=30', '-T', '--', 'far', 'docker', 'system', 'dial-stdio'],
  ]);
});

test('cancelling ends the process', { skip }, async (t) => {
  const { path, sockets } = await engineOnSocket(t);
  const ssh = await fakeSsh(t, dialStdio(path));
  const connection = connectTo(t, { host: 'ssh://far', ssh: { env: ssh.env } });
  const stop = new AbortController();
  const sent = connection.send({ method: 'GET', path: '/never', signal: stop.signal });
  const refused = assert.rejects(sent, (error: unknown) => hasCode(error, 'CANCELLED'));
  await eventually(() => sockets.length === 1);
  stop.abort();
  await refused;
  await eventually(() => sockets[0]?.destroyed === true);
});

const FAULTS: readonly (readonly [name: string, act: string, words: RegExp])[] = [
  [
    'a refusal',
    `process.stderr.write('me@far: \\u001b[31mPermission denied (publickey).\\n'); process.exitCode = 255;`,
    /ssh ended with status 255: me@far: Permission denied \(publickey\)\. .*agent/,
  ],
  [
    'no docker there',
    `console.error('sh: docker: not found'); process.exit(127)`,
    /status 127: sh: docker: not found .*PATH of the other machine/,
  ],
  ['a killed ssh', `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);`, /ended by SIGTERM/],
  ['an ssh that ends without a word', '', /ended with status 0/],
];

for (const [name, act, words] of FAULTS) {
  test(`${name} is told with what ssh said`, { skip }, async (t) => {
    const ssh = await fakeSsh(t, act);
    const connection = connectTo(t, { host: 'ssh://far', ssh: { env: ssh.env } });
    for (const ask of [
      () => connection.send({ method: 'POST', path: '/x', json: { a: 'b'.repeat(200_000) } }),
      () => connection.takeOver({ method: 'POST', path: '/x' }),
    ]) {
      await assert.rejects(ask(), (error: unknown) => {
        assert.ok(error instanceof DrayError);
        assert.equal(error.code, 'CONNECT_FAILED', error.message);
        assert.match(`${error.message} ${error.hint}`, words);
        assert.ok(!error.message.includes('\u001b'));
        return true;
      });
    }
  });
}

test('an ssh that fails in the middle is told of with what it said, at once', { skip }, async (t) => {
  const ssh = await fakeSsh(
    t,
    `process.stdin.once('data', () => {
      const head = 'HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n{"a":';
      process.stdout.write(head, () => {
        process.stderr.write('client_loop: send disconnect: Broken pipe\\n', () => process.exit(255));
      });
    });`,
  );
  const connection = connectTo(t, { host: 'ssh://far', ssh: { env: ssh.env } });
  const lost = {
    code: 'CONNECTION_LOST',
    message: /ssh:\/\/far is lost: ssh ended with status 255: client_loop: .* Broken pipe/,
  };
  await assert.rejects(connection.json({ method: 'GET', path: '/info' }), lost);
  const { body } = await connection.send({ method: 'POST', path: '/x' });
  await assert.rejects(async () => {
    for await (const chunk of body) assert.equal(String(chunk), '{"a":');
  }, lost);
});

test('without an ssh there is no connection', async (t) => {
  const connection = connectTo(t, { host: 'ssh://far', ssh: { env: { PATH: await temporaryFolder(t) } } });
  await assert.rejects(connection.send({ method: 'GET', path: '/x' }), (error: unknown) => {
    return hasCode(error, 'CONNECT_FAILED') && /the program ssh was not found/.test(error.message);
  });
});
