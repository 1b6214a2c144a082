import assert from 'node:assert/strict';
import * as nodeFs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ByteRange } from '#bytes';
import { type PartialFile, partialJournal, sealPartial } from './partial.ts';

const SIZE = 10_000;

let folder = '';
let partial: PartialFile;
beforeEach(() => {
  folder = nodeFs.mkdtempSync(join(tmpdir(), 'dray-partial-'));
  const path = join(folder, 'x.part');
  partial = { fs: nodeFs, fd: nodeFs.openSync(path, 'w+'), path, size: SIZE };
});
afterEach(() => {
  nodeFs.closeSync(partial.fd);
  nodeFs.rmSync(folder, { recursive: true });
});

const length = (): number => nodeFs.fstatSync(partial.fd).size;

/** As the next run sees it. */
const reload = (): readonly ByteRange[] => partialJournal(partial).load();

function write(start: number, end: number): void {
  nodeFs.writeSync(partial.fd, Buffer.alloc(end - start, 1), 0, end - start, start);
}

describe('a partial file', () => {
  it('needs nothing but its length while bytes come in order', () => {
    const journal = partialJournal(partial);
    write(0, 4000);
    assert.deepEqual(reload(), [{ start: 0, end: 4000 }]);
    journal.note([{ start: 0, end: 4000 }]);
    assert.equal(length(), 4000);
    write(4000, SIZE);
    assert.deepEqual(reload(), [{ start: 0, end: SIZE }]);
  });

  it('has a table from the first gap on', () => {
    const journal = partialJournal(partial);
    write(0, 100);
    journal.note([
      { start: 0, end: 100 },
      { start: 500, end: 500 },
    ]);
    assert.ok(length() > SIZE);
    // Written, and not yet noted: the run was killed here.
    write(500, 600);
    assert.deepEqual(reload(), [{ start: 0, end: 100 }]);
    journal.note([
      { start: 0, end: 100 },
      { start: 500, end: 600 },
    ]);
    assert.deepEqual(reload(), [
      { start: 0, end: 100 },
      { start: 500, end: 600 },
    ]);
  });

  it('keeps its table when the gaps have closed, for the next run too', () => {
    const journal = partialJournal(partial);
    journal.note([{ start: 500, end: 600 }]);
    journal.note([{ start: 0, end: 700 }]);
    const next = partialJournal(partial);
    assert.deepEqual(next.load(), [{ start: 0, end: 700 }]);
    next.note([{ start: 0, end: 900 }]);
    assert.deepEqual(reload(), [{ start: 0, end: 900 }]);
  });

  it('is empty when cleared', () => {
    const journal = partialJournal(partial);
    journal.note([{ start: 500, end: 600 }]);
    journal.clear();
    assert.equal(length(), 0);
    write(0, 50);
    journal.note([{ start: 0, end: 50 }]);
    assert.equal(length(), 50);
  });

  it('loses its table when sealed', () => {
    const journal = partialJournal(partial);
    write(0, SIZE);
    journal.note([{ start: 1, end: SIZE }]);
    sealPartial(partial);
    assert.equal(length(), SIZE);
    sealPartial(partial);
    nodeFs.ftruncateSync(partial.fd, SIZE - 1);
    assert.throws(() => sealPartial(partial), { code: 'IO_FAILED' });
  });

  it('knows nothing where its table is damaged', () => {
    const journal = partialJournal(partial);
    journal.note([{ start: 500, end: 600 }]);
    const whole = length();
    for (let at = SIZE + 1; at < whole; at += 1) {
      const byte = Buffer.alloc(1);
      nodeFs.readSync(partial.fd, byte, 0, 1, at);
      const [value] = byte;
      nodeFs.writeSync(partial.fd, Buffer.from([(value ?? 0) ^ 0x10]), 0, 1, at);
      const ranges = reload();
      const harmless = ranges.length === 1 && ranges[0]?.start === 500 && ranges[0].end === 600;
      assert.ok(ranges.length === 0 || harmless, `byte ${at}: ${JSON.stringify(ranges)}`);
      nodeFs.writeSync(partial.fd, byte, 0, 1, at);
    }
    nodeFs.ftruncateSync(partial.fd, whole - 1);
    assert.deepEqual(reload(), []);
  });

  it('forgets the last of very many pieces rather than tear', () => {
    const journal = partialJournal({ ...partial, size: 1_000_000 });
    const many = Array.from({ length: 1000 }, (_, n) => ({ start: n * 10 + 1, end: n * 10 + 5 }));
    journal.note(many);
    const known = partialJournal({ ...partial, size: 1_000_000 }).load();
    assert.ok(known.length >= 200);
    assert.deepEqual(known, many.slice(0, known.length));
  });
});
