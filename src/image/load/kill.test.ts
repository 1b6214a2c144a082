import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { after, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ARCHIVE_SHAPES, buildImage } from '#testing';
import type { ChildTask } from './kill.test.child.ts';
import { loadArchive } from './load.ts';
import { TestPlaces } from './places.test.fixture.ts';

const CHILD = fileURLToPath(import.meta.url.replace(/\.test\.(ts|js)$/, '.test.child.$1'));
const world = new TestPlaces();
after(() => world.close());
const IMAGE = buildImage({
  layers: [{ fill: 900_000, compression: 'none' }, { files: [{ name: 'x', content: 'x' }] }],
});
const write = ARCHIVE_SHAPES['docker 25, both at once'] ?? assert.fail();
const path = world.path('image.tar');
writeFileSync(path, gzipSync(write([{ image: IMAGE, names: ['app:1'] }])));

function runChild(task: ChildTask, blocks?: number): ReturnType<typeof spawnSync> {
  const args = [...process.execArgv, CHILD, JSON.stringify(task)];
  // Blocks are of 512 bytes for some shells and of 1024 for others.
  if (blocks !== undefined) {
    const command = `ulimit -f ${blocks}; exec "$0" "$@"`;
    return spawnSync('sh', ['-c', command, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  }
  return spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

it('a load that is killed leaves nothing to be seen, and the next one is whole', async () => {
  const places = world.at('killed');
  const store = await places.store();
  const { signal } = runChild({ path, root: store.root, dieAt: 900_000 });
  assert.equal(signal, 'SIGKILL');
  assert.deepEqual(await store.references(), []);
  assert.deepEqual(await store.blobs(), []);
  assert.ok(readdirSync(`${store.root}/ingest`).every((name) => !name.startsWith('archive-')));
  const { images } = await loadArchive({ path }, places);
  assert.deepEqual(images[0]?.names, ['app:1']);
  assert.deepEqual(await store.partials(), []);
});

it('a disk that is full ends in an error and changes nothing', { skip: process.platform === 'win32' }, async () => {
  const places = world.at('full');
  const store = await places.store();
  const { stdout, status } = runChild({ path, root: store.root, dieAt: undefined }, 400);
  assert.equal(status, 0);
  assert.equal(String(stdout), 'DISK_FULL');
  assert.deepEqual(await store.references(), []);
  assert.deepEqual(await store.blobs(), []);
  assert.deepEqual(await store.partials(), []);
  assert.deepEqual(readdirSync(`${store.root}/ingest`), []);
});
