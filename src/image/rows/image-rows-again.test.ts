import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Digest } from '#oci';
import { type DiskStore, openDiskStore } from '#store';
import { buildArtifact, buildImage, type TestImage } from '#testing';
import { listImages } from '../list.ts';
import { HOST, type KeptWorld, openKeptWorld } from '../stored/kept-world.test.fixture.ts';
import { describeImage } from './describe-image.ts';
import { imageRows } from './image-rows.ts';

const image = (n: string): TestImage =>
  buildImage({ layers: [{ files: [{ name: n, content: n }] }], config: { Labels: { n } } });
const A = image('a');
const B = image('b');
const NAME = 'docker.io/library/a:1';

let world: KeptWorld;
/** The same folder as another process has it. */
let other: DiskStore;
beforeEach(async () => {
  world = await openKeptWorld();
  other = await openDiskStore({ root: world.store.root, sync: false });
  await world.keep(NAME, A);
  await world.keep('docker.io/library/b:1', B);
  await seen();
});
afterEach(() => world.close());

/** What the store that was asked before says; a store that was never asked must say the same. */
async function seen(): Promise<Readonly<Record<string, string>>> {
  const fresh = await openDiskStore({ root: world.store.root, sync: false });
  const [rows, ...others] = await Promise.all([world.store, world.store, fresh].map((each) => imageRows(each, HOST)));
  for (const each of others) assert.deepEqual(each, rows);
  assert.deepEqual(await listImages(world.store, HOST), await listImages(fresh, HOST));
  return Object.fromEntries(
    rows?.rows.flatMap(({ tags, labels }) => tags.map((tag) => [tag, labels['n'] ?? ''])) ?? [],
  );
}

const blob = (digest: Digest): string => join(world.store.root, 'blobs', ...digest.split(':'));
const nameFile = (): string =>
  join(world.store.root, 'refs', `${createHash('sha256').update(NAME).digest('hex')}.json`);

/** Other content of the same length in the same file, which is as old as it was. */
function overwrite(path: string, text: string): void {
  const { atime, mtime, size } = statSync(path);
  assert.equal(text.length, size);
  writeFileSync(path, text);
  utimesSync(path, atime, mtime);
}

describe('a store that was asked before', () => {
  const both = { 'a:1': 'a', 'b:1': 'b' };
  const changes: readonly (readonly [string, () => unknown, Readonly<Record<string, string>>])[] = [
    ['nothing', () => undefined, both],
    ['a new name', () => other.tag('docker.io/library/c:1', A.root), { ...both, 'c:1': 'a' }],
    ['a name that goes', () => other.removeReference(NAME), { 'b:1': 'b' }],
    ['a name that is given to another image', () => other.tag(NAME, B.root), { 'a:1': 'b', 'b:1': 'b' }],
    [
      'a name that is given to another image, in a file of the same length and time',
      () => {
        const text = readFileSync(nameFile(), 'utf8');
        overwrite(nameFile(), text.replaceAll(A.root.digest, B.root.digest));
      },
      { 'a:1': 'b', 'b:1': 'b' },
    ],
    [
      'a file of a name that is damaged',
      () => overwrite(nameFile(), 'x'.repeat(statSync(nameFile()).size)),
      { 'b:1': 'b' },
    ],
    ['a manifest that is gone', () => rmSync(blob(A.root.digest)), { 'b:1': 'b' }],
    ['a manifest that was cut short', () => truncateSync(blob(A.root.digest), 3), { 'b:1': 'b' }],
    ['a config that is gone', () => other.discard(A.config.digest), { 'b:1': 'b' }],
    ['a config that is empty', () => truncateSync(blob(A.config.digest)), { 'b:1': 'b' }],
    [
      'no names',
      () => {
        const refs = join(world.store.root, 'refs');
        for (const name of readdirSync(refs)) rmSync(join(refs, name));
      },
      {},
    ],
  ];
  for (const [what, change, expected] of changes) {
    test(`sees ${what}`, async () => {
      await change();
      assert.deepEqual(await seen(), expected);
      await world.keep(NAME, A);
      await world.keep('docker.io/library/b:1', B);
      const { 'c:1': _, ...again } = await seen();
      assert.deepEqual(again, both);
    });
  }

  test('sees a name move to and fro without a pause', async () => {
    for (let turn = 0; turn < 100; turn += 1) {
      const [root, n] = turn % 2 === 0 ? [B.root, 'b'] : [A.root, 'a'];
      await other.tag(NAME, root);
      const { rows } = await imageRows(world.store, HOST);
      assert.equal(rows.find(({ tags }) => tags.includes('a:1'))?.labels['n'], n);
    }
  });

  test('says of each moment what was then, while others change it', async () => {
    const changed = new AbortController();
    const change = async (): Promise<void> => {
      for (let turn = 0; turn < 50; turn += 1) await other.tag(NAME, turn % 2 === 0 ? B.root : A.root);
      changed.abort();
    };
    const look = async (): Promise<void> => {
      while (!changed.signal.aborted) {
        const { rows } = await imageRows(world.store, HOST);
        const names = rows.flatMap(({ tags }) => tags).toSorted();
        assert.deepEqual(names, ['a:1', 'b:1']);
        await new Promise((done) => setImmediate(done));
      }
    };
    await Promise.all([change(), look(), look(), look()]);
    assert.deepEqual(await seen(), both);
  });

  test('gives the same list as long as nothing has changed', async () => {
    for (const { digest } of [...A.layers, ...B.layers]) {
      await other.rememberLayer(digest, { diffId: A.config.digest, size: 10_240, content: 1 });
    }
    await seen();
    const { rows } = await imageRows(world.store, HOST);
    assert.equal((await imageRows(world.store, HOST)).rows, rows);
    assert.notEqual((await imageRows(world.store, HOST, { shared: true })).rows, rows);
    assert.notEqual((await imageRows(world.store, { os: 'linux', architecture: 'arm64' })).rows, rows);
  });

  test('asks each time whether all of an index is there', async () => {
    const available = async (): Promise<unknown> =>
      (await imageRows(world.store, HOST, { manifests: true })).rows
        .find(({ tags }) => tags.includes('a:1'))
        ?.manifests?.map((each) => each.available);
    assert.deepEqual(await available(), [true]);
    for (const { digest } of A.layers) await other.discard(digest);
    assert.deepEqual(await available(), [false]);
  });

  test('finds out what layers hold when that becomes known', async () => {
    const [layer] = A.layers;
    assert.ok(layer !== undefined);
    const size = async (): Promise<number | undefined> =>
      (await imageRows(world.store, HOST)).rows.find(({ tags }) => tags.includes('a:1'))?.size;
    const before = await size();
    await other.rememberLayer(layer.digest, { diffId: B.config.digest, size: 10_240, content: 12_345 });
    assert.deepEqual([before, await size()], [layer.bytes.length, 12_345]);
  });

  test('never shows the details of an image that a disk has damaged', async () => {
    const path = blob(A.config.digest);
    overwrite(path, readFileSync(path, 'utf8').replace('"amd64"', '"arm64"'));
    await assert.rejects(describeImage('a:1', world.places), { code: 'DIGEST_MISMATCH' });
  });

  test('warns of an artifact that is not whole any more', async () => {
    const chart = buildArtifact({ artifactType: 'application/vnd.example' });
    await world.keep('docker.io/library/chart:1', chart);
    await seen();
    await other.discard(chart.root.digest);
    const warnings: unknown[] = [];
    await listImages(world.store, HOST, { onEvent: (event) => warnings.push(event) });
    assert.match(JSON.stringify(warnings), /library\/chart:1 is not whole/);
  });
});
