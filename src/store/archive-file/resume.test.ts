import assert from 'node:assert/strict';
import * as nodeFs from 'node:fs';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import type { ProgressEvent } from '#progress';
import { type Content, cameToEnd, forgetfulFiles, holds, lacks, rejects, stoppingFiles } from '#testing';
import { systemClock } from '#timing';
import type { FileSystem } from '../file-system.ts';
import { imageOf, LAYERS, planOf, testFolder } from './fixtures.test.ts';
import { type ArchiveFile, type ArchiveFileOptions, openArchiveFile } from './open.ts';
import { type ArchivePlan, planArchive } from './plan.ts';

const folder = testFolder();
after(() => rmSync(folder, { recursive: true }));
const [LARGE, LARGER, SMALL] = LAYERS as [Content, Content, Content];
const PLAN = planOf(LARGE.descriptor, LARGER.descriptor, SMALL.descriptor);
const DEAD = { self: () => ({ pid: 1, scope: 'test' }), death: () => 'exact' as const };
const OPTIONS: ArchiveFileOptions = { sync: false, owners: DEAD, lockTimings: { beat: 10_000, stale: 20, poll: 1 } };

let count = 0;
function newPath(): string {
  count += 1;
  mkdirSync(join(folder, String(count)));
  return join(folder, String(count), 'app.tar');
}

/** The archive as it must be. */
function expected(plan: ArchivePlan): Buffer {
  const layers = new Map(LAYERS.map(({ descriptor, bytes }) => [descriptor.digest, bytes]));
  return Buffer.concat(plan.pieces.map(({ bytes, blob }) => bytes ?? layers.get(blob.digest) ?? new Uint8Array(0)));
}

/** Brings in what is missing of all layers, and counts what it was given. */
async function fill(file: ArchiveFile, layers: readonly Content[] = LAYERS): Promise<number> {
  let given = 0;
  for (const { descriptor, bytes } of layers) {
    const ingest = await file.ingest(descriptor);
    if (ingest === undefined) continue;
    let at = 0;
    for (const range of [...ingest.have(), { start: bytes.length, end: bytes.length }]) {
      for (; at < range.start; at += 65_536) {
        const piece = bytes.subarray(at, Math.min(at + 65_536, range.start));
        ingest.write(at, piece);
        given += piece.length;
      }
      at = range.end;
    }
    await ingest.commit();
  }
  return given;
}

function only(path: string): void {
  assert.deepEqual(readdirSync(join(path, '..')), ['app.tar']);
}

describe('an archive file', () => {
  it('appears when it is complete, with nothing beside it', async () => {
    const path = newPath();
    const file = await openArchiveFile(path, PLAN, OPTIONS);
    await rejects(file.finish(), 'BLOB_UNKNOWN');
    await fill(file);
    assert.equal(existsSync(path), false);
    assert.deepEqual(await file.finish(), { size: PLAN.size });
    only(path);
    assert.ok(readFileSync(path).equals(expected(PLAN)));
    assert.equal(statSync(path).mode & 0o777, 0o644 & ~process.umask());
    await file.release();
    only(path);
  });
  it('replaces an archive that is there, only at the end', async () => {
    const path = newPath();
    writeFileSync(path, 'old');
    const file = await openArchiveFile(path, PLAN, OPTIONS);
    await fill(file);
    assert.equal(readFileSync(path, 'utf8'), 'old');
    await file.finish();
    only(path);
    assert.ok(readFileSync(path).equals(expected(PLAN)));
  });
  it('is gzipped on demand', async () => {
    const path = newPath();
    const file = await openArchiveFile(path, PLAN, OPTIONS);
    await fill(file);
    const { size } = await file.finish({ gzip: true });
    only(path);
    assert.equal(statSync(path).size, size);
    const { gunzipSync } = await import('node:zlib');
    assert.ok(gunzipSync(readFileSync(path)).equals(expected(PLAN)));
  });
  it('holds the documents from the start, and only what is planned', async () => {
    const file = await openArchiveFile(newPath(), PLAN, OPTIONS);
    const image = imageOf(LAYERS.map(({ descriptor }) => descriptor));
    for (const document of [...image.documents, ...image.images.map(({ config }) => config)]) {
      const content = { descriptor: document.descriptor, bytes: document.bytes };
      await holds(file, content);
      await file.put(content.descriptor, bytesOf(content.bytes));
      const wrong = Buffer.from(content.bytes).fill(1);
      await rejects(file.put(content.descriptor, bytesOf(wrong)), 'DIGEST_MISMATCH');
      await rejects(file.put(content.descriptor, bytesOf(wrong.subarray(1))), 'SIZE_MISMATCH');
      assert.equal(await file.ingest(content.descriptor), undefined);
    }
    const stranger = { ...LARGE.descriptor, size: LARGE.descriptor.size + 1 };
    await lacks(file, { descriptor: stranger, bytes: LARGE.bytes });
    await rejects(file.put(stranger, bytesOf(LARGE.bytes)), 'INVALID_OPTION');
    await file.discard();
  });
  it('leaves nothing when nothing came, and nothing when it is discarded', async () => {
    const path = newPath();
    await (await openArchiveFile(path, PLAN, OPTIONS)).release();
    assert.deepEqual(readdirSync(join(path, '..')), []);
    const file = await openArchiveFile(path, PLAN, OPTIONS);
    await fill(file, [LARGE]);
    await file.discard();
    assert.deepEqual(readdirSync(join(path, '..')), []);
    await rejects(file.put(LARGE.descriptor, bytesOf(LARGE.bytes)), 'BUG');
  });
  it('goes on after it was let go, with ingests open', async () => {
    const path = newPath();
    const first = await openArchiveFile(path, PLAN, OPTIONS);
    await fill(first, [SMALL]);
    const ingest = await first.ingest(LARGER.descriptor);
    ingest?.write(100_000, LARGER.bytes.subarray(100_000, 400_000));
    ingest?.write(0, LARGER.bytes.subarray(0, 50_000));
    await first.release();
    assert.deepEqual(readdirSync(join(path, '..')), ['app.tar.dray-partial']);
    const second = await openArchiveFile(path, PLAN, OPTIONS);
    await holds(second, SMALL);
    assert.equal(await fill(second), LARGE.bytes.length + LARGER.bytes.length - 350_000);
    await second.finish();
    assert.ok(readFileSync(path).equals(expected(PLAN)));
  });
});

describe('a partial archive of another plan', () => {
  it('gives what the two have in common', async () => {
    const path = newPath();
    const first = await openArchiveFile(path, PLAN, OPTIONS);
    await fill(first, [LARGE]);
    const ingest = await first.ingest(LARGER.descriptor);
    ingest?.write(200_000, LARGER.bytes.subarray(200_000, 300_000));
    await first.release();
    const events: ProgressEvent[] = [];
    const other = planArchive([imageOf([LARGER.descriptor, LARGE.descriptor], 'other')], 'oci-archive');
    const second = await openArchiveFile(path, other, { ...OPTIONS, onEvent: (event) => events.push(event) });
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['warning'],
    );
    assert.match(JSON.stringify(events), /another archive: 800000 bytes of it are used/);
    await holds(second, LARGE);
    assert.equal(await fill(second, [LARGE, LARGER]), LARGER.bytes.length - 100_000);
    await second.finish();
    only(path);
    assert.ok(readFileSync(path).equals(expected(other)));
  });
  it('is given up where they have nothing in common', async () => {
    const path = newPath();
    const first = await openArchiveFile(path, planOf(LARGE.descriptor), OPTIONS);
    await fill(first, [LARGE]);
    await first.release();
    const events: ProgressEvent[] = [];
    const options = { ...OPTIONS, onEvent: (event: ProgressEvent) => events.push(event) };
    const second = await openArchiveFile(path, planOf(LARGER.descriptor), options);
    assert.match(JSON.stringify(events), /starting over/);
    await lacks(second, LARGER);
    await fill(second, [LARGER]);
    await second.finish();
    assert.ok(readFileSync(path).equals(expected(planOf(LARGER.descriptor))));
  });
  for (const [what, text] of [
    ['some other file', 'x'.repeat(20_000)],
    ['an empty file', ''],
    ['a file whose pointer points nowhere', `dray-partial 1 4096\n${'\0'.repeat(5000)}`],
    ['a file whose pointer points far away', `dray-partial 1 999999999999999\n${'\0'.repeat(5000)}`],
  ] as const) {
    it(`is not ${what}`, async () => {
      const path = newPath();
      writeFileSync(`${path}.dray-partial`, text);
      const file = await openArchiveFile(path, PLAN, OPTIONS);
      assert.equal(await fill(file), LARGE.bytes.length + LARGER.bytes.length + SMALL.bytes.length);
      await file.finish();
      only(path);
      assert.ok(readFileSync(path).equals(expected(PLAN)));
    });
  }
  it('is not a link to another file', async () => {
    const path = newPath();
    writeFileSync(join(path, '..', 'victim'), 'untouched');
    symlinkSync('victim', `${path}.dray-partial`);
    await rejects(openArchiveFile(path, PLAN, OPTIONS), 'IO_FAILED');
    assert.equal(readFileSync(join(path, '..', 'victim'), 'utf8'), 'untouched');
  });
});

describe('the place of an archive file', () => {
  it('is refused before anything is fetched', async () => {
    const path = newPath();
    await rejects(openArchiveFile(join(path, 'no', 'app.tar'), PLAN, OPTIONS), 'IO_FAILED');
    await rejects(openArchiveFile(join(path, '..'), PLAN, OPTIONS), 'IO_FAILED');
    await rejects(openArchiveFile('/dev/null', PLAN, OPTIONS), 'IO_FAILED');
    assert.deepEqual(readdirSync(join(path, '..')), []);
  });
  it('has one owner, which is named', async () => {
    const path = newPath();
    const lockTimings = { beat: 20, stale: 2000, poll: 5 };
    const fast = { ...systemClock, monotonic: () => systemClock.monotonic() * 10 };
    const first = await openArchiveFile(path, PLAN, { sync: false, lockTimings, clock: fast });
    const second = openArchiveFile(path, PLAN, { sync: false, lockTimings, clock: fast });
    await assert.rejects(second, { code: 'BUSY', message: new RegExp(`process ${process.pid} .* is writing it`) });
    await first.release();
  });
  it('keeps what came when the disk is full', async () => {
    const path = newPath();
    let room = 900_000;
    const writeSync = (...args: Parameters<FileSystem['writeSync']>): number => {
      room -= Number(args[3]);
      if (room < 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      return Reflect.apply(nodeFs.writeSync, nodeFs, args);
    };
    const fs = { ...nodeFs, writeSync } as unknown as FileSystem;
    const first = await openArchiveFile(path, PLAN, { ...OPTIONS, fs });
    await rejects(fill(first), 'DISK_FULL');
    room = 100_000;
    await first.release();
    assert.equal(existsSync(path), false);
    const second = await openArchiveFile(path, PLAN, OPTIONS);
    const total = LARGE.bytes.length + LARGER.bytes.length + SMALL.bytes.length;
    assert.ok((await fill(second)) <= total - LARGE.bytes.length);
    await second.finish();
    assert.ok(readFileSync(path).equals(expected(PLAN)));
  });
});

/** Small, so that a run has few calls. */
const SHORT = planOf(SMALL.descriptor, LARGE.descriptor);

async function run(path: string, fs: FileSystem | undefined, acknowledged: Set<Content>): Promise<void> {
  const file = await openArchiveFile(path, SHORT, { ...OPTIONS, sync: fs !== undefined, fs });
  for (const content of [LARGE, SMALL]) {
    await fill(file, [content]);
    acknowledged.add(content);
  }
  await file.finish();
}

async function runUntil(call: number, path: string, inner?: FileSystem): Promise<Set<Content> | undefined> {
  const acknowledged = new Set<Content>();
  const stopping = stoppingFiles(call, inner);
  try {
    return (await cameToEnd(() => run(path, stopping.fs, acknowledged))) ? undefined : acknowledged;
  } finally {
    stopping.closeAll();
  }
}

/** Whatever was left, the next run needs nothing of what was acknowledged, and ends with the right archive. */
async function checkNext(path: string, acknowledged: ReadonlySet<Content>): Promise<void> {
  if (existsSync(path)) assert.ok(readFileSync(path).equals(expected(SHORT)), 'what is there is not complete');
  else {
    const file = await openArchiveFile(path, SHORT, OPTIONS);
    for (const content of acknowledged) await holds(file, content);
    await fill(file, [LARGE, SMALL]);
    await file.finish();
    assert.ok(readFileSync(path).equals(expected(SHORT)));
  }
}

describe('an archive file whose process is killed', () => {
  it('at any call: the next run goes on', async () => {
    for (let call = 1; ; call++) {
      const path = newPath();
      const acknowledged = await runUntil(call, path);
      if (acknowledged === undefined) break;
      await checkNext(path, acknowledged);
      rmSync(join(path, '..'), { recursive: true });
    }
  });
  it('when the power fails at any call: what was acknowledged is there', async () => {
    for (let call = 1; ; call++) {
      const disk = testFolder();
      mkdirSync(join(disk, 'images'));
      const forgetful = forgetfulFiles(disk);
      const acknowledged = await runUntil(call, join(disk, 'images', 'app.tar'), forgetful.fs);
      for (const how of ['strict', 'zeros'] as const) {
        const later = testFolder();
        forgetful.cutPower(later, how);
        await checkNext(join(later, 'images', 'app.tar'), acknowledged ?? new Set([LARGE, SMALL]));
        rmSync(later, { recursive: true });
      }
      rmSync(disk, { recursive: true });
      if (acknowledged === undefined) break;
    }
  });
});
