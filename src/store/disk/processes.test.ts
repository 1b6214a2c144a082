import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { contentOf, holds } from '#testing';
import { openDiskStore } from './disk-store.ts';
import type { ChildTask } from './processes.test.child.ts';

const BLOB = contentOf(6 * 1024 * 1024, 3);
const STEP = 64 * 1024;
const CHILD = fileURLToPath(import.meta.url.replace(/\.test\.(ts|js)$/, '.test.child.$1'));
/** What a process may cost besides: what was on the wire when it died. */
const MARGIN = 0.05 * BLOB.bytes.length;

/** Serves the blob in small pieces, at no more than 6 MB/s for each who asks, and counts: what is on the wire is never much. */
const traffic = { served: 0 };
let server: Server;
let url = '';
let folder = '';
let runs = 0;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dray-processes-'));
  server = createServer((request, response) => {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const piece = BLOB.bytes.subarray(Number(first), Number(last) + 1);
    assert.ok(piece.length <= STEP);
    const timer = setTimeout(() => {
      traffic.served += piece.length;
      response.writeHead(206).end(piece);
    }, 10);
    response.on('close', () => clearTimeout(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

let root = '';
beforeEach(() => {
  runs += 1;
  root = join(folder, `store-${runs}`);
  traffic.served = 0;
});

interface Outcome {
  readonly status: number | null;
  readonly said: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

function start(parts = 1, lockTimings: ChildTask['store']['lockTimings'] = {}): Running {
  const task: ChildTask = { store: { root, lockTimings }, url, target: BLOB.descriptor, parts, step: STEP };
  const child = spawn(process.execPath, [...process.execArgv, CHILD, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += String(text);
  });
  const outcome = new Promise<Outcome>((resolve) => {
    child.on('close', (status) => resolve({ status, said }));
  });
  return { child, outcome };
}

async function servedAtLeast(bytes: number): Promise<void> {
  while (traffic.served < bytes) await sleep(5);
}

async function checkEnd(cost: number): Promise<void> {
  const { served } = traffic;
  assert.ok(served >= BLOB.bytes.length && served <= cost, `${served} bytes served for ${BLOB.bytes.length}`);
  await holds(await openDiskStore({ root }), BLOB);
  assert.deepEqual(readdirSync(join(root, 'ingest')), []);
}

describe('processes with one store', () => {
  it('fetch a blob once between them', async () => {
    const outcomes = await Promise.all([start(), start(), start()].map(({ outcome }) => outcome));
    assert.deepEqual(outcomes.map(({ said }) => said).toSorted(), ['brought', 'present', 'present']);
    await checkEnd(BLOB.bytes.length + MARGIN);
  });

  for (const parts of [1, 3]) {
    it(`go on at once where one was killed (${parts} at once)`, async () => {
      const first = start(parts);
      await servedAtLeast(STEP);
      const second = start();
      await servedAtLeast(BLOB.bytes.length / 2);
      first.child.kill('SIGKILL');
      assert.deepEqual(await second.outcome, { status: 0, said: 'brought' });
      // Each of several pieces may have been 256 KiB ahead of its journal.
      await checkEnd(BLOB.bytes.length + MARGIN + (parts > 1 ? 256 * 1024 : 0));
    });
  }

  it('go on when started after several were killed', async () => {
    for (const share of [0.2, 0.4, 0.6]) {
      const run = start();
      await servedAtLeast(share * BLOB.bytes.length);
      run.child.kill('SIGKILL');
      await run.outcome;
    }
    assert.deepEqual(await start().outcome, { status: 0, said: 'brought' });
    await checkEnd(BLOB.bytes.length + 3 * MARGIN);
  });

  it('take over from one that stands still, which stops when it wakes up', { skip: noSignals() }, async () => {
    const timings = { beat: 50, stale: 400, poll: 20 };
    const first = start(1, timings);
    await servedAtLeast(BLOB.bytes.length / 3);
    first.child.kill('SIGSTOP');
    const second = start(1, timings);
    assert.deepEqual(await second.outcome, { status: 0, said: 'brought' });
    first.child.kill('SIGCONT');
    assert.deepEqual(await first.outcome, { status: 3, said: 'BUSY' });
    await holds(await openDiskStore({ root }), BLOB);
    assert.deepEqual(readdirSync(join(root, 'ingest')), []);
  });
});

function noSignals(): string | false {
  return process.platform === 'win32' ? 'Windows cannot stop a process' : false;
}
