import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { isAlive } from '../process-status.ts';
import { Client, digestOf, OCI_MANIFEST } from './client.ts';
import { RegistryProcess } from './registry-process.ts';

const name = 'workers/here';

/** The processes that a process has started. */
function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); ) {
    assert.ok(Date.now() < end, what);
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy()).on('error', () => resolve(false));
  });
}

async function withWorkers(
  test: (registry: RegistryProcess, workers: () => readonly number[]) => Promise<void>,
): Promise<void> {
  const registry = new RegistryProcess({ args: ['--workers', '2'] });
  try {
    await registry.start();
    await until('it has no workers', () => childrenOf(registry.pid).length >= 2);
    await test(registry, () => childrenOf(registry.pid));
  } finally {
    await registry.remove();
  }
}

describe('processes that share the work', { skip: !existsSync('/proc/self/task') && 'there is no /proc' }, () => {
  it('has everything that it acknowledged while its workers are killed', async () => {
    await withWorkers(async (registry, workers) => {
      const pushed = new Map<string, Buffer>();
      const over = new AbortController();
      const push = async (): Promise<void> => {
        while (!over.signal.aborted) {
          const client = new Client(registry);
          const bytes = randomBytes(2_000);
          const digest = digestOf(bytes);
          const answer = await client
            .ask('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: bytes })
            .catch((error: unknown) => {
              if (error instanceof assert.AssertionError) throw error;
              return undefined;
            });
          client.close();
          if (answer === undefined) continue;
          assert.equal(answer.status, 201, answer.text);
          pushed.set(digest, bytes);
        }
      };
      const pushes = Promise.all([push(), push(), push(), push()]);
      try {
        for (let round = 0; round < 3; round += 1) {
          const known = pushed.size;
          await until('nothing is pushed', () => pushed.size > known + 20);
          const before = workers();
          process.kill(before[round % before.length] ?? assert.fail('it has no workers'), 'SIGKILL');
          await until('no worker takes the place', () => workers().filter((pid) => !before.includes(pid)).length > 0);
        }
      } finally {
        over.abort();
        await pushes;
      }
      await until('nobody answers', () => isOpen(registry.port));
      const client = new Client(registry);
      for (const [digest, bytes] of pushed)
        assert.deepEqual((await client.get(`/v2/${name}/blobs/${digest}`)).body, bytes);
      client.close();
      registry.checkManners();
    });
  });

  it('sees at once in one what another one did', async () => {
    await withWorkers(async (registry) => {
      // A connection of its own each time, so that workers take turns.
      const once = async <Value>(ask: (client: Client) => Promise<Value>): Promise<Value> => {
        const client = new Client(registry);
        try {
          return await ask(client);
        } finally {
          client.close();
        }
      };
      for (let round = 0; round < 15; round += 1) {
        const manifest = await once((client) => client.pushImage(name, 'moves'));
        for (let left = 4; left > 0; left -= 1) {
          const answer = await once((client) => client.get(`/v2/${name}/manifests/moves`, { accept: OCI_MANIFEST }));
          assert.deepEqual(answer.body, manifest, 'it is an older one');
        }
        const deleted = await once((client) => client.ask('DELETE', `/v2/${name}/manifests/${digestOf(manifest)}`));
        assert.equal(deleted.status, 202);
        for (let left = 4; left > 0; left -= 1)
          assert.equal((await once((client) => client.get(`/v2/${name}/manifests/moves`))).status, 404);
      }
    });
  });

  it('leaves no worker behind when it is killed', async () => {
    await withWorkers(async (registry, workers) => {
      const [pids, port] = [workers(), registry.port];
      await registry.kill();
      await until('workers stay', () => pids.every((pid) => !isAlive(pid)));
      assert.equal(await isOpen(port), false);
    });
  });

  it('ends with all its workers when it is told to', async () => {
    await withWorkers(async (registry, workers) => {
      const pids = workers();
      assert.equal(await registry.stop(), 0, registry.said);
      assert.ok(
        pids.every((pid) => !isAlive(pid)),
        'workers stay',
      );
    });
  });
});
