import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { hasCode } from '#errors';
import { digestOf } from '#oci';
import { LockKeeper, systemFiles } from '#store';
import { systemClock } from '#timing';
import { Paths } from '../storage/folder/paths.ts';
import type { RegistryStorage } from '../storage/port.ts';
import type { CollectRules } from './options.ts';
import {
  ahead,
  filesIn,
  hasBlob,
  imageOf,
  indexOf,
  lacks,
  maintenanceAt,
  namedBy,
  openStorage,
  pushImage,
  putBlob,
  removals,
  someBytes,
} from './registry.test.fixture.ts';

const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dray-collect-'));
after(() => rmSync(base, { recursive: true }));

let root = '';
let storage: RegistryStorage;
let runs = 0;
beforeEach(() => {
  runs += 1;
  root = join(base, `registry-${runs}`);
  storage = openStorage(root);
});

const collectAt = (hours: number, collect: CollectRules = {}): Promise<readonly string[]> =>
  removals(maintenanceAt(root, hours, { collect }));
const untagged = { deleteUntagged: true };

describe('collecting in a registry', () => {
  it('removes what only a deleted image had, in two steps, and nothing else', async () => {
    const shared = await putBlob(storage, 'team/app', someBytes());
    const kept = await pushImage(storage, 'team/app', ['a'], { layers: [shared] });
    const gone = await pushImage(storage, 'team/app', ['b'], { layers: [shared] });
    const elsewhere = namedBy(gone)[1] ?? gone.digest;
    await storage.mountBlob('other', elsewhere, 'team/app');
    await storage.putManifest('other', imageOf(elsewhere, { layers: [] }), ['x']);
    await storage.removeManifest('team/app', gone.digest);
    const own = namedBy(gone).filter((digest) => digest !== shared);
    const first = await collectAt(2);
    assert.deepEqual(
      first,
      [
        ...own.map((digest) => `link team/app ${digest}`),
        ...[...own.filter((digest) => digest !== elsewhere), gone.digest].map((digest) => `blob  ${digest}`),
      ].toSorted(),
    );
    assert.deepEqual(await lacks(openStorage(root), 'team/app', kept.digest), []);
    assert.equal(await hasBlob(openStorage(root), 'other', elsewhere), true);
    const second = await collectAt(3);
    assert.deepEqual(
      second.map((line) => line.split(' ')[0]),
      ['trash', 'trash', 'trash'],
    );
    assert.deepEqual(await collectAt(4), []);
    assert.deepEqual(await lacks(openStorage(root), 'team/app', kept.digest), []);
    assert.equal(filesIn(join(root, 'dray')).length, 0);
  });

  it('leaves alone what is younger than the grace time', async () => {
    await putBlob(storage, 'app', someBytes());
    assert.deepEqual(await collectAt(0.9), []);
    assert.equal((await collectAt(1.1)).length, 2);
  });

  it('says in a dry run exactly what the real one does, and changes nothing', async () => {
    const image = await pushImage(storage, 'app', ['1']);
    await pushImage(storage, 'app', []);
    await pushImage(storage, 'app', ['3'], { subject: image });
    await putBlob(storage, 'lonely', someBytes());
    await storage.removeManifest('app', image.digest);
    const before = filesIn(root);
    const maintenance = maintenanceAt(root, 5, { collect: { ...untagged, trash: 0 }, retention: [{ newest: 0 }] });
    const dry = await removals(maintenance, true);
    assert.deepEqual(filesIn(root), before);
    assert.deepEqual(await removals(maintenance), dry);
    assert.ok(dry.length > 10, `${dry.length}`);
    assert.ok(dry.some((line) => line.startsWith('manifest')));
  });

  it('keeps what an index lists, what refers to it, and sha512, when it deletes what is untagged', async () => {
    const child = await pushImage(storage, 'app', [], { algorithm: 'sha512' });
    const other = await pushImage(storage, 'app', []);
    const index = indexOf([child, other]);
    const outer = indexOf([index]);
    await storage.putManifest('app', index, []);
    await storage.putManifest('app', outer, ['multi']);
    const signature = await pushImage(storage, 'app', [], { subject: child });
    const ofSignature = await pushImage(storage, 'app', [], { subject: signature });
    const lonely = await pushImage(storage, 'app', []);
    const itsSignature = await pushImage(storage, 'app', [], { subject: lonely });
    const removed = await collectAt(2, untagged);
    assert.deepEqual(
      removed.filter((line) => line.startsWith('manifest')),
      [`manifest app ${lonely.digest}`, `manifest app ${itsSignature.digest}`].toSorted(),
    );
    await collectAt(4, untagged);
    for (const { digest } of [outer, signature, ofSignature]) {
      assert.deepEqual(await lacks(openStorage(root), 'app', digest), []);
    }
    assert.equal(await openStorage(root).manifest('app', lonely.digest), undefined);
    await storage.removeTag('app', 'multi');
    assert.equal((await collectAt(6, untagged)).filter((line) => line.startsWith('manifest')).length, 6);
  });

  it('keeps what a tag pointed to until lately', async () => {
    const old = await pushImage(storage, 'app', ['latest']);
    const revision = join(new Paths(root).revision('app', old.digest), 'link');
    utimesSync(revision, 1_000_000, 1_000_000);
    await pushImage(storage, 'app', ['latest']);
    assert.deepEqual(await collectAt(0.5, untagged), []);
    assert.ok((await collectAt(2, untagged)).includes(`manifest app ${old.digest}`));
  });

  it('keeps digests that are written with escapes', async () => {
    const layer = await putBlob(storage, 'app', someBytes());
    const text = JSON.stringify({ schemaVersion: 2, mediaType: 'application/x.y+json', parts: [layer] });
    const bytes = Buffer.from(text.replace('sha256:', 'sha256\\u003a'));
    await storage.putManifest('app', { digest: digestOf(bytes), mediaType: 'application/x.y+json', bytes }, ['odd']);
    assert.deepEqual(await collectAt(2), []);
  });

  it('keeps a blob whose client was told that it is there', async () => {
    const digest = await putBlob(storage, 'app', someBytes());
    const link = join(new Paths(root).layer('app', digest), 'link');
    const data = join(new Paths(root).data(digest), 'data');
    for (const path of [link, data]) utimesSync(path, 1_000_000, 1_000_000);
    assert.notEqual(await storage.blob('app', digest), undefined);
    assert.deepEqual(await collectAt(0.9), []);
    await storage.putManifest('app', imageOf(digest, { layers: [] }), ['1']);
    assert.deepEqual(await collectAt(9), []);
  });

  it('takes nothing from a repository with a manifest that cannot be read', async () => {
    const image = await pushImage(storage, 'app', ['1']);
    await putBlob(storage, 'app', someBytes());
    unlinkSync(join(new Paths(root).data(image.digest), 'data'));
    const notices: string[] = [];
    const onNotice = (text: string): number => notices.push(text);
    assert.deepEqual(await removals(maintenanceAt(root, 9, { onNotice })), []);
    assert.match(notices.join(), /^app: the manifest sha256:.* has no content/);
  });

  it('brings back what an earlier run took away before it was killed', async () => {
    const image = await pushImage(storage, 'app', ['1']);
    const paths = new Paths(root);
    const [config = image.digest] = namedBy(image);
    const { renameSync, mkdirSync } = await import('node:fs');
    mkdirSync(paths.trash, { recursive: true });
    renameSync(join(paths.data(config), 'data'), paths.trashed(config));
    assert.deepEqual(await lacks(openStorage(root), 'app', image.digest), []);
    const link = join(paths.layer('app', config), 'link');
    renameSync(link, `${link}.dray-gone`);
    assert.deepEqual(await collectAt(9), []);
    assert.ok(existsSync(link) && existsSync(join(paths.data(config), 'data')) && !existsSync(paths.trashed(config)));
  });

  it('is done by one process at a time, and goes on after one that was killed', async () => {
    await putBlob(storage, 'app', someBytes());
    const lockFile = join(root, 'dray', 'collect.lock');
    let removed = 0;
    await maintenanceAt(root, 2).run({
      onRemoved: () => {
        removed += 1;
        assert.ok(existsSync(lockFile));
      },
    });
    assert.ok(removed > 0 && !existsSync(lockFile));
    const busy = await new LockKeeper({ fs: systemFiles, clock: systemClock }).acquire(lockFile);
    let time = 0;
    const clock = { ...ahead(2), monotonic: () => (time += 6000), sleep: async () => undefined };
    const lockTimings = { stale: 1e9 };
    const second = maintenanceAt(root, 2, { clock, lockTimings }).run();
    await assert.rejects(second, (error) => hasCode(error, 'BUSY'));
    busy?.release();
    writeFileSync(lockFile, '');
    const timings = { stale: 5, poll: 1, beat: 1000 };
    await maintenanceAt(root, 2, { lockTimings: timings }).run();
    assert.equal(existsSync(lockFile), false);
  });

  it('leaves nothing of a repository that has nothing any more, and that others can be below', async () => {
    await putBlob(storage, 'team/empty', someBytes());
    await putBlob(storage, 'team', someBytes());
    await pushImage(storage, 'team/app', ['1']);
    await collectAt(2);
    assert.deepEqual(readdirSync(join(root, 'docker/registry/v2/repositories/team')), ['app']);
    assert.deepEqual((await storage.repositories()).names, ['team/app']);
    await putBlob(storage, 'team/empty', someBytes());
    assert.deepEqual((await storage.repositories()).names, ['team/app', 'team/empty']);
  });

  it('does nothing in a folder that is not there', async () => {
    assert.equal((await maintenanceAt(root, 2).run({ dryRun: true })).repositories, 0);
    assert.equal(existsSync(root), false);
  });
});
