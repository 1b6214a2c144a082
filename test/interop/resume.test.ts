import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildImage, startCountingProxy } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { largestFile } from './largest-file.ts';
import { peerTest } from './peers.ts';
import { COMMAND, createUser, run } from './run.ts';

const MIB = 2 ** 20;
const GRAPH = buildImage({ layers: [{ fill: 24 * MIB }] });

for (const flags of [[], ['--no-store']]) {
  const place = flags.length === 0 ? 'to the store and a file' : 'straight into a file';
  peerTest(`a pull ${place} goes on after kill -9 where it was`, ['docker-registry', 'skopeo'], async () => {
    const registry = await startDockerRegistry();
    await registry.push('team/large:1', GRAPH);
    const proxy = await startCountingProxy(registry.host);
    atEnd(() => proxy.close());
    const { dray, env, home } = createUser();
    const args = ['pull', '-q', ...flags, '-o', 'image.tar', `${proxy.host}/team/large:1`];
    const killed = spawn(process.execPath, [COMMAND, ...args, '--limit-rate', '8M'], { env, cwd: home });
    const ended = new Promise((resolve) => killed.once('exit', (_, signal) => resolve(signal)));
    while (largestFile(home) < 10 * MIB && killed.exitCode === null) await sleep(5);
    killed.kill('SIGKILL');
    assert.equal(await ended, 'SIGKILL');
    while (proxy.connections.some(({ open }) => open)) await sleep(5);
    const before = proxy.down;
    await dray(args);
    // 10 MiB and more were there; what was on its way is lost.
    const again = proxy.down - before;
    assert.ok(again < 20 * MIB, `${again} bytes came in the second run`);
    const config = await run('skopeo', ['inspect', '--raw', '--config', `docker-archive:${join(home, 'image.tar')}`]);
    assert.equal(config, Buffer.from(GRAPH.blobs.get(GRAPH.config.digest) ?? []).toString());
    await run('skopeo', ['copy', '-q', `docker-archive:${join(home, 'image.tar')}`, `dir:${join(home, 'copy')}`]);
  });
}
