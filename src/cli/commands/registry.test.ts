import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { bytesOf } from '#bytes';
import { type Digest, digestOf } from '#oci';
import { openFolderStorage, type RegistryStorage } from '#serve';
import { fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const base = mkdtempSync(join(tmpdir(), 'dray-registry-command-'));
after(() => rmSync(base, { recursive: true }));
let data = '';
let storage: RegistryStorage;
let runs = 0;
beforeEach(() => {
  runs += 1;
  data = join(base, `registry-${runs}`);
  storage = openFolderStorage({ root: data, sync: false });
});

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function dray(...line: readonly string[]): Promise<Ran> {
  const context = fakeContext();
  const status = await run(line, context);
  return { status, out: context.out(), err: context.err() };
}

/** A blob that nothing needs, two hours old. */
async function oldBlob(repository: string): Promise<Digest> {
  const bytes = Buffer.alloc(1500, repository);
  const digest = digestOf(bytes);
  const hex = digest.slice(7);
  await storage.uploads.put(repository, digest, bytesOf(bytes));
  const time = Date.now() / 1000 - 7200;
  const folder = join(data, 'docker/registry/v2');
  utimesSync(join(folder, `repositories/${repository}/_layers/sha256/${hex}/link`), time, time);
  utimesSync(join(folder, `blobs/sha256/${hex.slice(0, 2)}/${hex}/data`), time, time);
  return digest;
}

test('gc says what would go, puts it away, and deletes it at once where that is wanted', async () => {
  const digest = await oldBlob('team/app');
  const lines = `Unlinked: team/app ${digest}\nPut away: ${digest} (1.5kB)\n`;
  const later = 'Put away: 1 blob, 1.5kB; a run in ten minutes or later deletes them, --now does it at once\n';
  const dry = await dray('registry', 'gc', '--dry-run', '--data', data);
  assert.deepEqual(dry, {
    status: 0,
    err: '',
    out: `${lines}${later}Total reclaimed space: 0B (dry run: nothing was removed)\n`,
  });
  const now = await dray('registry', 'gc', '-d', '--now', data);
  assert.equal(
    now.out,
    `${lines}Deleted: ${digest} (1.5kB)\nTotal reclaimed space: 1.5kB (dry run: nothing was removed)\n`,
  );
  assert.equal((await dray('registry', 'gc', '--data', data)).out, `${lines}${later}Total reclaimed space: 0B\n`);
  assert.equal((await dray('registry', 'gc', '-q', '--data', data)).out, '');
});

test('gc prints one JSON document', async () => {
  const digest = await oldBlob('app');
  const { out } = await dray('registry', 'gc', '--now', '--json', '--data', data);
  const { blobs, trashBytes, removals, root } = JSON.parse(out) as Record<string, unknown>;
  assert.deepEqual({ blobs, trashBytes, root }, { blobs: 1, trashBytes: 1500, root: data });
  assert.deepEqual(removals, [
    { kind: 'link', repository: 'app', name: digest, bytes: 0 },
    { kind: 'blob', name: digest, bytes: 1500 },
    { kind: 'trash', name: digest, bytes: 1500 },
  ]);
});

test('gc goes by the rules of the server', async () => {
  const config = join(base, 'registry.yml');
  const bytes = Buffer.from('{}');
  await storage.putManifest('app', { digest: digestOf(bytes), mediaType: 'application/x', bytes }, ['1.0.0', 'dev']);
  writeFileSync(
    config,
    `data: ${data}\nimmutable: [{ tags: [semver] }]\nmaintenance: { retention: [{ newest: 0 }] }\n`,
  );
  assert.match((await dray('registry', 'gc', config)).out, /^Untagged: app:dev\n(?!Untagged)/);
  assert.deepEqual((await storage.tags('app'))?.names, ['1.0.0']);
});

test('rm removes repositories, and asks for a name that is one', async () => {
  await oldBlob('team/app');
  await oldBlob('team');
  const refused = await dray('registry', 'rm', '--data', data, 'team');
  assert.equal(refused.status, 2);
  assert.match(refused.err, /without being asked to\n.*-f/);
  assert.deepEqual(await dray('registry', 'rm', '-f', '--data', data, 'team'), {
    status: 0,
    err: '',
    out: 'Deleted: team\n',
  });
  assert.deepEqual((await storage.repositories()).names, ['team/app']);
  const again = await dray('registry', 'remove', '-f', '--data', data, 'team');
  assert.equal(again.status, 4);
  assert.match(again.err, /there is no repository team/);
  const outside = await dray('registry', 'rm', '-f', '--data', data, '../../..');
  assert.equal(outside.status, 2);
  assert.ok(existsSync(join(data, 'docker')));
});

test('both say where no registry is', async () => {
  for (const line of [['gc'], ['rm', '-f', 'app']]) {
    const { status, err } = await dray('registry', ...line, '--data', join(base, 'absent'));
    assert.equal(status, 4);
    assert.match(err, /no registry is in the folder .*absent\n.*--data DIR/);
  }
});

test("docker-registry's word for it is understood", async () => {
  const { status, err } = await dray('registry', 'garbage-collect', 'config.yml');
  assert.notEqual(status, 0);
  assert.match(err, /That is 'dray registry gc' here/);
});
