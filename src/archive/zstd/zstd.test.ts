import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import { isDrayError } from '#errors';
import { contentOf, inChunks, rejects } from '#testing';
import { createLayerDigester } from '../compression/layer-digester.ts';
import { decodeFrames, nativeDecoder, type RunDecoder, scriptDecoder } from '../compression/unzstd.ts';
import { limitWindows } from '../compression/window-budget.ts';
import { wordsOf, ZSTD_FIXTURES } from './fixtures.test.ts';
import { LARGEST_WINDOW } from './frames.ts';

type Open = () => Promise<RunDecoder>;

async function decode(bytes: Uint8Array, open: Open, length = bytes.length || 1): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of decodeFrames(inChunks(bytes, length), await open())) chunks.push(new Uint8Array(chunk));
  return Buffer.concat(chunks);
}

const native: Open = async () => nativeDecoder() ?? assert.fail('this Node has no zstd');
const noNative = nativeDecoder() === undefined ? `Node ${process.version} has no zstd` : false;
const DECODERS = [
  ['our decoder', scriptDecoder, false],
  ["Node's decoder", native, noNative],
] as const;

const [WORDS, , ZEROS, BLOCKS] = ZSTD_FIXTURES;
if (WORDS === undefined || ZEROS === undefined || BLOCKS === undefined) assert.fail();
/** A window of 128 MiB, and one block of 128 KiB that is a run. */
const large = Buffer.concat([Buffer.from('28b52ffd0088030010', 'hex'), Buffer.from('a')]);
const SKIPPED = Buffer.from('552a4d1803000000010203', 'hex');
const SKIPPED_NOTHING = Buffer.from('502a4d1800000000', 'hex');

for (const [name, open, skip] of DECODERS) {
  describe(name, { skip }, () => {
    for (const { what, plain, compressed } of ZSTD_FIXTURES) {
      it(`decodes ${what}`, async () => {
        for (const length of [1, 7, 1000, compressed.length]) {
          assert.ok((await decode(compressed, open, length)).equals(plain), `in chunks of ${length}`);
        }
      });
    }
    it('decodes many frames, and leaves skippable ones out', async () => {
      const frames = ZSTD_FIXTURES.flatMap(({ compressed }) => [SKIPPED, compressed, SKIPPED_NOTHING]);
      const plain = Buffer.concat(ZSTD_FIXTURES.map((one) => one.plain));
      for (const length of [3, 65_536]) {
        assert.ok((await decode(Buffer.concat([...frames, SKIPPED]), open, length)).equals(plain));
      }
    });
    const last = WORDS.compressed.length;
    for (const [what, bytes] of [
      ['cut off in the magic number', WORDS.compressed.subarray(0, 3)],
      ['cut off in the header', WORDS.compressed.subarray(0, 5)],
      ['cut off in a block', WORDS.compressed.subarray(0, 500)],
      ['cut off in the checksum', WORDS.compressed.subarray(0, last - 1)],
      ['with a skippable frame cut off', Buffer.concat([WORDS.compressed, SKIPPED.subarray(0, 9)])],
      ['with garbage behind', Buffer.concat([WORDS.compressed, Buffer.from('garbage')])],
      ['with zeros behind', Buffer.concat([WORDS.compressed, Buffer.alloc(8)])],
      ['with a reserved bit set', Buffer.from(WORDS.compressed).fill(0x0c, 4, 5)],
      ['with a window of 3 TB', Buffer.from('28b52ffd00f8', 'hex')],
      ['with content of 2^63 bytes in one segment', Buffer.from('28b52ffde00000000000000080', 'hex')],
      ['with a block of a reserved type', Buffer.from('28b52ffd0058070000', 'hex')],
      ['with a block that is too large', Buffer.from('28b52ffd0058ffff7f', 'hex')],
    ] as const) {
      it(`refuses a stream ${what}`, async () => {
        for (const length of [1, 1000]) await rejects(decode(bytes, open, length), 'CORRUPT_LAYER');
      });
    }
    it('gives the right bytes or an error, whatever bit is wrong', async () => {
      let refused = 0;
      for (let bit = 0; bit < last * 8 - 32; bit += 101) {
        const bytes = Buffer.from(WORDS.compressed);
        bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const found = await decode(bytes, open).catch((error: unknown) => (isDrayError(error) ? error.code : error));
        if (found === 'CORRUPT_LAYER') refused += 1;
        else assert.ok(Buffer.isBuffer(found) && found.length < 200_000, `bit ${bit}: ${String(found)}`);
      }
      assert.ok(refused > 10);
    });
    it('takes large windows by turns', async () => {
      const found = await Promise.all([1, 2, 3, 4, 5, 6].map(() => decode(large, open, 4)));
      for (const plain of found) assert.ok(plain.equals(Buffer.alloc(128 * 1024, 'a')));
    });
    it('lets go of a window before another one takes it, in whichever frame', async () => {
      const windows: number[] = [];
      let most = 0;
      const counted = async (at: number): Promise<RunDecoder> => {
        const decoder = await open();
        return {
          *decode(run) {
            windows[at] = Math.max(windows[at] ?? 0, run.window);
            most = Math.max(
              most,
              windows.reduce((sum, one) => sum + one),
            );
            yield* decoder.decode(run);
          },
          close: () => {
            decoder.close();
            windows[at] = 0;
          },
        };
      };
      const frames = Buffer.concat([WORDS.compressed, large, WORDS.compressed, large]);
      await Promise.all([0, 1, 2].map((at) => decode(frames, () => counted(at), 4)));
      assert.ok(most >= LARGEST_WINDOW && most <= LARGEST_WINDOW + 3 * 1024 * 1024, `${most} bytes at a time`);
    });
    it('leaves larger windows than a thread may hold to another one', async () => {
      try {
        limitWindows(8 * 1024 * 1024);
        await rejects(decode(large, open, 4), 'BUSY');
        limitWindows(128 * 1024 * 1024);
        assert.equal((await decode(large, open, 4)).length, 128 * 1024);
      } finally {
        limitWindows(LARGEST_WINDOW);
      }
    });
  });
}

describe('the memory of our decoder', () => {
  const buffers = (): number => process.memoryUsage().arrayBuffers;
  const little = 32 * 1024 * 1024;
  it('is free when it ends, without garbage collection', async () => {
    const before = buffers();
    for (let times = 0; times < 4; times += 1) {
      await decode(large, scriptDecoder, 4);
      assert.ok(buffers() - before < little, `${buffers() - before} bytes after ${times} times`);
    }
  });
  it('is free when it fails', async () => {
    const before = buffers();
    const wrong = Buffer.concat([large, Buffer.from('garbage')]);
    await rejects(decode(wrong, scriptDecoder, 4), 'CORRUPT_LAYER');
    assert.ok(buffers() - before < little);
  });
  it('is free when the reader stops, who has what it got', async () => {
    const before = buffers();
    let last: Uint8Array | undefined;
    for await (const chunk of decodeFrames(inChunks(large, 4), await scriptDecoder())) {
      last = chunk;
      break;
    }
    assert.ok(buffers() - before < little);
    assert.ok(Buffer.alloc(128 * 1024, 'a').equals(last ?? assert.fail()));
  });
});

describe('the digest of a zstd layer', () => {
  it('is that of all its frames', async () => {
    const digester = createLayerDigester();
    for await (const chunk of inChunks(Buffer.concat([BLOCKS.compressed, ZEROS.compressed]), 1000)) {
      await digester.write(chunk);
    }
    const { size, compression } = await digester.end();
    assert.deepEqual([size, compression], [BLOCKS.plain.length + ZEROS.plain.length, 'zstd']);
  });
  it('of a bomb holds little, and can be given up', async () => {
    // 2 GiB: 16,384 blocks of 128 KiB that are runs.
    const bomb = Buffer.concat([
      Buffer.from('28b52ffd0058', 'hex'),
      ...Array<Buffer>(16_384).fill(Buffer.from('02001000', 'hex')),
    ]);
    const before = process.memoryUsage.rss();
    const digester = createLayerDigester();
    const writing = digester.write(bomb);
    setTimeout(() => digester.destroy(), 20);
    await rejects(writing, 'CANCELLED');
    assert.ok(process.memoryUsage.rss() - before < 100_000_000);
  });
});

const compress = (zlib as { zstdCompressSync?: (data: Uint8Array, options?: object) => Buffer }).zstdCompressSync;

describe('our decoder and what others write', () => {
  const inputs = [wordsOf(700_000, 3), contentOf(300_000, 4).bytes, Buffer.alloc(900_000, wordsOf(5000, 5))];
  it("Node's encoder", { skip: compress === undefined ? `Node ${process.version} has no zstd` : false }, async () => {
    for (const input of inputs) {
      assert.ok((await decode(compress?.(input) ?? input, scriptDecoder, 100_000)).equals(input));
    }
  });
  const hasCommand = spawnSync('zstd', ['--version']).error === undefined;
  for (const options of [['-1'], ['-12'], ['--fast=9'], ['-3', '--long=24']]) {
    it(`zstd ${options.join(' ')}`, { skip: hasCommand ? false : 'no zstd command here' }, async () => {
      for (const input of inputs) {
        const compressed = execFileSync('zstd', ['-cq', ...options], { input, maxBuffer: 10_000_000 });
        assert.ok((await decode(compressed, scriptDecoder, 100_000)).equals(input));
      }
    });
  }
});
