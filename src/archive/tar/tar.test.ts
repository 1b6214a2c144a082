import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { inChunks, rejects } from '#testing';
import { BLOCK, checksum, encodeHeader, paddingOf } from './header.ts';
import { readTar, type TarEntry } from './read.ts';

interface Read extends Omit<TarEntry, 'bytes'> {
  readonly text: string;
}

async function read(tar: Uint8Array, length = tar.length || 1): Promise<Read[]> {
  const entries: Read[] = [];
  for await (const { bytes, ...entry } of readTar(inChunks(tar, length), 'test.tar')) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(new Uint8Array(chunk));
    entries.push({ ...entry, text: Buffer.concat(chunks).toString() });
  }
  return entries;
}

const END = Buffer.alloc(2 * BLOCK);

/** A header with some of its fields changed, and its checksum right again. */
function header(fields: Readonly<Record<number, string | Buffer>>, size = 0): Buffer {
  const block = Buffer.from(encodeHeader({ name: 'a', type: 'file', size }));
  for (const [at, value] of Object.entries(fields)) block.set(Buffer.from(value as string, 'latin1'), Number(at));
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const padded = (content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content as string, 'latin1');
  return Buffer.concat([bytes, Buffer.alloc(paddingOf(bytes.length))]);
};

const octal = (size: number): string => `${size.toString(8).padStart(11, '0')}\0`;

/** An extension header with its content. */
function extension(type: string, content: string, size = Buffer.byteLength(content, 'latin1')): Buffer {
  return Buffer.concat([header({ 156: type, 124: octal(size) }), padded(content)]);
}

const record = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`;
  const length = Buffer.byteLength(rest);
  return `${length + String(length + String(length).length).length}${rest}`;
};

describe('a tar header', () => {
  it('is the same every time', () => {
    const block = encodeHeader({ name: 'blobs/sha256/ab', type: 'file', size: 1234 });
    assert.equal(
      createHash('sha256').update(block).digest('hex'),
      '9e17c14595f8e51ef113b3dc05804fcabcafe8eddbc70066b1d35eea410572d8',
    );
  });
  for (const [what, name, blocks] of [
    ['a short name', 'manifest.json', 1],
    ['a name of 100 characters', 'n'.repeat(100), 1],
    ['a name that is split', `${'p'.repeat(155)}/${'n'.repeat(100)}`, 1],
    ['a name that ustar does not take', `blobs/sha512/${'f'.repeat(128)}`, 3],
    ['a name whose folder is too long', `${'p'.repeat(156)}/n`, 3],
    ['a name that is not ASCII', 'größe', 3],
    ['a name of 5000 characters', 'n/'.repeat(2500), 12],
  ] as const) {
    it(`holds ${what}`, async () => {
      const type = name.endsWith('/') ? 'directory' : 'file';
      const tar = Buffer.concat([encodeHeader({ name, type, size: 0 }), END]);
      assert.equal(tar.length, (blocks + 2) * BLOCK);
      for (const length of [BLOCK, 7, tar.length]) {
        assert.deepEqual(
          (await read(tar, length)).map((entry) => [entry.name, entry.type, entry.mode, entry.uid, entry.mtime]),
          [[name, type, type === 'file' ? 0o644 : 0o755, 0, 0]],
        );
      }
    });
  }
  it('holds a size of more than 8 GiB', async () => {
    const size = 2 ** 33 + 7;
    const tar = encodeHeader({ name: 'big', type: 'file', size });
    for await (const entry of readTar(bytesOf(tar), 'big.tar')) {
      assert.deepEqual([entry.name, entry.size, entry.offset], ['big', size, tar.length]);
      break;
    }
  });
});

describe('reading a tar', () => {
  it('gives content, or skips what is not asked for', async () => {
    const tar = Buffer.concat(
      ['one', 'x'.repeat(512), 'y'.repeat(700), ''].flatMap((content, index) => [
        Buffer.from(encodeHeader({ name: `f${index}`, type: 'file', size: content.length })),
        padded(content),
      ]),
    );
    for (const length of [1, 100, 512, 10_000]) {
      assert.deepEqual(
        (await read(Buffer.concat([tar, END]), length)).map(({ text }) => text),
        ['one', 'x'.repeat(512), 'y'.repeat(700), ''],
      );
    }
    const names: string[] = [];
    for await (const entry of readTar(bytesOf(tar, END), 'test.tar')) {
      names.push(entry.name);
      for await (const chunk of entry.bytes) {
        assert.ok(chunk.length > 0);
        break;
      }
    }
    assert.deepEqual(names, ['f0', 'f1', 'f2', 'f3']);
  });
  it('takes a tar without its end, and what follows an end', async () => {
    const entry = Buffer.concat([header({}, 3), padded('abc')]);
    assert.equal((await read(entry)).length, 1);
    assert.equal((await read(Buffer.concat([entry, Buffer.alloc(BLOCK)]))).length, 1);
    assert.equal((await read(Buffer.concat([entry, END, Buffer.alloc(9000, 'x')]))).length, 1);
    assert.deepEqual(await read(Buffer.alloc(0)), []);
  });
  it('takes pax records over the header', async () => {
    const records = ['path', 'linkpath', 'uname', 'gname'].map((key) => record(key, `long ${key} ü`)).join('');
    const numbers = record('uid', '4000000') + record('gid', '1') + record('mtime', '12.5') + record('size', '4');
    const other = record('SCHILY.xattr.user.x', 'v=1\n');
    const tar = Buffer.concat([
      extension('x', Buffer.from(records + numbers + other).toString('latin1')),
      header({ 156: '0' }),
      padded('1234'),
      header({}),
      END,
    ]);
    const [first, second] = await read(tar);
    assert.deepEqual(
      [first?.name, first?.linkName, first?.userName, first?.groupName],
      ['path', 'linkpath', 'uname', 'gname'].map((key) => `long ${key} ü`),
    );
    assert.deepEqual([first?.uid, first?.gid, first?.mtime, first?.text], [4_000_000, 1, 12.5, '1234']);
    assert.equal(first?.pax.get('SCHILY.xattr.user.x'), 'v=1\n');
    assert.equal(second?.name, 'a');
    assert.equal(second?.pax.size, 0);
  });
  it('takes sizes in base 256', async () => {
    const size = Buffer.alloc(12);
    size.writeUInt8(0x80, 0);
    size.writeUInt8(5, 11);
    assert.equal((await read(Buffer.concat([header({ 124: size }), padded('12345'), END])))[0]?.text, '12345');
  });
  it('takes GNU long names, and old headers', async () => {
    const name = 'd/'.repeat(200);
    const tar = Buffer.concat([
      extension('L', `${name}f\0`),
      extension('K', `${name}l\0`),
      header({ 156: '2', 257: 'ustar  \0' }),
      header({ 156: '\0', 257: '\0'.repeat(255), 0: 'old/\0' }),
      END,
    ]);
    const [link, folder] = await read(tar);
    assert.deepEqual([link?.name, link?.linkName, link?.type], [`${name}f`, `${name}l`, 'symlink']);
    assert.deepEqual([folder?.name, folder?.type], ['old/', 'directory']);
  });
  it('knows that links, folders and devices have no content', async () => {
    for (const type of ['1', '2', '3', '4', '5', '6']) {
      const tar = Buffer.concat([header({ 156: type, 124: octal(512) }), header({ 0: 'next\0' }), END]);
      assert.deepEqual(
        (await read(tar)).map(({ name, size }) => [name, size]),
        [
          ['a', 0],
          ['next', 0],
        ],
      );
    }
  });
  it('gives the error of its source', async () => {
    const breaking = async function* (): AsyncGenerator<Uint8Array> {
      yield header({}, 100);
      throw new RangeError('the line broke');
    };
    await assert.rejects(async () => {
      for await (const entry of readTar(breaking(), 'x')) assert.equal(entry.size, 100);
    }, RangeError);
  });
});

describe('reading a hostile tar', () => {
  it('says of what begins as no tar that it is none', async () => {
    for (const text of ['{}\n', 'x'.repeat(600)]) {
      await assert.rejects(read(Buffer.from(text)), { message: /: it is no tar archive\b/ }, text);
    }
    const second = Buffer.concat([header({}, 3), padded('abc'), Buffer.alloc(BLOCK, 'x')]);
    await assert.rejects(read(second), { message: /: the checksum in a header is no number/ });
  });
  const file = header({}, 3);
  const negative = Buffer.alloc(12, 0xff);
  const enormous = Buffer.concat([Buffer.of(0x80), Buffer.alloc(11, 0x7f)]);
  for (const [what, tar, code] of [
    ['no tar', Buffer.alloc(BLOCK, 'x'), 'CORRUPT_LAYER'],
    ['half a header', file.subarray(0, 300), 'CORRUPT_LAYER'],
    ['a wrong checksum', Buffer.from(file).fill('b', 0, 1), 'CORRUPT_LAYER'],
    ['half a file', Buffer.concat([file, Buffer.from('ab')]), 'CORRUPT_LAYER'],
    ['a file without its padding', Buffer.concat([file, Buffer.from('abc')]), 'CORRUPT_LAYER'],
    ['a size that is no number', header({ 124: '12x45678901\0' }), 'CORRUPT_LAYER'],
    ['a negative size', header({ 124: negative }), 'CORRUPT_LAYER'],
    ['an enormous size', header({ 124: enormous }), 'CORRUPT_LAYER'],
    ['one block of zeros, then more', Buffer.concat([Buffer.alloc(BLOCK), file, padded('abc'), END]), 'CORRUPT_LAYER'],
    ['an unknown type', header({ 156: 'Z' }), 'UNSUPPORTED'],
    ['a sparse file without a map', Buffer.concat([header({ 156: 'S' }, 3), padded('abc'), END]), 'CORRUPT_LAYER'],
    [
      'a sparse file of pax of another version',
      Buffer.concat([extension('x', record('GNU.sparse.major', '2')), file]),
      'UNSUPPORTED',
    ],
    ['an endless pax header', extension('x', '', 2 ** 31), 'CORRUPT_LAYER'],
    ['an endless long name', extension('L', '', 2 ** 31), 'CORRUPT_LAYER'],
    ['half a pax header', extension('x', record('path', 'n'.repeat(600))).subarray(0, 900), 'CORRUPT_LAYER'],
    ['a pax header and no file', extension('x', record('path', 'n')), 'CORRUPT_LAYER'],
    ['a pax header, then the end', Buffer.concat([extension('x', record('path', 'n')), END]), 'CORRUPT_LAYER'],
    [
      'many pax headers for one file',
      Buffer.concat(Array<Buffer>(9).fill(extension('x', record('path', 'n')))),
      'CORRUPT_LAYER',
    ],
    ['many global headers', Buffer.concat(Array<Buffer>(9).fill(extension('g', record('path', 'n')))), 'CORRUPT_LAYER'],
    ['a pax record without a length', extension('x', 'path=x\n'), 'CORRUPT_LAYER'],
    ['a pax record that is too long', extension('x', '99 path=x\n'), 'CORRUPT_LAYER'],
    ['a pax record that is too short', extension('x', '6 path=x\n'), 'CORRUPT_LAYER'],
    ['a pax record of length 0', extension('x', '0 path=x\n'), 'CORRUPT_LAYER'],
    ['a pax record without a key', extension('x', '5 =x\n'), 'CORRUPT_LAYER'],
    ['a pax record without an equals sign', extension('x', '5 ax\n'), 'CORRUPT_LAYER'],
    ['a zero byte in a pax name', Buffer.concat([extension('x', record('path', 'a\0b')), file]), 'CORRUPT_LAYER'],
    ['a negative pax size', Buffer.concat([extension('x', record('size', '-1')), file]), 'CORRUPT_LAYER'],
    ['a pax size that is no number', Buffer.concat([extension('x', record('size', '1e3')), file]), 'CORRUPT_LAYER'],
    ['an enormous pax size', Buffer.concat([extension('x', record('size', '9'.repeat(16))), file]), 'CORRUPT_LAYER'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await rejects(read(tar), code);
      await rejects(read(tar, 100), code);
    });
  }
  it('does not take pax sizes for other entries', async () => {
    const tar = Buffer.concat([extension('g', record('size', '512')), header({}), header({ 0: 'b' }), END]);
    assert.deepEqual(
      (await read(tar)).map(({ name, size }) => [name, size]),
      [
        ['a', 0],
        ['b', 0],
      ],
    );
  });
});

describe('GNU tar writes', { skip: spawnSync('tar', ['--version']).error ? 'no tar here' : false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-tar-'));
  after(() => rmSync(folder, { recursive: true }));
  const deep = 'long-folder-name/'.repeat(14);
  mkdirSync(join(folder, deep), { recursive: true });
  writeFileSync(join(folder, deep, 'file'), 'content');
  writeFileSync(join(folder, 'ü'), 'unicode');
  symlinkSync(`${deep}file`, join(folder, 'symlink'));
  linkSync(join(folder, 'ü'), join(folder, 'ü2'));
  for (const format of ['gnu', 'oldgnu', 'pax']) {
    it(`${format}, and we read it`, async () => {
      const tar = execFileSync('tar', ['c', `--format=${format}`, '--sort=name', '-C', folder, '.']);
      const entries = new Map((await read(tar, 10_000)).map((entry) => [entry.name, entry]));
      assert.equal(entries.get(`./${deep}file`)?.text, 'content');
      assert.equal(entries.get('./ü')?.text, 'unicode');
      assert.deepEqual(
        [entries.get('./symlink')?.type, entries.get('./symlink')?.linkName],
        ['symlink', `${deep}file`],
      );
      assert.deepEqual([entries.get('./ü2')?.type, entries.get('./ü2')?.linkName], ['hardlink', './ü']);
      assert.equal(entries.get(`./${deep}`)?.type, 'directory');
      assert.ok(Math.abs((entries.get('./ü')?.mtime ?? 0) - Date.now() / 1000) < 1000);
    });
  }
});
