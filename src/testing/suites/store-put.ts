import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import type { Descriptor } from '#oci';
import { contentOf, inChunks, pourable } from './content.ts';
import { holds, lacks, rejects } from './expect.ts';
import type { StoreTest } from './store.ts';

const CONTENT = contentOf(200_000, 5);
const LARGE = contentOf(5 * 1024 * 1024, 6);

export function putCases(test: StoreTest, remote: boolean): void {
  right(test);
  wrong(test);
  if (!remote) local(test);
  interrupted(test);
}

function right(test: StoreTest): void {
  test('keeps content and gives it back', async ({ store }) => {
    await lacks(store, CONTENT);
    await store.put(CONTENT.descriptor, bytesOf(CONTENT.bytes));
    await holds(store, CONTENT);
  });
  test('keeps content across runs', async ({ store, reopen }) => {
    await store.put(CONTENT.descriptor, bytesOf(CONTENT.bytes));
    if (reopen !== undefined) await holds(await reopen(), CONTENT);
  });
  for (const length of [1_024, 65_536, 65_537, 5 * 1024 * 1024]) {
    test(`keeps 5 MiB that come in one buffer of ${length} bytes, used again and again`, async ({ store }) => {
      await store.put(LARGE.descriptor, inChunks(LARGE.bytes, length));
      await holds(store, LARGE);
    });
  }
  test('keeps nothing: a blob of no bytes', async ({ store }) => {
    const empty = contentOf(0);
    await store.put(empty.descriptor, bytesOf());
    await holds(store, empty);
  });
  test('keeps a blob that is named by sha512', async ({ store }) => {
    const content = contentOf(1000, 8, 'sha512');
    await store.put(content.descriptor, bytesOf(content.bytes));
    await holds(store, content);
  });
  test('keeps the same content twice', async ({ store }) => {
    await store.put(CONTENT.descriptor, bytesOf(CONTENT.bytes));
    await store.put(CONTENT.descriptor, bytesOf(CONTENT.bytes));
    await holds(store, CONTENT);
  });
  test('keeps the same content from several at once', async ({ store }) => {
    await Promise.all([1000, 7000, 200_000].map((n) => store.put(CONTENT.descriptor, inChunks(CONTENT.bytes, n))));
    await holds(store, CONTENT);
  });
  test('keeps many contents at once', async ({ store }) => {
    const many = Array.from({ length: 24 }, (_, index) => contentOf(1000 * index, 100 + index));
    await Promise.all(many.map(({ descriptor, bytes }) => store.put(descriptor, inChunks(bytes, 777))));
    for (const content of many) await holds(store, content);
  });
}

function local(test: StoreTest): void {
  test('keeps content that is poured', async ({ store }) => {
    await store.put(CONTENT.descriptor, pourable(CONTENT.bytes));
    await holds(store, CONTENT);
  });
  test('does not hold a blob under another size', async ({ store }) => {
    await store.put(CONTENT.descriptor, bytesOf(CONTENT.bytes));
    const { bytes, descriptor } = CONTENT;
    await lacks(store, { bytes, descriptor: { ...descriptor, size: descriptor.size + 1 } });
    await holds(store, CONTENT);
  });
}

function wrong(test: StoreTest): void {
  const { descriptor, bytes } = CONTENT;
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(100_000) ^ 1, 100_000);
  test('refuses content with one bit changed', async ({ store }) => {
    await rejects(store.put(descriptor, bytesOf(flipped)), 'DIGEST_MISMATCH');
    await lacks(store, CONTENT);
  });
  test('takes the right content after the wrong one', async ({ store }) => {
    await rejects(store.put(descriptor, bytesOf(flipped)), 'DIGEST_MISMATCH');
    await store.put(descriptor, bytesOf(bytes));
    await holds(store, CONTENT);
  });
  test('refuses content that is a byte short', async ({ store }) => {
    await rejects(store.put(descriptor, bytesOf(bytes.subarray(1))), 'SIZE_MISMATCH');
    await lacks(store, CONTENT);
  });
  test('refuses no content for something', async ({ store }) => {
    await rejects(store.put(descriptor, bytesOf()), 'SIZE_MISMATCH');
    await lacks(store, CONTENT);
  });
  test('refuses content that is a byte too long', async ({ store }) => {
    await rejects(store.put(descriptor, bytesOf(bytes, new Uint8Array(1))), 'SIZE_MISMATCH');
    await lacks(store, CONTENT);
  });
  test('refuses a descriptor whose size is smaller than its content', async ({ store }) => {
    const liar = { ...descriptor, size: descriptor.size - 1 };
    await rejects(store.put(liar, bytesOf(bytes)), 'SIZE_MISMATCH');
    await lacks(store, CONTENT);
  });
  test('refuses a descriptor whose size is larger than its content', async ({ store }) => {
    const liar: Descriptor = { ...descriptor, size: Number.MAX_SAFE_INTEGER };
    await rejects(store.put(liar, bytesOf(bytes)), 'SIZE_MISMATCH');
    await lacks(store, CONTENT);
  });
  test('gives up content without end', async ({ store }) => {
    let given = 0;
    let ended = false;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          given += 50_000;
          yield bytes.subarray(0, 50_000);
        }
      } finally {
        ended = true;
      }
    };
    await rejects(store.put(descriptor, endless()), 'SIZE_MISMATCH');
    assert.equal(ended, true);
    assert.ok(given <= descriptor.size + 100_000);
  });
}

function interrupted(test: StoreTest): void {
  const { descriptor, bytes } = CONTENT;
  test('keeps nothing of content that breaks in the middle', async ({ store }) => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 150_000);
      throw new RangeError('the line broke');
    };
    await assert.rejects(store.put(descriptor, broken()), RangeError);
    await lacks(store, CONTENT);
    await store.put(descriptor, bytesOf(bytes));
    await holds(store, CONTENT);
  });
  test('shows nothing before all is there', async ({ store }) => {
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 199_999);
      await lacks(store, CONTENT);
      yield bytes.subarray(199_999);
      await lacks(store, CONTENT);
    };
    await store.put(descriptor, slow());
    await holds(store, CONTENT);
  });
  test('does not begin when cancelled', async ({ store }) => {
    await rejects(store.put(descriptor, bytesOf(bytes), { signal: AbortSignal.abort() }), 'CANCELLED');
    await lacks(store, CONTENT);
  });
  test('stops when cancelled, also while nothing comes', async ({ store }) => {
    const controller = new AbortController();
    const hanging = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 1000);
      setImmediate(() => controller.abort());
      await new Promise(() => undefined);
    };
    await rejects(store.put(descriptor, hanging(), { signal: controller.signal }), 'CANCELLED');
    await lacks(store, CONTENT);
    await store.put(descriptor, bytesOf(bytes));
    await holds(store, CONTENT);
  });
}
