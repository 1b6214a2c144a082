import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pour } from '#bytes';
import type { Fetched, Source } from '#content';
import { type Digest, digestOf } from '#oci';
import { buildLayer } from '#testing';
import { checkedSource } from './checked-source.ts';

const layer = buildLayer({ files: [{ name: 'a', content: 'a'.repeat(10_000) }] });
const target = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest: layer.digest,
  size: layer.bytes.length,
};

/** Gives these bytes a few at a time, in one buffer that it uses again. */
function sourceOf(bytes: Uint8Array): Source {
  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(7);
    for (let at = 0; at < bytes.length; at += buffer.length) {
      const part = bytes.subarray(at, at + buffer.length);
      buffer.set(part);
      yield buffer.subarray(0, part.length);
    }
  }
  return {
    has: () => Promise.resolve(true),
    fetch: (): Promise<Fetched> =>
      Promise.resolve({ offset: 0, [Symbol.asyncIterator]: content, pour: (sink) => pour(content(), sink) }),
  };
}

async function read(bytes: Uint8Array, diffId: Digest | undefined): Promise<Buffer> {
  const source = checkedSource(sourceOf(bytes), [{ target, role: 'layer', diffId }]);
  const chunks: Buffer[] = [];
  for await (const chunk of await source.fetch(target)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

test('a layer that is what it must be passes as it is', async () => {
  for (const diffId of [layer.diffId, undefined])
    assert.deepEqual(await read(layer.bytes, diffId), Buffer.from(layer.bytes));
});

test('a layer that unpacks to something else is refused at its end', async () => {
  await assert.rejects(read(layer.bytes, digestOf('something else')), {
    code: 'DIFF_ID_MISMATCH',
    message: /when uncompressed, but the image's config says/,
  });
});

test('a layer that cannot be unpacked, or is cut, is refused', async () => {
  const broken = Buffer.from(layer.bytes);
  broken[30] = (broken[30] ?? 0) ^ 0xff;
  for (const bytes of [broken, layer.bytes.subarray(0, -1)]) {
    await assert.rejects(read(bytes, layer.diffId), { code: 'CORRUPT_LAYER' });
  }
});

test('a reader that stops early hears of nothing', async () => {
  const source = checkedSource(sourceOf(layer.bytes), [{ target, role: 'layer', diffId: digestOf('something else') }]);
  let seen = 0;
  await (await source.fetch(target)).pour((chunk) => {
    seen += chunk.length;
    return false;
  });
  assert.equal(seen, 7);
});
