import assert from 'node:assert/strict';
import * as nodeFs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { hasCode, isDrayError } from '#errors';
import { contentOf, rejects } from '#testing';
import { openArchiveFile } from './archive-file/open.ts';
import { planArchive } from './archive-file/plan.ts';
import { openDiskStore } from './disk/disk-store.ts';
import { type FileSystem, systemFiles } from './file-system.ts';
import { expectRoom } from './room.ts';

const folder = nodeFs.mkdtempSync(join(tmpdir(), 'dray-room-'));
after(() => nodeFs.rmSync(folder, { recursive: true }));

/** A disk with `free` bytes. */
const disk = (free: number): FileSystem => ({
  ...systemFiles,
  statfsSync: ((path: string) => ({ ...nodeFs.statfsSync(path), bsize: 1, bfree: free })) as typeof nodeFs.statfsSync,
});

describe('room for a file', () => {
  it('is there or not', () => {
    const path = join(folder, 'new');
    expectRoom(disk(1000), folder, path, 1000);
    assert.throws(
      () => expectRoom(disk(999), folder, path, 1000),
      (error) =>
        hasCode(error, 'DISK_FULL') &&
        isDrayError(error) &&
        error.message.includes(`${path}: 1000 more bytes are needed, and 999 are free`),
    );
  });
  it('is less for a file that has begun, holes not counted', () => {
    const path = join(folder, 'begun');
    const fd = nodeFs.openSync(path, 'w');
    nodeFs.writeSync(fd, Buffer.alloc(65_536, 1));
    nodeFs.writeSync(fd, Buffer.alloc(1), 0, 1, 10_000_000);
    nodeFs.closeSync(fd);
    expectRoom(disk(20_000_000), folder, path, 20_060_000);
    assert.throws(() => expectRoom(disk(1_000_000), folder, path, 11_000_000));
  });
  it('is not asked for where nobody knows', () => {
    const { statfsSync: _, ...older } = systemFiles;
    expectRoom(older, folder, join(folder, 'new'), 1e15);
    const silent = { ...systemFiles, statfsSync: (() => ({ blocks: 0, bsize: 0, bfree: 0 })) as never };
    expectRoom(silent, folder, join(folder, 'new'), 1e15);
    expectRoom(systemFiles, join(folder, 'nowhere'), join(folder, 'new'), 1e15);
  });
});

describe('where there is no room', () => {
  const { descriptor } = contentOf(100_000, 1);

  it('the store takes nothing in, keeps what it has and lets go', async () => {
    const root = join(folder, 'store');
    const roomy = await openDiskStore({ root, sync: false });
    const first = await roomy.ingest(descriptor);
    first?.write(0, contentOf(100_000, 1).bytes.subarray(0, 65_536));
    await first?.release();
    const full = await openDiskStore({ root, sync: false, fs: disk(10_000) });
    await rejects(full.ingest(descriptor), 'DISK_FULL');
    const again = await roomy.ingest(descriptor);
    assert.deepEqual(again?.have(), [{ start: 0, end: 65_536 }]);
    await again?.release();
  });

  it('no archive is begun', async () => {
    const path = join(folder, 'a.tar');
    const bytes = Buffer.from('{"schemaVersion":2}');
    const document = { descriptor: { ...contentOf(1, 2).descriptor, size: bytes.length }, bytes };
    const plan = planArchive(
      [
        {
          names: [],
          fullName: 'docker.io/library/a:1',
          tag: '1',
          root: document.descriptor,
          documents: [document],
          images: [],
          blobs: [descriptor],
        },
      ],
      'oci-archive',
    );
    await rejects(openArchiveFile(path, plan, { sync: false, fs: disk(10_000) }), 'DISK_FULL');
    assert.deepEqual(
      nodeFs.readdirSync(folder).filter((name) => name.startsWith('a.tar')),
      [],
    );
  });
});
