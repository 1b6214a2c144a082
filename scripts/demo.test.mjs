import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Failure, root } from './run.mjs';
import { verifyArchive } from './verify-archive.mjs';

const folder = mkdtempSync(join(tmpdir(), 'dray-demo-'));
after(() => rmSync(folder, { recursive: true }));

function node(args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('close', (status) => resolve({ status, output }));
  });
}

test('the demo pulls, checks, and says what to do with the file; a changed byte ends it with an error', async () => {
  const good = await node(['scripts/demo.mjs']);
  assert.equal(good.status, 0, good.output);
  const lines = good.output.trimEnd().split('\n');
  assert.equal(lines.at(-1), 'Load it into Docker, on any machine: docker load -i tmp/demo/hello.tar');
  assert.match(good.output, /Digest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for /);
  const bad = await node(['scripts/demo.mjs', '--flip', '2500000']);
  assert.equal(bad.status, 1, bad.output);
  assert.match(bad.output, /The archive is not what was pulled: blobs\/sha256\/[0-9a-f]{64} holds sha256:/);
  assert.doesNotMatch(bad.output, /Load it into Docker/);
});

test('the check sees a change of any one byte', async () => {
  const testing = await import('../dist/testing/index.js');
  const graph = testing.helloIndex();
  const registry = await testing.startRegistry({ images: { 'hello:1': graph } });
  const reference = registry.reference('hello:1');
  const expected = { graph, reference, platform: 'linux/arm64' };
  const file = join(folder, 'hello.tar');
  try {
    const own = { DRAY_ROOT: join(folder, 'store'), XDG_CONFIG_HOME: folder, DOCKER_CONFIG: folder };
    const pulled = await node(['dist/dray.mjs', 'pull', '--platform', expected.platform, '-o', file, reference], own);
    assert.equal(pulled.status, 0, pulled.output);
  } finally {
    await registry.close();
  }
  const archive = readFileSync(file);
  verifyArchive(archive, expected);
  for (const bit of [0x01, 0x20, 0x80]) {
    for (let at = 0; at < archive.length; at += 1) {
      archive[at] ^= bit;
      assert.throws(() => verifyArchive(archive, expected), Failure, `byte ${at} with ${bit} flipped passed`);
      archive[at] ^= bit;
    }
  }
  for (const length of [archive.length - 1024, archive.length - 1, 512, 0]) {
    assert.throws(() => verifyArchive(archive.subarray(0, length), expected), Failure, `${length} bytes passed`);
  }
});
