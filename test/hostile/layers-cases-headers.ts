/** Headers that lie about what follows, and records that are no records. */
import assert from 'node:assert/strict';
import type { LayerCase } from './layers-stage.ts';
import { base256, END, file, folder, headerOf, longName, open, pax, record, symlink, tar } from './layers-tar.ts';
import { INSIDE, type Tree } from './layers-tree.ts';

function refused(name: string, why: string, content: Buffer): LayerCase {
  return { name, why, expect: 'refused', layers: () => [content] };
}

function either(name: string, why: string, content: () => Buffer, more: Partial<LayerCase> = {}): LayerCase {
  return { name, why, expect: 'contained', layers: () => [content()], ...more };
}

function right(name: string, why: string, tree: Tree, content: Buffer): LayerCase {
  return { name, why, expect: tree, layers: () => [content] };
}

const evil = tar(file('../../outside/canary.txt'), file('smuggled'));
const DAMAGED = 'a tar that is damaged is not an image; Go and GNU tar fail';

function withPax(...records: readonly (Buffer | string)[]): Buffer {
  return tar(pax(Buffer.concat(records.map((one) => Buffer.from(one)))), file('fine'), file('after'));
}

export const headers: readonly LayerCase[] = [
  refused(
    'a wrong checksum',
    DAMAGED,
    tar(file('a', 'x', { spoil: (header) => header.write('0000000', 148) }), file('b')),
  ),
  refused(
    'a byte that is not what the checksum says',
    DAMAGED,
    tar(file('ok'), file('a', 'x', { spoil: (header) => header.write('Z', 1) })),
  ),
  right(
    'a checksum of signed bytes',
    'old tars made such, all readers take them',
    { 'latin1:\xe9': INSIDE },
    tar(file(Buffer.from([0xe9]), 'inside\n', { spoil: signedSum })),
  ),
  refused('cut in a header', DAMAGED, open(file('a'), file('b')).subarray(0, 1300)),
  refused('cut in a body', DAMAGED, open(file('a', 'x'.repeat(5000))).subarray(0, 2048)),
  either('cut behind a header of pax', 'Go and GNU tar see the end', () => open(pax(record('path', 'x')))),
  right(
    'cut where its end should be',
    'many tools leave the end out',
    { a: INSIDE, b: INSIDE },
    open(file('a'), file('b')),
  ),
  right(
    'one block of zeros as its end',
    'GNU tar and Go take it',
    { a: INSIDE },
    Buffer.concat([open(file('a')), END.subarray(512)]),
  ),
  right(
    'garbage behind its end',
    'what is behind the end is not read',
    { a: INSIDE },
    Buffer.concat([tar(file('a')), Buffer.from('garbage'.repeat(1000))]),
  ),
  either('another tar behind its end', 'docker ignores it', () => Buffer.concat([tar(file('a')), evil])),
  either('another tar behind one block of zeros', 'skipped, read or refused', () =>
    Buffer.concat([open(file('a')), END.subarray(512), evil]),
  ),
  right('nothing but the end', 'docker makes such layers for ENV and CMD', {}, END),
  right('nothing at all', 'an empty layer; docker and umoci take it', {}, Buffer.alloc(0)),
  refused('text in place of a tar', DAMAGED, Buffer.from('<html>not found</html>\n'.repeat(100))),
  refused('less than a block', DAMAGED, Buffer.from('short')),
  refused('random bytes', DAMAGED, Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919 + (at >> 3)) & 255))),
  refused('a size of 2^63 - 1', 'no body is that long', tar(file('a', 'x', { size: base256(2n ** 63n - 1n) }))),
  refused('a size of 2^80', 'no body is that long', tar(file('a', 'x', { size: base256(2n ** 80n) }))),
  refused('a size below zero', 'Go and GNU tar fail', tar(file('a', 'x', { size: base256(-512n) }), file('b'))),
  refused(
    'a size of octal digits that is too long',
    'it is longer than what follows',
    tar(file('a', 'x', { size: Buffer.from('77777777777\0') })),
  ),
  refused(
    'a size that is no number',
    'Go and GNU tar fail',
    tar(file('a', 'x', { size: Buffer.from('12345xyz\0\0\0\0') })),
  ),
  either('a size with a sign', 'not octal', () =>
    tar(file('a', 'x'.repeat(600), { size: Buffer.from('-0000000777\0') }), file('b')),
  ),
  right(
    'a size between spaces',
    'old tars wrote them so',
    { a: INSIDE },
    tar(file('a', 'inside\n', { size: Buffer.from('         7 \0') })),
  ),
  either('a folder with a size', 'its body is skipped, or there is none', () =>
    tar(folder('d/', 0o755, { body: evil }), file('after')),
  ),
  right(
    'a name that ends in garbage behind NUL',
    'names end at NUL',
    { a: INSIDE },
    tar(file(Buffer.from('a\0/../../../outside/canary.txt'))),
  ),
  either('a prefix that old GNU headers have not', 'for tar it is times and more, for Go a prefix', () =>
    tar(file('a', 'inside\n', { magic: 'ustar  \0', prefix: '../../outside' })),
  ),
  {
    name: 'twenty thousand empty files',
    why: 'work and memory grow with their number at most',
    expect: 'contained',
    limit: 60,
    layers: () => [manyFiles(20_000)],
    check: ({ size }) => assert.equal(size, 20_002),
  },
];

export const records: readonly LayerCase[] = [
  refused('a record without an end', 'Go fails', withPax('12 path=fine')),
  refused('a record longer than its header', 'Go fails', withPax('9999 path=x\n')),
  refused('a record of length 0', 'it would be read for ever', withPax('0 path=x\n')),
  refused('a record without "="', 'Go fails', withPax('8 pathx\n\n')),
  either('a record of negative length', 'not a length', () => withPax('-9 path=x\n')),
  either('a record of a length of many digits', 'not a length', () => withPax(`${'9'.repeat(300)} path=x\n`)),
  either('a record whose length is no number', 'not a length', () => withPax('NaN path=x\n', '0x9 path=x\n')),
  either('a record without a key', 'Go refuses it, tar warns', () => withPax('5 =x\n')),
  either('zeros in place of records', 'nothing is said', () => withPax(Buffer.alloc(512))),
  right(
    'one record twice',
    'the last one counts',
    { second: INSIDE, after: INSIDE },
    withPax(record('path', 'first'), record('path', 'second')),
  ),
  right(
    'a record of UTF-8',
    'its length counts bytes',
    { 'ø/日本/🐳': INSIDE, after: INSIDE },
    withPax(record('path', 'ø/日本/🐳')),
  ),
  right(
    'records that nobody knows',
    'they are skipped',
    { fine: INSIDE, after: INSIDE },
    withPax(record('comment', 'x\ny\n30 path=../../x\n'), record('VENDOR.x', '\0'), record('hdrcharset', 'BINARY')),
  ),
  either('a hundred thousand records', 'time and memory stay small', () =>
    withPax(...Array.from({ length: 100_000 }, (_, at) => record(`k${at}`, 'v'))),
  ),
  either('a header of pax of 64 MiB', 'far more than any name (CVE-2017-14992)', () =>
    tar(pax(record('comment', Buffer.alloc(64 << 20, 120))), file('fine')),
  ),
  refused('a header of pax that says 2^40 bytes', 'it is not there', tar(pax('x', 'x', { size: base256(2n ** 40n) }))),
  either('a long name of GNU of 10 MiB', 'far more than any name', () =>
    tar(longName('n/'.repeat(5 << 20)), file('fine')),
  ),
  refused(
    'a long name of GNU that says 2^40 bytes',
    'it is not there',
    tar({ ...longName('x'), size: base256(2n ** 40n) }),
  ),
  either('a long name of GNU without NUL, and an empty one', 'taken as they are', () =>
    tar({ ...longName('x'), body: 'y'.repeat(512) }, file('a'), { ...longName(''), body: '' }, file('b')),
  ),
  either('headers before headers', 'the last of a kind counts, or it is refused', () =>
    tar(
      longName('one'),
      longName('two'),
      longName('l', 'K'),
      pax(record('path', 'three')),
      pax(record('path', 'four')),
      longName('five'),
      file('six'),
    ),
  ),
  either('a hundred thousand headers before one file', 'time and memory stay small', () =>
    Buffer.concat([...Array.from({ length: 100_000 }, () => oneLong), tar(file('fine'))]),
  ),
  either('headers before nothing', 'no entry follows', () => tar(longName('one'), pax(record('path', 'two')))),
  right(
    'a global header',
    'archives that git makes have one; docker skips it, tar obeys it',
    { b: INSIDE, c: { kind: 'file', mtime: 42 } },
    tar(
      pax(Buffer.concat([record('comment', 'git'), record('mtime', '99')]), 'g'),
      file('b'),
      file('c', 'x', { pax: [['mtime', '42']] }),
    ),
  ),
  right(
    'a size in a record',
    'it counts in place of that of the header',
    { a: '= 12345', b: INSIDE },
    tar(file('a', '12345', { size: 0, pax: [['size', '5']] }), file('b')),
  ),
  either('a size in a record that is too small', 'what follows is then no header', () =>
    tar(file('a', evil, { pax: [['size', '0']] }), file('b')),
  ),
  refused(
    'a size in a record that is too big',
    'the archive ends before',
    tar(file('a', 'x', { pax: [['size', '99999999999']] })),
  ),
  refused('a size in a record below zero', 'Go fails', tar(file('a', 'x', { pax: [['size', '-1']] }))),
  either('a size in a record that is none', 'Go fails', () =>
    tar(file('a', 'x', { pax: [['size', '1e3']] }), file('b', 'x', { pax: [['size', '']] })),
  ),
  either('a size in a record of a folder and a link', 'they have none', () =>
    tar({ ...folder('d/'), pax: [['size', '512']] }, symlink('s', 'x', { pax: [['size', '512']] }), file('b')),
  ),
];

function signedSum(header: Buffer): void {
  header.fill(' ', 148, 156);
  const sum = new Int8Array(header).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

const oneLong = open(longName('l'.repeat(100)));

/** Empty files with names of numbers, quickly made. */
function manyFiles(count: number): Buffer {
  const blocks = Buffer.alloc(count * 512, headerOf(file('many/0000000', '')));
  for (let at = 0; at < count; at += 1) {
    const digits = String(at).padStart(7, '0');
    const start = at * 512;
    blocks.write(digits, start + 5, 'latin1');
    const sum = [...digits].reduce((total, digit) => total + Number(digit), ZEROS);
    blocks.write(sum.toString(8).padStart(6, '0'), start + 148, 'latin1');
  }
  return Buffer.concat([blocks, END]);
}

const ZEROS = Number.parseInt(headerOf(file('many/0000000', '')).toString('latin1', 148, 154), 8);
