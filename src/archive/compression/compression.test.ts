import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { bytesOf } from '#bytes';
import { contentOf, inChunks, rejects } from '#testing';
import { decompress } from './decompress.ts';
import { gunzip, gunzipInPool } from './gunzip.ts';
import { compressGzip, GzipWriter } from './gzip-writer.ts';
import { createLayerDigester, type LayerDigest, type LayerDigesterOptions, mostUnpacked } from './layer-digester.ts';
import { sniffCompression } from './sniff.ts';

/** Random, then repeated, then text: two million bytes. */
const PLAIN = Buffer.concat([
  contentOf(300_000, 1).bytes,
  Buffer.alloc(1_500_000, 'abc'),
  Buffer.from(Buffer.from(contentOf(100_000, 2).bytes).toString('hex')),
]);
const DIGEST = `sha256:${createHash('sha256').update(PLAIN).digest('hex')}`;
const HALF = PLAIN.length >> 1;
const GZIPPED = gzipSync(PLAIN);
/** 200 MB of zeros. */
const BOMB = Buffer.concat(Array<Buffer>(20).fill(gzipSync(Buffer.alloc(10_000_000))));
const GARBAGE = Buffer.from('garbage');

async function digestOf(bytes: Uint8Array, length: number, options?: LayerDigesterOptions): Promise<LayerDigest> {
  const digester = createLayerDigester(options);
  for await (const chunk of inChunks(bytes, length)) await digester.write(chunk);
  return digester.end();
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(new Uint8Array(chunk));
  return Buffer.concat(chunks);
}

/** A thousand bytes of gzip, and then an error. */
async function* breaking(onEnd: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield GZIPPED.subarray(0, 1000);
    throw new RangeError('the line broke');
  } finally {
    onEnd();
  }
}

describe('compression is told by the first bytes', () => {
  for (const [hex, expected] of [
    ['1f8b0800', 'gzip'],
    ['1f8b08', 'gzip'],
    ['1f8b0700', 'none'],
    ['28b52ffd', 'zstd'],
    ['502a4d18', 'zstd'],
    ['5f2a4d18', 'zstd'],
    ['602a4d18', 'none'],
    ['28b52f', 'none'],
    ['', 'none'],
    ['1f', 'none'],
    ['75737461', 'none'],
  ] as const) {
    it(`${hex === '' ? 'nothing' : hex}: ${expected}`, () => {
      assert.equal(sniffCompression(Buffer.from(hex, 'hex')), expected);
    });
  }
});

/** What undoes gzip here, and what does it on a Node that is built in another way. */
for (const [where, decode] of [
  ['on this thread', gunzip],
  ['in the pool', gunzipInPool],
] as const) {
  describe(`gzip undone ${where}`, () => {
    for (const [name, bytes] of [
      ['in one member', GZIPPED],
      ['in two members', Buffer.concat([gzipSync(PLAIN.subarray(0, HALF)), gzipSync(PLAIN.subarray(HALF))])],
      ['with empty members', Buffer.concat([gzipSync(''), GZIPPED, gzipSync('')])],
      ['with padding', Buffer.concat([GZIPPED, Buffer.alloc(100_000)])],
      ['stored', gzipSync(PLAIN, { level: 0 })],
      ['flushed often', gzipSync(PLAIN, { flush: constants.Z_FULL_FLUSH })],
    ] as const) {
      for (const length of [997, 65_536, 4_000_000]) {
        it(`${name}, in chunks of ${length} bytes that are used again`, async () => {
          assert.ok((await collect(decode(inChunks(bytes, length)))).equals(PLAIN));
        });
      }
    }
    it('by single bytes', async () => {
      const bytes = gzipSync(PLAIN.subarray(0, 3000));
      const plain = await collect(decode(inChunks(Buffer.concat([bytes, bytes, Buffer.alloc(3)]), 1)));
      assert.ok(plain.equals(Buffer.concat([PLAIN.subarray(0, 3000), PLAIN.subarray(0, 3000)])));
    });
    it('of nothing', async () => {
      assert.equal((await collect(decode(inChunks(gzipSync(''), 3)))).length, 0);
    });
    const flipped = Buffer.from(GZIPPED);
    flipped.writeUInt8(flipped.readUInt8(GZIPPED.length - 6) ^ 1, GZIPPED.length - 6);
    for (const [name, bytes] of [
      ['cut off in its header', GZIPPED.subarray(0, 7)],
      ['cut off in the middle', GZIPPED.subarray(0, 200_000)],
      ['cut off in its checksum', GZIPPED.subarray(0, -3)],
      ['with a wrong checksum', flipped],
      ['damaged', Buffer.from(GZIPPED).fill(0xff, 250_000, 250_100)],
      ['with garbage behind', Buffer.concat([GZIPPED, GARBAGE])],
      ['with garbage behind its padding', Buffer.concat([GZIPPED, Buffer.alloc(70_000), GARBAGE])],
      ['with a second member cut off', Buffer.concat([GZIPPED, GZIPPED.subarray(0, 12)])],
    ] as const) {
      it(`is refused ${name}`, async () => {
        for (const length of [4096, 4_000_000]) {
          await rejects(collect(decode(inChunks(bytes, length))), 'CORRUPT_LAYER');
        }
      });
    }
    it('says where the damage is', async () => {
      await assert.rejects(collect(decode(inChunks(GZIPPED.subarray(0, 200_000), 4096))), {
        message: 'cannot decompress the layer: its gzip data is broken near byte 200000: unexpected end of file',
        detail: { compression: 'gzip', position: 200_000, isCutOff: true },
      });
    });
    it('gives the error of its source', async () => {
      await assert.rejects(collect(decode(breaking(() => undefined))), RangeError);
    });
    it('can be left in the middle of a bomb', async () => {
      for await (const chunk of decode(bytesOf(BOMB))) {
        assert.ok(chunk.length < 1_000_000);
        break;
      }
    });
  });
}

describe('the digest of a layer', () => {
  for (const [compression, bytes] of [
    ['none', PLAIN],
    ['gzip', GZIPPED],
  ] as const) {
    for (const length of [997, 65_536, 4_000_000]) {
      it(`compressed by ${compression}, in chunks of ${length} bytes that are used again`, async () => {
        assert.deepEqual(await digestOf(bytes, length), { digest: DIGEST, size: PLAIN.length, compression });
      });
    }
  }
  it('of nothing, and of gzipped nothing', async () => {
    const digest = `sha256:${createHash('sha256').digest('hex')}`;
    assert.deepEqual(await digestOf(Buffer.alloc(0), 1), { digest, size: 0, content: 0, compression: 'none' });
    assert.deepEqual(await digestOf(gzipSync(''), 3), { digest, size: 0, content: 0, compression: 'gzip' });
  });
  it('by sha512', async () => {
    const digest = `sha512:${createHash('sha512').update(PLAIN).digest('hex')}`;
    assert.equal((await digestOf(GZIPPED, 65_536, { algorithm: 'sha512' })).digest, digest);
  });
  it('rejects every call after the first that found damage', async () => {
    const digester = createLayerDigester();
    const broken = Buffer.concat([GZIPPED.subarray(0, 100), Buffer.alloc(100_000, 0xff)]);
    await rejects(
      digester.write(broken).then(() => digester.write(broken)),
      'CORRUPT_LAYER',
    );
    await rejects(digester.write(GARBAGE), 'CORRUPT_LAYER');
    await rejects(digester.end(), 'CORRUPT_LAYER');
    digester.destroy();
  });
  it('ends where a layer unpacks to more than it may', async () => {
    await rejects(digestOf(BOMB, 65_536, { most: 50_000_000 }), 'TOO_LARGE');
    const { size } = await digestOf(BOMB, 65_536, { most: 200_000_000 });
    assert.equal(size, 200_000_000);
  });
  it('can be given up, also in the middle of a bomb', async () => {
    const digester = createLayerDigester();
    const writing = digester.write(BOMB);
    setTimeout(() => digester.destroy(), 10);
    await rejects(writing, 'CANCELLED');
    await rejects(digester.end(), 'CANCELLED');
  });
});

it('what a layer may unpack to grows with its size', () => {
  assert.deepEqual([0, 1_000_000, 1e9].map(mostUnpacked), [4 * 2 ** 30, 4 * 2 ** 30, 1e11]);
});

it('a bomb does not fill the memory', async () => {
  const before = process.memoryUsage.rss();
  const { size } = await digestOf(BOMB, 65_536);
  assert.equal(size, 200_000_000);
  assert.ok(process.memoryUsage.rss() - before < 100_000_000);
});

describe('decompressing', () => {
  for (const [name, bytes] of [
    ['plain', PLAIN],
    ['gzip', GZIPPED],
  ] as const) {
    it(name, async () => {
      assert.ok((await collect(decompress(inChunks(bytes, 4099)))).equals(PLAIN));
      assert.ok((await collect(decompress(bytesOf(bytes)))).equals(PLAIN));
    });
  }
  it('tells by as many chunks as it needs', async () => {
    const text = Buffer.from('some text');
    for (const bytes of [text, gzipSync(text)]) assert.ok((await collect(decompress(inChunks(bytes, 1)))).equals(text));
  });
  it('gives the error of its source, and lets go of it', async () => {
    let ended = false;
    const source = (): AsyncGenerator<Uint8Array> =>
      breaking(() => {
        ended = true;
      });
    await assert.rejects(collect(decompress(source())), RangeError);
    assert.equal(ended, true);
    ended = false;
    for await (const chunk of decompress(source())) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.equal(ended, true);
  });
});

describe('gzip that we write', () => {
  for (const level of [0, 1, 9]) {
    it(`at level ${level} is the same every time, and right`, async () => {
      const once = await collect(compressGzip(inChunks(PLAIN, 70_001), level));
      assert.ok(once.equals(await collect(compressGzip(inChunks(PLAIN, 70_001), level))));
      assert.ok(gunzipSync(once).equals(PLAIN));
      assert.equal(once.subarray(0, 10).toString('hex'), '1f8b08000000000000ff');
    });
  }
  it('of nothing is right', async () => {
    for (const level of [0, 6]) assert.equal(gunzipSync(await collect(compressGzip(bytesOf(), level))).length, 0);
  });
  it('takes stored and deflated parts by turns', async () => {
    const writer = new GzipWriter(6);
    const parts: Uint8Array[] = [writer.header()];
    for (let at = 0; at < PLAIN.length; at += 200_000) {
      parts.push(...(await writer.deflate(PLAIN.subarray(at, at + 120_000))), ...(await writer.endDeflate()));
      parts.push(writer.store(PLAIN.subarray(at + 120_000, at + 200_000)));
    }
    parts.push(...(await writer.endDeflate()), writer.trailer());
    assert.ok(gunzipSync(Buffer.concat(parts)).equals(PLAIN));
  });
});
