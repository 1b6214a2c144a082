import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildImage, helloIndex, startCountingProxy } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { startDrayServe } from './dray-serve.ts';
import { largestFile } from './largest-file.ts';
import { layoutOf } from './layout-of.ts';
import { peerTest } from './peers.ts';
import { COMMAND, createUser } from './run.ts';

const MIB = 2 ** 20;
const IMAGE = buildImage({ layers: [{ fill: 300_000 }, { files: [{ name: 'a', content: 'a' }] }] });
const ARM = buildImage({ platform: { os: 'linux', architecture: 'arm64' }, layers: [{ fill: 1000 }] });
const INDEX = helloIndex();

/** Digests of the blobs that a registry's folder has. */
function blobsIn(data: string): ReadonlySet<string> {
  const entries = readdirSync(join(data, 'docker/registry/v2/blobs/sha256'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.name === 'data');
  return new Set(files.map((entry) => `sha256:${entry.parentPath.split('/').at(-1)}`));
}

peerTest('dray does with its own registry whatever it can, and the folder is cleaned afterwards', [], async () => {
  const { host, data } = await startDrayServe();
  const { dray, tryDray, home } = createUser();
  const app = `${host}/team/app`;
  const said = async (...args: readonly string[]): Promise<string> => (await dray(args)).trim();

  await dray(['push', `oci:${layoutOf(IMAGE)}`, `${app}:1`]);
  assert.equal(await said('digest', `${app}:1`), IMAGE.root.digest);
  await dray(['pull', '-q', `${app}:1`]);
  await dray(['tag', `${app}:1`, `${host}/team/other:2`]);
  assert.match(await dray(['push', `${host}/team/other:2`]), /^[\da-f]{12}: Mounted from team\/app$/m);
  await dray(['copy', `oci:${layoutOf(INDEX)}`, `${host}/team/multi:1`]);
  await dray(['copy', `${host}/team/multi:1`, `${host}/team/multi:2`]);
  assert.match(await dray(['copy', '-a', `${host}/team/multi`, `${host}/copy/multi`]), /: Mounted from team\/multi$/m);
  for (const name of ['team/app:1', 'team/other:2', 'team/multi:1', 'copy/multi:1', 'copy/multi:2']) {
    await dray(['validate', `${host}/${name}`]);
  }
  assert.equal(await said('digest', `${host}/copy/multi:2`), INDEX.root.digest);
  assert.equal(await said('tags', `${host}/copy/multi`), '1\n2');
  assert.equal(await said('catalog', host), 'copy/multi\nteam/app\nteam/multi\nteam/other');
  await dray(['pull', '-a', '-q', `${host}/copy/multi`]);
  await dray(['pull', '-q', '--all-platforms', '--as', 'oci-dir', '-o', 'layout', `${host}/copy/multi:1`]);
  for (const [digest, bytes] of INDEX.blobs) {
    assert.ok(readFileSync(join(home, 'layout', 'blobs', ...digest.split(':'))).equals(bytes));
  }

  await dray(['push', `oci:${layoutOf(ARM)}`, `${app}:arm`]);
  await dray(['index', 'create', `${app}:both`, `${app}:1`, `${app}:arm`]);
  const { manifests } = JSON.parse(await dray(['manifest', `${app}:both`])) as { manifests: { digest: string }[] };
  assert.deepEqual(
    manifests.map(({ digest }) => digest),
    [IMAGE.root.digest, ARM.root.digest],
  );
  await dray(['index', 'remove', '--digest', ARM.root.digest, `${app}:both`]);
  await dray(['index', 'append', `${app}:both`, `${app}:arm`]);
  await dray(['validate', `${app}:both`]);

  const large = randomBytes(2 * MIB);
  writeFileSync(join(home, 'large'), large);
  writeFileSync(join(home, 'sbom.json'), '{}');
  await dray(['artifact', 'push', `${app}:files`, 'large', 'sbom.json:application/json']);
  await dray(['artifact', 'pull', '-o', 'pulled', `${app}:files`]);
  assert.ok(readFileSync(join(home, 'pulled', 'large')).equals(large));
  await dray(['artifact', 'push', '--subject', '1', '--artifact-type', 'application/spdx+json', app, 'sbom.json']);
  assert.match(await dray(['referrers', `${app}:1`]), /application\/spdx\+json/);
  await dray(['copy', `${app}:1`, `${host}/mirror/app:1`]);
  assert.match(await dray(['referrers', `${host}/mirror/app:1`]), /application\/spdx\+json/);

  await dray(['delete', '-f', '--tag-only', `${app}:files`]);
  assert.equal(await said('tags', app), '1\narm\nboth');
  await dray(['delete', '-f', `${app}:both`, `${app}@${ARM.root.digest}`, `${host}/team/multi:1`]);
  assert.equal(await said('tags', app), '1');
  assert.equal(await said('tags', `${host}/team/multi`), '');
  const gone = await tryDray(['pull', `${app}:arm`]);
  assert.match(gone.stderr, /manifest unknown/);

  // Untagged manifests and what they alone need go; what another repository has stays.
  const before = blobsIn(data);
  const clean = ['registry', 'gc', '-m', '--now', '--grace', '0s', '--data', data];
  await dray([...clean, '--dry-run']);
  assert.deepEqual(blobsIn(data), before);
  assert.match(await dray(clean), new RegExp(`^Deleted: ${ARM.root.digest} `, 'm'));
  const left = blobsIn(data);
  assert.ok(!left.has(ARM.layers[0]?.digest ?? ''));
  for (const name of ['team/app:1', 'team/other:2', 'copy/multi:1', 'mirror/app:1']) {
    await dray(['validate', `${host}/${name}`]);
  }
  await dray(['registry', 'rm', '-f', '--data', data, 'copy/multi']);
  assert.doesNotMatch(await said('catalog', host), /^copy\//m);
  await dray(['prune', '-f', '-a']);
  await dray(['pull', '-q', `${app}:1`]);
});

peerTest('a push that is killed goes on where it was', [], async () => {
  const { host, data } = await startDrayServe();
  const proxy = await startCountingProxy(host);
  atEnd(() => proxy.close());
  const { dray, env, home } = createUser();
  const layout = layoutOf(buildImage({ layers: [{ fill: 24 * MIB }] }));
  const args = ['push', `oci:${layout}`, `${proxy.host}/team/large:1`];
  const sent = (): number => proxy.connections.reduce((sum, { up }) => sum + up, 0);
  const killed = spawn(process.execPath, [COMMAND, ...args, '--limit-rate', '8M'], { env, cwd: home, stdio: 'ignore' });
  const ended = new Promise((resolve) => killed.once('exit', (_, signal) => resolve(signal)));
  // What was sent need not have arrived.
  while (largestFile(data) < 10 * MIB && killed.exitCode === null) await sleep(5);
  killed.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  while (proxy.connections.some(({ open }) => open)) await sleep(5);
  const before = sent();
  await dray(args);
  const again = sent() - before;
  assert.ok(again < 20 * MIB, `${again} bytes were sent by the second run`);
  await dray(['validate', `${host}/team/large:1`]);
});
