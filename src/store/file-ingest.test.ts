import assert from 'node:assert/strict';
import * as nodeFs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ByteRange } from '#bytes';
import type { Ingest } from '#content';
import { contentOf, layerOf, rejects } from '#testing';
import { type FileIngestOptions, openFileIngest, type RangeJournal } from './file-ingest.ts';
import type { FileSystem } from './file-system.ts';
import type { LayerFacts } from './layer-check.ts';

const BLOB = contentOf(2_000_000, 5);
const { descriptor: TARGET, bytes: BYTES } = BLOB;
const BASE = 1536;

let folder = '';
let path = '';
let fd = 0;
beforeEach(() => {
  folder = nodeFs.mkdtempSync(join(tmpdir(), 'dray-file-'));
  path = join(folder, 'archive');
  fd = nodeFs.openSync(path, 'w+');
  nodeFs.writeSync(fd, Buffer.alloc(BASE + TARGET.size + 512, 0xaa));
});
afterEach(() => {
  nodeFs.closeSync(fd);
  nodeFs.rmSync(folder, { recursive: true });
});

interface Notes extends RangeJournal {
  readonly notes: (readonly ByteRange[])[];
  ranges: readonly ByteRange[];
}

function memoryJournal(ranges: readonly ByteRange[] = []): Notes {
  const journal: Notes = {
    notes: [],
    ranges,
    load: () => journal.ranges,
    note(now) {
      journal.ranges = now.map((range) => ({ ...range }));
      journal.notes.push(journal.ranges);
    },
    clear() {
      journal.ranges = [];
    },
  };
  return journal;
}

interface Watched {
  readonly ingest: Ingest;
  readonly calls: string[];
  layer?: LayerFacts | undefined;
}

function open(options: Partial<FileIngestOptions> = {}): Watched {
  const calls: string[] = [];
  const watched: Watched = {
    calls,
    ingest: openFileIngest({
      target: TARGET,
      fd,
      base: BASE,
      path,
      journal: memoryJournal(),
      async finish(layer) {
        watched.layer = layer;
        calls.push('finish');
      },
      async close() {
        calls.push('close');
      },
      ...options,
    }),
  };
  return watched;
}

/** Files with some calls replaced. */
function files(replaced: Partial<FileSystem>): FileSystem {
  return { ...nodeFs, ...replaced };
}

/** Counts the bytes that are read back. */
function countReads(): { readonly fs: FileSystem; bytes: number } {
  const counted = {
    bytes: 0,
    fs: files({
      readSync: ((...args: Parameters<typeof nodeFs.readSync>) => {
        const count = nodeFs.readSync(...args);
        counted.bytes += count;
        return count;
      }) as typeof nodeFs.readSync,
    }),
  };
  return counted;
}

function write(ingest: Ingest, start: number, end: number): void {
  for (let at = start; at < end; at += 65_536) ingest.write(at, BYTES.subarray(at, Math.min(end, at + 65_536)));
}

function failing(code: string): never {
  throw Object.assign(new Error(`${code}: it failed`), { code });
}

describe('an ingest into a region of a file', () => {
  it('writes there and nowhere else, then finishes and closes', async () => {
    const { ingest, calls } = open();
    write(ingest, 1_000_000, TARGET.size);
    write(ingest, 0, 1_000_000);
    await ingest.commit();
    assert.deepEqual(calls, ['finish', 'close']);
    const file = nodeFs.readFileSync(path);
    assert.ok(file.subarray(BASE, BASE + TARGET.size).equals(BYTES));
    assert.ok(file.subarray(0, BASE).every((byte) => byte === 0xaa));
    assert.ok(file.subarray(BASE + TARGET.size).every((byte) => byte === 0xaa));
  });

  it('reads nothing back of what comes in order', async () => {
    const counted = countReads();
    const { ingest } = open({ fs: counted.fs });
    write(ingest, 0, TARGET.size);
    await ingest.commit();
    assert.equal(counted.bytes, 0);
  });

  it('reads back once what comes out of order, and hashes the live end again as it comes', async () => {
    const counted = countReads();
    const { ingest } = open({ fs: counted.fs });
    write(ingest, 1_000_000, 1_500_000);
    write(ingest, 0, 1_000_000);
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    write(ingest, 1_500_000, TARGET.size);
    await ingest.commit();
    assert.equal(counted.bytes, 500_000);
  });

  it('reads back once what an earlier run left', async () => {
    nodeFs.writeSync(fd, BYTES, 0, 700_000, BASE);
    const counted = countReads();
    const { ingest } = open({ fs: counted.fs, journal: memoryJournal([{ start: 0, end: 700_000 }]) });
    assert.deepEqual(ingest.have(), [{ start: 0, end: 700_000 }]);
    write(ingest, 700_000, TARGET.size);
    await ingest.commit();
    assert.ok(counted.bytes >= 700_000 && counted.bytes <= TARGET.size);
  });

  it('believes no journal that speaks of bytes outside', async () => {
    const { ingest } = open({
      journal: memoryJournal([
        { start: -5, end: 10 },
        { start: 1_999_999, end: 1e15 },
      ]),
    });
    assert.deepEqual(ingest.have(), [
      { start: 0, end: 10 },
      { start: 1_999_999, end: 2_000_000 },
    ]);
    await ingest.release();
  });

  it('commits again after `finish` failed', async () => {
    let broken = true;
    const { ingest, calls } = open({
      async finish() {
        if (broken) failing('EROFS');
      },
    });
    write(ingest, 0, TARGET.size);
    await rejects(ingest.commit(), 'IO_FAILED');
    assert.equal(ingest.have().length, 1);
    broken = false;
    await ingest.commit();
    assert.deepEqual(calls, ['close']);
  });

  it('flushes the file before it finishes, where asked', async () => {
    const order: string[] = [];
    const fs = files({
      fsync: ((_: number, done: nodeFs.NoParamCallback) => {
        order.push('fsync');
        done(null);
      }) as typeof nodeFs.fsync,
    });
    const finish = async (): Promise<void> => void order.push('finish');
    const { ingest } = open({ fs, sync: true, finish });
    write(ingest, 0, TARGET.size);
    await ingest.commit();
    assert.deepEqual(order, ['fsync', 'finish']);
  });

  it('takes nothing while it commits', async () => {
    const { ingest } = open();
    write(ingest, 0, TARGET.size);
    const commit = ingest.commit();
    assert.throws(() => ingest.write(0, BYTES.subarray(0, 1)), { code: 'BUG' });
    await rejects(ingest.commit(), 'BUG');
    await commit;
  });

  it('stops where its guard says that the file is somebody else’s', async () => {
    let ours = true;
    const guard = (): void => {
      if (!ours) failing('LOST');
    };
    const { ingest, calls } = open({ guard });
    write(ingest, 0, TARGET.size);
    ours = false;
    assert.throws(() => ingest.write(0, BYTES.subarray(0, 1)), { code: 'LOST' });
    await assert.rejects(ingest.commit(), { code: 'LOST' });
    await ingest.release();
    assert.deepEqual(calls, ['close']);
  });
});

describe('the journal of an ingest', () => {
  it('is never more than 256 KiB behind, and exact when released', async () => {
    const journal = memoryJournal();
    const { ingest } = open({ journal });
    for (let at = 0; at < 1_000_000; at += 10_000) {
      ingest.write(at, BYTES.subarray(at, at + 10_000));
      assert.ok(at + 10_000 - (journal.ranges[0]?.end ?? 0) < 256 * 1024);
    }
    assert.ok(journal.notes.length < 10, 'noted too often');
    await ingest.release();
    assert.deepEqual(journal.ranges, [{ start: 0, end: 1_000_000 }]);
  });

  it('hears of a gap before the first byte behind it is written', async () => {
    const journal = memoryJournal();
    let written = 0;
    const fs = files({
      writeSync: ((file: number, bytes: Uint8Array, at: number, length: number, position: number) => {
        if (position === BASE + 500_000) assert.deepEqual(journal.ranges.at(-1), { start: 500_000, end: 500_000 });
        written += 1;
        return nodeFs.writeSync(file, bytes, at, length, position);
      }) as typeof nodeFs.writeSync,
    });
    const { ingest } = open({ journal, fs });
    ingest.write(0, BYTES.subarray(0, 10));
    ingest.write(500_000, BYTES.subarray(500_000, 500_010));
    assert.equal(written, 2);
    await ingest.release();
  });

  it('is cleared when the content was wrong', async () => {
    const journal = memoryJournal();
    const { ingest } = open({ journal });
    ingest.write(0, new Uint8Array(TARGET.size));
    assert.equal(journal.ranges.length, 1);
    await rejects(ingest.commit(), 'DIGEST_MISMATCH');
    assert.deepEqual(journal.ranges, []);
    await ingest.release();
    assert.deepEqual(journal.ranges, []);
  });
});

describe('an ingest whose disk fails', () => {
  for (const [errno, code] of [
    ['ENOSPC', 'DISK_FULL'],
    ['EFBIG', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EIO', 'IO_FAILED'],
  ] as const) {
    it(`says ${code} for ${errno}, and knows what it has`, async () => {
      let left = 3;
      const fs = files({
        writeSync: ((...args: Parameters<typeof nodeFs.writeSync>) => {
          left -= 1;
          return left < 0 ? failing(errno) : nodeFs.writeSync(...args);
        }) as typeof nodeFs.writeSync,
      });
      const { ingest } = open({ fs });
      assert.throws(
        () => write(ingest, 0, TARGET.size),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, code);
          assert.ok(error.message.includes(path) && error.message.includes('65536'));
          return true;
        },
      );
      assert.deepEqual(ingest.have(), [{ start: 0, end: 3 * 65_536 }]);
      await ingest.release();
    });
  }

  it('goes on after interruptions and short writes', async () => {
    let turn = 0;
    const fs = files({
      writeSync: ((file: number, bytes: Uint8Array, at: number, length: number, position: number) => {
        turn += 1;
        if (turn % 3 === 0) failing('EINTR');
        return nodeFs.writeSync(file, bytes, at, Math.ceil(length / 2), position);
      }) as typeof nodeFs.writeSync,
      readSync: ((file: number, bytes: Uint8Array, at: number, length: number, position: number) => {
        turn += 1;
        if (turn % 3 === 0) failing('EAGAIN');
        return nodeFs.readSync(file, bytes, at, Math.ceil(length / 2), position);
      }) as typeof nodeFs.readSync,
    });
    const { ingest, calls } = open({ fs });
    write(ingest, 1_000_000, TARGET.size);
    write(ingest, 0, 1_000_000);
    await ingest.commit();
    assert.deepEqual(calls, ['finish', 'close']);
  });

  it('says so when the bytes cannot be read back', async () => {
    const fs = files({ readSync: () => failing('EIO') });
    const { ingest } = open({ fs });
    write(ingest, 1_000_000, TARGET.size);
    write(ingest, 0, 1_000_000);
    await rejects(ingest.commit(), 'IO_FAILED');
    await ingest.release();
  });

  it('says so when the file was cut short by somebody', async () => {
    const { ingest } = open();
    write(ingest, 1_000_000, TARGET.size);
    nodeFs.ftruncateSync(fd, 1_500_000);
    write(ingest, 0, 1_000_000);
    await rejects(ingest.commit(), 'IO_FAILED');
    await ingest.release();
  });
});

describe('the check of a layer beside its transfer', () => {
  it('tells what it found out', async () => {
    const layer = layerOf(1_000_000, 'gzip');
    const watched = open({ target: layer.descriptor, diffId: layer.diffId });
    watched.ingest.write(0, layer.bytes);
    await watched.ingest.commit();
    assert.deepEqual(watched.layer, { diffId: layer.diffId, size: 1_000_000 });
  });

  it('does not keep an ingest that is given up', async () => {
    const layer = layerOf(1_000_000, 'gzip');
    const { ingest, calls } = open({ target: layer.descriptor, diffId: layer.diffId });
    ingest.write(0, layer.bytes.subarray(0, 600_000));
    await ingest.release();
    assert.deepEqual(calls, ['close']);
  });

  it('gives up when released while it commits', async () => {
    const layer = layerOf(1_500_000, 'gzip');
    const { ingest, calls } = open({ target: layer.descriptor, diffId: layer.diffId });
    ingest.write(0, layer.bytes);
    const commit = ingest.commit();
    const release = ingest.release();
    await rejects(commit, 'CANCELLED');
    await release;
    assert.deepEqual(calls, ['close']);
    assert.equal(ingest.have().length, 1);
  });
});
