import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAll } from '#bytes';
import { inChunks, rejects } from '#testing';
import { BLOCK, encodeRecords, paddingOf, ustarBlock } from './header.ts';
import { readTar } from './read.ts';
import type { SparseMap } from './sparse.ts';

interface ReadSparse {
  readonly name: string;
  readonly sparse: SparseMap | undefined;
  readonly data: string;
}

const PLAIN = { mode: 0o644, uid: 0, gid: 0, mtime: 0, linkName: '', deviceMajor: 0, deviceMinor: 0 };
const END = Buffer.alloc(2 * BLOCK);
const padded = (data: string): Buffer => Buffer.concat([Buffer.from(data), Buffer.alloc(paddingOf(data.length))]);
const header = (type: string, size: number): Buffer =>
  Buffer.from(ustarBlock({ ...PLAIN, place: { prefix: '', name: 'n' }, type, size }));

/** An entry of GNU's pax formats, whose records may repeat, and one behind it that shows where it ended. */
function paxSparse(records: readonly Readonly<Record<string, string>>[], data: string): Buffer {
  const pax = Buffer.concat(records.map((one) => encodeRecords(one))).toString();
  return Buffer.concat([header('x', pax.length), padded(pax), header('0', data.length), padded(data), next(), END]);
}

function next(): Buffer {
  return Buffer.concat([header('0', 4), padded('next')]);
}

const octal = (value: number): string => `${value.toString(8).padStart(11, '0')}\0`;

/** An entry of GNU's old format: its first four pairs in the header, 21 in each block that follows. */
function oldSparse(numbers: readonly number[], size: number, data: string): Buffer {
  const main = header('S', data.length);
  const extra = Math.max(0, Math.ceil((numbers.length - 8) / 42));
  main.write(numbers.slice(0, 8).map(octal).join(''), 386, 'latin1');
  main[482] = extra > 0 ? 1 : 0;
  main.write(octal(size), 483, 'latin1');
  main.fill(' ', 148, 156);
  main.write(
    `${main
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const blocks = Array.from({ length: extra }, (_, index) => {
    const block = Buffer.alloc(BLOCK);
    block.write(
      numbers
        .slice(8 + 42 * index, 8 + 42 * (index + 1))
        .map(octal)
        .join(''),
      0,
      'latin1',
    );
    block[504] = index < extra - 1 ? 1 : 0;
    return block;
  });
  return Buffer.concat([main, ...blocks, padded(data), next(), END]);
}

async function read(tar: Uint8Array, step = 1000): Promise<readonly ReadSparse[]> {
  const entries: ReadSparse[] = [];
  for await (const { name, sparse, bytes } of readTar(inChunks(tar, step), 'x'))
    entries.push({ name, sparse, data: Buffer.from(await readAll(bytes, 1e6, 'x')).toString() });
  return entries;
}

const map = (lines: readonly number[]): string => padded(lines.map((line) => `${line}\n`).join('')).toString();
const VERSION = [{ 'GNU.sparse.major': '1' }, { 'GNU.sparse.minor': '0' }];
const MANY = Array.from({ length: 60 }, (_, index) => [index * 10, 1]).flat();
const HELD: SparseMap = {
  size: 100,
  segments: [
    { offset: 10, length: 3 },
    { offset: 50, length: 2 },
  ],
};

describe('a sparse file', () => {
  for (const [what, tar] of [
    ['of the old format', oldSparse([10, 3, 50, 2, 100, 0], 100, 'abcde')],
    [
      'of format 0.0',
      paxSparse(
        [10, 3, 50, 2, 100, 0]
          .map((number, index) => ({
            [index % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes']: String(number),
          }))
          .concat([{ 'GNU.sparse.size': '100' }]),
        'abcde',
      ),
    ],
    ['of format 0.1', paxSparse([{ 'GNU.sparse.map': '10,3,50,2', 'GNU.sparse.size': '100' }], 'abcde')],
    ['of format 1.0', paxSparse([...VERSION, { 'GNU.sparse.realsize': '100' }], `${map([2, 10, 3, 50, 2])}abcde`)],
  ] as const) {
    it(`${what} has its map and its data`, async () => {
      for (const step of [tar.length, 512, 7]) {
        const [first, second] = await read(tar, step);
        assert.deepEqual([first?.sparse, first?.data], [HELD, 'abcde']);
        assert.deepEqual([second?.sparse, second?.data], [undefined, 'next']);
      }
    });
  }
  it('has its own name', async () => {
    const records = [...VERSION, { 'GNU.sparse.name': 'real', 'GNU.sparse.realsize': '9', path: 'GNUSparseFile.0/n' }];
    assert.equal((await read(paxSparse(records, map([1, 9, 0]))))[0]?.name, 'real');
  });
  it('may have many segments', async () => {
    for (const tar of [
      oldSparse(MANY, 1000, 'x'.repeat(60)),
      paxSparse([...VERSION, { 'GNU.sparse.realsize': '1000' }], `${map([60, ...MANY])}${'x'.repeat(60)}`),
    ]) {
      const [first, second] = await read(tar);
      assert.equal(first?.sparse?.segments.length, 60);
      assert.equal(second?.data, 'next');
    }
  });
});

describe('a sparse file that means harm', () => {
  for (const [what, numbers, size, data] of [
    ['overlapping segments', [10, 5, 12, 5], 100, 'x'.repeat(10)],
    ['segments in no order', [50, 5, 10, 5], 100, 'x'.repeat(10)],
    ['a segment behind its end', [98, 5], 100, 'x'.repeat(5)],
    ['more data than segments', [10, 5], 100, 'x'.repeat(6)],
    ['more segments than data', [10, 5, 20, 5], 100, 'x'.repeat(6)],
    ['an offset without a length', [10], 100, ''],
  ] as const) {
    it(`has ${what}`, async () => {
      const records = { 'GNU.sparse.map': numbers.join(','), 'GNU.sparse.size': String(size) };
      await rejects(read(paxSparse([records], data)), 'CORRUPT_LAYER');
      if (numbers.length % 2 !== 0) return;
      await rejects(read(oldSparse(numbers, size, data)), 'CORRUPT_LAYER');
      const before = map([numbers.length / 2, ...numbers]);
      await rejects(
        read(paxSparse([...VERSION, { 'GNU.sparse.realsize': String(size) }], before + data)),
        'CORRUPT_LAYER',
      );
    });
  }
  for (const [what, lines] of [
    ['more segments than anybody has', '999999999\n'],
    ['no numbers', 'x\n1\n'],
    ['negative numbers', '1\n-1\n5\n'],
    ['no end', '5\n1\n'],
    ['one endless number', '1'.repeat(2000)],
  ] as const) {
    it(`has a map with ${what}`, async () => {
      const tar = paxSparse([...VERSION, { 'GNU.sparse.realsize': '100' }], padded(lines).toString());
      await rejects(read(tar), 'CORRUPT_LAYER');
    });
  }
  for (const [what, pairs] of [
    ['', 42],
    [' with nothing in it', 0],
  ] as const)
    it(`has a map${what} that goes on for ever`, async () => {
      const main = Buffer.from(oldSparse([1, 1], 100, '').subarray(0, BLOCK));
      main[482] = 1;
      main.fill(' ', 148, 156);
      main.write(
        `${main
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, '0')}\0 `,
        148,
      );
      const more = Buffer.alloc(BLOCK);
      more.write(Array.from({ length: pairs }, () => octal(1)).join(''), 0, 'latin1');
      more[504] = 1;
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        yield main;
        for (;;) yield more;
      };
      await rejects(
        (async () => {
          for await (const entry of readTar(endless(), 'x')) assert.fail(entry.name);
        })(),
        'CORRUPT_LAYER',
      );
    });
});
