import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ContentCount } from './content-count.ts';
import { encodeRecords, ustarBlock } from './header.ts';

const END = Buffer.alloc(1024);

interface EntryOptions {
  readonly link?: string;
  /** In place of the data's length. */
  readonly size?: number;
}

function entry(type: string, data: string | Uint8Array = '', { link = '', size }: EntryOptions = {}): Buffer {
  const body = Buffer.from(data);
  const header = ustarBlock({
    place: { name: 'x', prefix: '' },
    type,
    size: size ?? body.length,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    linkName: link,
    deviceMajor: 0,
    deviceMinor: 0,
  });
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** In steps of all sizes, and by what it asks for alone. */
function countAll(tar: Uint8Array): number | undefined {
  const results = [1, 7, 511, 512, 513, 100_000].map((step) => {
    const count = new ContentCount();
    for (let at = 0; at < tar.length; at += step) count.write(tar.subarray(at, at + step), at);
    return count.total;
  });
  const sparing = new ContentCount();
  while (sparing.next < tar.length) sparing.write(tar.subarray(sparing.next, sparing.next + 512), sparing.next);
  assert.deepEqual(new Set([...results, sparing.total]).size, 1, `${results.join()} ${sparing.total}`);
  return sparing.total;
}

describe('what the files of a tar hold', () => {
  const cases: readonly (readonly [what: string, tar: readonly Buffer[], expected: number | undefined])[] = [
    ['nothing', [], 0],
    ['files', [entry('0', 'abc'), entry('0', 'x'.repeat(600)), entry('7', 'abcd')], 607],
    ['an empty file and a folder', [entry('0'), entry('5'), entry('0', 'a')], 1],
    ['names in symbolic links', [entry('2', '', { link: 'target' }), entry('0', 'ab')], 8],
    ['hard links, whose size is that of the other', [entry('0', 'abc'), entry('1', '', { link: 'x', size: 3 })], 3],
    ['long names of GNU', [entry('L', 'n'.repeat(700)), entry('0', 'ab')], 2],
    ['long links of GNU', [entry('K', `${'n'.repeat(700)}\0`), entry('2', '', { link: 'nn' }), entry('0', 'a')], 701],
    ['pax links', [entry('x', encodeRecords({ linkpath: 'ü'.repeat(3) })), entry('2', '', { link: '_' })], 6],
    ['a size of pax', [entry('x', encodeRecords({ size: '3', mtime: '1' })), entry('0', 'abc', { size: 0 })], 3],
    ['global records', [entry('g', encodeRecords({ comment: 'c' })), entry('0', 'abc')], 3],
    ['what comes after the end', [entry('0', 'abc'), END, entry('0', 'abc')], 3],
    ['no tar', [Buffer.from('this is text, and not a little. '.repeat(40))], undefined],
    ['records without end', [entry('x', 'zzzz'), entry('0', 'abc')], undefined],
    ['a record that is too long', [entry('x', '', { size: 2 ** 30 })], undefined],
  ];
  for (const [what, tar, expected] of cases) {
    it(`${what}: ${expected}`, () => assert.equal(countAll(Buffer.concat([...tar, END])), expected));
  }

  it('is what came so far where the end is missing', () => {
    assert.equal(countAll(entry('0', 'x'.repeat(600)).subarray(0, 700)), 600);
  });
});
