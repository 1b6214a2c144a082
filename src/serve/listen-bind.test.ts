import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemOwners } from '#store';
import { type Listener, listen } from './listen.ts';

const CHILD = fileURLToPath(import.meta.url.replace(/\.test\.(ts|js)$/, '.test.child.$1'));

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dray-bind-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A socket whose server is dead. */
async function leaveOver(path: string): Promise<void> {
  const server = createServer().listen(`${path}.before`);
  await once(server, 'listening');
  // So its end does not take it away.
  renameSync(`${path}.before`, path);
  server.close();
  await once(server, 'close');
}

async function start(t: TestContext, path: string): Promise<Listener> {
  const listener = await listen({ address: { kind: 'unix', path }, handler: (_message, response) => response.end() });
  t.after(() => listener.close());
  return listener;
}

interface Starter {
  /** Has it ask for a socket; what came of it. */
  ask(path: string): Promise<string>;
}

function starter(t: TestContext): Starter {
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, CHILD], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  assert.ok(stdin !== null && stdout !== null);
  t.after(async () => {
    stdin.end();
    await once(child, 'exit');
  });
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    async ask(path) {
      stdin.write(`${path}\n`);
      return String((await lines.next()).value);
    },
  };
}

async function statusFrom(socketPath: string): Promise<number | undefined> {
  const [answer] = await once(request({ socketPath, agent: false }).end(), 'response');
  return answer.resume().statusCode;
}

describe('a socket', { skip: process.platform === 'win32' }, () => {
  test('that many servers ask for at once goes to one, and that one is reached', async (t) => {
    const folder = makeFolder(t);
    const starters = Array.from({ length: 4 }, () => starter(t));
    for (let round = 0; round < 12; round += 1) {
      const path = join(folder, String(round));
      if (round % 4 !== 0) await leaveOver(path);
      const said = await Promise.all(starters.map((one) => one.ask(path)));
      assert.deepEqual(said.sort(), ['BUSY', 'BUSY', 'BUSY', 'listens'], `round ${round}`);
      assert.equal(await statusFrom(path), 200);
    }
    assert.equal(readdirSync(folder).length, 12, 'no lock stays');
  });

  test('is had at once behind a server that died while it began', async (t) => {
    const folder = makeFolder(t);
    const path = join(folder, 's');
    await leaveOver(path);
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(`${path}.lock`, JSON.stringify({ ...systemOwners.self(), id: 'dead-1', beat: 1, pid }));
    await start(t, path);
    assert.deepEqual(readdirSync(folder), ['s']);
  });

  test('needs no lock where none can be made', async (t) => {
    const path = join(makeFolder(t), 's');
    await leaveOver(path);
    mkdirSync(`${path}.lock`);
    await start(t, path);
  });
});
