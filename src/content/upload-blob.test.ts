import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bytes, pour } from '#bytes';
import { DrayError, hasCode } from '#errors';
import { type Descriptor, digestOf } from '#oci';
import type { ProgressEvent } from '#progress';
import { type CopyBlobsOptions, copyBlobs } from './copy-blobs.ts';
import { createMemoryStore } from './memory.ts';
import type { Source, Store } from './ports.ts';

const CONTENT = Buffer.from('the quick brown fox jumps over the lazy dog');
const BLOB: Descriptor = { mediaType: 'text/plain', digest: digestOf(CONTENT), size: CONTENT.length };
const quick = { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() };

/** Gives `content` in pieces of five bytes, from where it is asked to. */
function sourceOf(content: Uint8Array): Source & { readonly offsets: number[] } {
  const offsets: number[] = [];
  return {
    offsets,
    has: () => Promise.resolve(true),
    fetch: async (_, { offset = 0 } = {}) => {
      offsets.push(offset);
      async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
        for (let at = offset; at < content.length; at += 5) yield content.subarray(at, at + 5);
      }
      return { offset, [Symbol.asyncIterator]: pieces, pour: (sink) => pour(pieces(), sink) };
    },
  };
}

type Taking = (read: (offset: number) => Promise<Bytes>, onSent: (bytes: number) => void) => Promise<void>;

/** A place that takes uploads in the way that `take` says, and perhaps mounts. */
function placeOf(take: Taking, mountable: readonly string[] = []): Store & { readonly asked: string[] } {
  const asked: string[] = [];
  return Object.assign(createMemoryStore(), {
    asked,
    upload: (
      _: Descriptor,
      read: (offset: number) => Promise<Bytes>,
      options?: { onSent?: ((n: number) => void) | undefined },
    ) => take(read, (bytes) => options?.onSent?.(bytes)),
    mount: async (_: Descriptor, from: string | undefined) => {
      asked.push(String(from));
      return from !== undefined && mountable.includes(from);
    },
  });
}

/** Reads from these offsets, one after the other, as if the connection broke in between. */
function taking(...stretches: readonly (readonly [from: number, until: number])[]): {
  take: Taking;
  taken: () => string;
} {
  const parts: string[] = [];
  const take: Taking = async (read, onSent) => {
    for (const [from, until] of stretches) {
      onSent(from);
      let at = from;
      for await (const chunk of await read(from)) {
        const part = Buffer.from(chunk).subarray(0, until - at);
        parts.push(part.toString());
        at += part.length;
        onSent(at);
        if (at >= until && until < CONTENT.length) break;
      }
    }
  };
  return { take, taken: () => parts.join('') };
}

async function run(source: Source, target: Store, options: CopyBlobsOptions = {}) {
  const events: ProgressEvent[] = [];
  const work = [{ target: BLOB, role: 'layer' as const }];
  const how = { clock: quick, retries: 0, onEvent: (event: ProgressEvent) => void events.push(event), ...options };
  const outcome: unknown = await copyBlobs(source, target, work, how).catch((error: unknown) => error);
  return { outcome, states: events.flatMap((event) => (event.kind === 'blob' ? [event.state] : [])) };
}

describe('a blob on its way to a place that takes uploads', () => {
  test('from the start, in one go', async () => {
    const { take, taken } = taking([0, CONTENT.length]);
    const { states } = await run(sourceOf(CONTENT), placeOf(take));
    assert.deepEqual(states, ['queued', 'started', 'done']);
    assert.equal(taken(), CONTENT.toString());
  });

  test('from where it stopped, as often as it takes: the source is asked for the rest alone', async () => {
    const source = sourceOf(CONTENT);
    const { take, taken } = taking([0, 12], [10, 30], [30, CONTENT.length]);
    const { states } = await run(source, placeOf(take));
    assert.deepEqual(states, ['queued', 'started', 'done']);
    assert.deepEqual(source.offsets, [0, 10, 30]);
    assert.equal(taken(), 'the quick brbrown fox jumps over the lazy dog');
  });

  test('an upload of an earlier run: what it has is not read', async () => {
    const source = sourceOf(CONTENT);
    const { states } = await run(source, placeOf(taking([20, CONTENT.length]).take));
    assert.deepEqual(states, ['queued', 'started', 'done']);
    assert.deepEqual(source.offsets, [20]);
  });

  const LIES: readonly (readonly [string, Uint8Array, string])[] = [
    ['other bytes', Buffer.from(CONTENT).fill(65, 7, 8), 'DIGEST_MISMATCH'],
    ['too many', Buffer.concat([CONTENT, CONTENT]), 'SIZE_MISMATCH'],
    ['too few', CONTENT.subarray(0, 20), 'SIZE_MISMATCH'],
  ];
  for (const [name, content, code] of LIES) {
    test(`a source with ${name} is found out before the last byte is out, also when it breaks off in between`, async () => {
      for (const stretches of [
        [[0, CONTENT.length]],
        [
          [0, 12],
          [10, CONTENT.length],
        ],
      ] as const) {
        const { take, taken } = taking(...stretches);
        const { outcome, states } = await run(sourceOf(content), placeOf(take));
        assert.ok(hasCode(outcome, code as 'DIGEST_MISMATCH'), String(outcome));
        assert.equal(states.at(-1), 'failed');
        assert.ok(!taken().endsWith('dog'));
      }
    });
  }

  test('where the target verifies, other bytes reach it; the source is read again only when it finds them', async () => {
    const damaged = Buffer.from(CONTENT).fill(65, 7, 8);
    const { take, taken } = taking([0, CONTENT.length]);
    const refuse: Taking = async (read, onSent) => {
      await take(read, onSent);
      throw new DrayError('DIGEST_MISMATCH', 'the target says so');
    };
    const unnoticed = sourceOf(damaged);
    await run(unnoticed, placeOf(take), { targetVerifies: true });
    assert.equal(taken(), damaged.toString());
    assert.deepEqual(unnoticed.offsets, [0]);
    for (const [content, message] of [
      [damaged, /^the bytes of sha256:\w+ have the digest sha256:\w+$/],
      [CONTENT, /^the target says so$/],
    ] as const) {
      const source = sourceOf(content);
      const { outcome } = await run(source, placeOf(refuse), { targetVerifies: true });
      assert.ok(hasCode(outcome, 'DIGEST_MISMATCH'), String(outcome));
      assert.match(outcome.message, message);
      assert.deepEqual(source.offsets, [0, 0]);
    }
  });

  test('a sibling that has it gives it: nothing is read', async () => {
    const source = sourceOf(CONTENT);
    const place = placeOf(() => Promise.reject(new DrayError('BUG', 'uploaded')), ['team/base']);
    const { outcome, states } = await run(source, place, { mountFrom: () => ['other', 'team/base', 'third'] });
    assert.deepEqual(place.asked, ['other', 'team/base']);
    assert.deepEqual(states, ['queued', 'mounted']);
    assert.deepEqual(outcome, [{ target: BLOB, present: false, mounted: true }]);
    assert.deepEqual(source.offsets, []);
  });

  test('where none has it, it is uploaded', async () => {
    const { take, taken } = taking([0, CONTENT.length]);
    const { states } = await run(sourceOf(CONTENT), placeOf(take), { mountFrom: () => ['other'] });
    assert.deepEqual(states, ['queued', 'started', 'done']);
    assert.equal(taken(), CONTENT.toString());
  });

  test('an empty blob', async () => {
    const empty = { mediaType: 'text/plain', digest: digestOf(''), size: 0 };
    const place = placeOf(async (read) => {
      for await (const chunk of await read(0)) assert.fail(`${chunk.length} bytes`);
    });
    await copyBlobs(sourceOf(new Uint8Array()), place, [{ target: empty, role: 'layer' }], { clock: quick });
  });
});
