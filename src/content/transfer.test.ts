import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { type ByteRange, mergeRanges, missingRanges, pour } from '#bytes';
import { DrayError, hasCode } from '#errors';
import { type Descriptor, digestOf } from '#oci';
import type { ProgressEvent } from '#progress';
import { createLimit } from './limit.ts';
import type { Fetched, FetchOptions, Ingest, Source } from './ports.ts';
import { transfer } from './transfer.ts';

const MiB = 1024 * 1024;

interface Request {
  readonly offset: number;
  readonly end: number | undefined;
}

interface Script {
  /** Called with each request; what it gives (or throws) answers it. */
  answer?(request: Request, count: number): Partial<Answer> | undefined;
}

interface Answer {
  /** Position that the answer begins at. */
  offset: number;
  /** Bytes sent before the connection breaks. */
  cutAfter: number;
  /** Milliseconds between chunks. */
  pace: number;
  chunk: number;
  content: Uint8Array;
  /** Where the answer ends, whatever was asked for. */
  end: number;
}

function scripted(content: Uint8Array, script: Script = {}): Source & { requests: Request[]; served: number } {
  const requests: Request[] = [];
  const source = {
    requests,
    served: 0,
    has: () => Promise.resolve(true),
    fetch(_: Descriptor, { offset = 0, end, signal }: FetchOptions = {}): Promise<Fetched> {
      requests.push({ offset, end });
      const answer = script.answer?.({ offset, end }, requests.length) ?? {};
      const from = answer.offset ?? offset;
      const bytes = (answer.content ?? content).subarray(from, answer.end ?? end);
      const { cutAfter = Number.POSITIVE_INFINITY, pace, chunk = 64 * 1024 } = answer;
      async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
        for (let at = 0; at < bytes.length; at += chunk) {
          if (pace !== undefined) await new Promise((resolve) => setTimeout(resolve, pace));
          if (signal?.aborted === true) throw new DrayError('CANCELLED', 'cancelled');
          if (at >= cutAfter) throw new DrayError('CONNECTION_LOST', 'cut');
          const piece = bytes.slice(at, Math.min(at + chunk, cutAfter));
          source.served += piece.length;
          yield piece;
          // A chunk belongs to its reader only until the next.
          piece.fill(0);
        }
        if (cutAfter < bytes.length) throw new DrayError('CONNECTION_LOST', 'cut');
      }
      const generator = chunks();
      return Promise.resolve({
        offset: from,
        [Symbol.asyncIterator]: () => generator,
        pour: (sink) => pour(generator, sink),
      });
    },
  };
  return source;
}

function memoryIngest(target: Descriptor, before: readonly ByteRange[] = [], content?: Uint8Array) {
  const bytes = new Uint8Array(target.size);
  let ranges = mergeRanges(before);
  for (const { start, end } of ranges) if (content !== undefined) bytes.set(content.subarray(start, end), start);
  const state = { commits: 0, resets: 0, released: 0, bytes, have: () => ranges };
  const ingest: Ingest = {
    target,
    have: () => ranges,
    write(position, chunk) {
      bytes.set(chunk, position);
      ranges = mergeRanges([...ranges, { start: position, end: position + chunk.length }]);
    },
    reset() {
      state.resets += 1;
      ranges = [];
    },
    commit() {
      state.commits += 1;
      assert.deepEqual(missingRanges(ranges, target.size), []);
      if (digestOf(bytes) === target.digest) return Promise.resolve();
      ingest.reset();
      return Promise.reject(new DrayError('DIGEST_MISMATCH', 'other bytes'));
    },
    release() {
      state.released += 1;
      return Promise.resolve();
    },
  };
  return { ingest, state };
}

function blob(size: number): { content: Uint8Array; target: Descriptor } {
  const content = new Uint8Array(randomBytes(size));
  return { content, target: { mediaType: 'application/octet-stream', digest: digestOf(content), size } };
}

const quick = { now: () => 0, monotonic: () => performance.now(), sleep: () => Promise.resolve() };
const options = { role: 'layer', clock: quick } as const;
/** Places for six lanes in all. */
const extra = () => ({ places: createLimit(6), most: 6 });

describe('one connection', () => {
  test('brings everything with one request, and lets go', async () => {
    const { content, target } = blob(MiB + 17);
    const source = scripted(content);
    const { ingest, state } = memoryIngest(target);
    await transfer(source, ingest, options);
    assert.deepEqual(source.requests, [{ offset: 0, end: undefined }]);
    assert.equal(state.commits, 1);
    assert.equal(state.released, 1);
  });

  test('asks for the holes alone', async () => {
    const { content, target } = blob(1000);
    const source = scripted(content);
    const { ingest, state } = memoryIngest(
      target,
      [
        { start: 0, end: 100 },
        { start: 300, end: 900 },
      ],
      content,
    );
    await transfer(source, ingest, options);
    assert.deepEqual(source.requests, [
      { offset: 100, end: 300 },
      { offset: 900, end: undefined },
    ]);
    assert.equal(source.served, 300);
    assert.deepEqual(state.bytes, content);
  });

  test('an empty blob needs no request', async () => {
    const { content, target } = blob(0);
    const source = scripted(content);
    await transfer(source, memoryIngest(target).ingest, options);
    assert.deepEqual(source.requests, []);
  });

  test('goes on where the connection broke, as often as bytes come', async () => {
    const { content, target } = blob(40_000);
    const source = scripted(content, { answer: () => ({ cutAfter: 2000, chunk: 300 }) });
    const { ingest } = memoryIngest(target);
    await transfer(source, ingest, options);
    assert.equal(source.served, 40_000);
    assert.equal(source.requests.length, 20);
    assert.equal(source.requests[1]?.offset, 2000);
  });

  test('gives up when nothing comes any more, and keeps what came', async () => {
    const { content, target } = blob(10_000);
    const source = scripted(content, { answer: (_, count) => ({ cutAfter: count === 1 ? 4000 : 0, chunk: 1000 }) });
    const { ingest, state } = memoryIngest(target);
    await assert.rejects(transfer(source, ingest, { ...options, retries: 3 }), (e) => hasCode(e, 'CONNECTION_LOST'));
    assert.equal(source.requests.length, 4);
    assert.deepEqual(state.have(), [{ start: 0, end: 4000 }]);
    assert.equal(state.released, 1);
  });

  test('connections that bring next to nothing are failures in a row', async () => {
    const { content, target } = blob(100_000);
    const source = scripted(content, { answer: () => ({ cutAfter: 1000, chunk: 100 }) });
    await assert.rejects(transfer(source, memoryIngest(target).ingest, options), (e) => hasCode(e, 'CONNECTION_LOST'));
    assert.equal(source.requests.length, 6);
  });

  test('a drip ends when patience does', async () => {
    const { content, target } = blob(5000);
    const source = scripted(content, { answer: () => ({ pace: 5, chunk: 1 }) });
    const started = performance.now();
    const patient = { ...options, patience: 100 };
    await assert.rejects(transfer(source, memoryIngest(target).ingest, patient), (e) => hasCode(e, 'STALLED'));
    assert.ok(performance.now() - started < 5000);
  });

  test('without any answer it leaves trying again to the source', async () => {
    const { content, target } = blob(5000);
    const answer = () => {
      throw new DrayError('CONNECT_FAILED', 'nobody there');
    };
    const source = scripted(content, { answer });
    await assert.rejects(transfer(source, memoryIngest(target).ingest, options), (e) => hasCode(e, 'CONNECT_FAILED'));
    assert.equal(source.requests.length, 1);
  });

  test('a place that cannot be reached any more after it has answered gets more patience', async () => {
    const { content, target } = blob(5000);
    const answer = (_: Request, count: number) => {
      if (count > 1 && count < 4) throw new DrayError('CONNECT_FAILED', 'nobody there');
      return count === 1 ? { cutAfter: 2000 } : {};
    };
    const source = scripted(content, { answer });
    const { ingest, state } = memoryIngest(target);
    await transfer(source, ingest, options);
    assert.deepEqual(state.bytes, content);
    assert.equal(source.requests.length, 4);
  });

  test('an answer from the start is passed over up to what is missing, and said', async () => {
    const { content, target } = blob(5000);
    const source = scripted(content, { answer: () => ({ offset: 0, end: 5000, chunk: 700 }) });
    const { ingest, state } = memoryIngest(target, [{ start: 0, end: 3000 }], content);
    const events: ProgressEvent[] = [];
    await transfer(source, ingest, { ...options, onEvent: (event) => events.push(event) });
    assert.deepEqual(state.bytes, content);
    assert.equal(state.resets, 0);
    assert.ok(events.some((event) => event.kind === 'blob-retry' && event.reason.includes('starting over')));
  });

  test('ranges that bring too much are not asked for again', async () => {
    const { content, target } = blob(5000);
    const longer = new Uint8Array([...content, 1, 2, 3]);
    const source = scripted(content, {
      answer: ({ offset }) => (offset > 0 ? { content: longer, end: longer.length } : { cutAfter: 2000 }),
    });
    const { ingest } = memoryIngest(target);
    await assert.rejects(transfer(source, ingest, { ...options, retries: 1 }), (e) => hasCode(e, 'CONNECTION_LOST'));
    assert.deepEqual(
      source.requests.map(({ offset }) => offset),
      [0, 2000, 0],
    );
  });

  test('more bytes than the descriptor says', async () => {
    const { content, target } = blob(5000);
    const longer = new Uint8Array([...content, 1, 2, 3]);
    const source = scripted(longer, { answer: () => ({ content: longer, end: longer.length }) });
    await assert.rejects(transfer(source, memoryIngest(target).ingest, options), (e) => hasCode(e, 'SIZE_MISMATCH'));
  });

  test('fewer bytes than the descriptor says, again and again', async () => {
    const { content, target } = blob(5000);
    const source = scripted(content, { answer: () => ({ end: 4000 }) });
    await assert.rejects(transfer(source, memoryIngest(target).ingest, options), (e) => hasCode(e, 'CONNECTION_LOST'));
    assert.ok(source.requests.length <= 8);
  });

  test('wrong bytes once: fetched once more from the start', async () => {
    const { content, target } = blob(5000);
    const wrong = content.slice();
    wrong[77] = 1 + (wrong[77] ?? 0);
    const source = scripted(content, { answer: (_, count) => (count === 1 ? { content: wrong } : {}) });
    const { ingest, state } = memoryIngest(target);
    await transfer(source, ingest, options);
    assert.equal(state.commits, 2);
    assert.deepEqual(state.bytes, content);
  });

  test('wrong bytes twice: DIGEST_MISMATCH after two tries', async () => {
    const { content, target } = blob(5000);
    const source = scripted(content, { answer: () => ({ content: content.map((byte) => byte ^ 1) }) });
    const { ingest } = memoryIngest(target);
    await assert.rejects(transfer(source, ingest, options), (e) => hasCode(e, 'DIGEST_MISMATCH'));
    assert.equal(source.requests.length, 2);
  });

  test('an error that is not of the network ends it at once', async () => {
    const { content, target } = blob(5000);
    const source = scripted(content, {
      answer: () => {
        throw new DrayError('BLOB_UNKNOWN', 'gone');
      },
    });
    await assert.rejects(transfer(source, memoryIngest(target).ingest, options), (e) => hasCode(e, 'BLOB_UNKNOWN'));
    assert.equal(source.requests.length, 1);
  });

  test('a full disk ends it at once and is what is reported', async () => {
    const { content, target } = blob(5000);
    const { ingest, state } = memoryIngest(target);
    const full: Ingest = {
      ...ingest,
      write: () => {
        throw new DrayError('DISK_FULL', 'no space');
      },
    };
    await assert.rejects(transfer(scripted(content), full, options), (e) => hasCode(e, 'DISK_FULL'));
    assert.equal(state.released, 1);
  });

  test('cancel keeps what came', async () => {
    const { content, target } = blob(MiB);
    const controller = new AbortController();
    const source = scripted(content, { answer: () => ({ pace: 2, chunk: 50_000 }) });
    const { ingest, state } = memoryIngest(target);
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(transfer(source, ingest, { ...options, signal: controller.signal }), (e) =>
      hasCode(e, 'CANCELLED'),
    );
    assert.equal(state.released, 1);
    assert.ok((state.have()[0]?.end ?? 0) < MiB);
  });

  test('a signal that has aborted before asks for nothing', async () => {
    const { content, target } = blob(1000);
    const source = scripted(content);
    const { ingest, state } = memoryIngest(target);
    const signal = AbortSignal.abort();
    await assert.rejects(transfer(source, ingest, { ...options, signal }), (e) => hasCode(e, 'CANCELLED'));
    assert.deepEqual([source.requests.length, state.released], [0, 1]);
  });

  test('an answer from behind what was asked for is an error', { timeout: 5000 }, async () => {
    const { content, target } = blob(1000);
    const source = scripted(content, { answer: () => ({ offset: 700 }) });
    const { ingest } = memoryIngest(target);
    await assert.rejects(transfer(source, ingest, options), (e) => hasCode(e, 'BAD_RESPONSE'));
    assert.equal(source.requests.length, 1);
  });

  test('silence ends it when patience does', async () => {
    const { target } = blob(5000);
    const source: Source = {
      has: () => Promise.resolve(true),
      fetch: (_, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () =>
            reject(signal.reason instanceof Error ? signal.reason : new Error('no reason')),
          );
        }),
    };
    const started = performance.now();
    await assert.rejects(transfer(source, memoryIngest(target).ingest, { ...options, patience: 60 }), (e) =>
      hasCode(e, 'STALLED'),
    );
    assert.ok(performance.now() - started < 5000);
  });

  test('progress is said, at the end exactly', async () => {
    const { content, target } = blob(MiB);
    const events: ProgressEvent[] = [];
    await transfer(scripted(content), memoryIngest(target).ingest, {
      ...options,
      onEvent: (event) => events.push(event),
    });
    const states = events.flatMap((event) => (event.kind === 'blob' ? [event.state] : []));
    assert.deepEqual(states, ['started', 'verifying', 'done']);
    const last = events.findLast((event) => event.kind === 'blob-progress');
    assert.equal(last?.kind === 'blob-progress' ? last.received : undefined, MiB);
  });
});

describe('several connections', () => {
  const size = 40 * MiB;
  const slow = { pace: 5, chunk: 128 * 1024 };

  test('a slow, large blob comes over several ranges, no byte twice to speak of', async () => {
    const { content, target } = blob(size);
    const source = scripted(content, { answer: () => slow });
    const { ingest, state } = memoryIngest(target);
    await transfer(source, ingest, { ...options, extra: extra() });
    assert.deepEqual(Buffer.compare(state.bytes, content), 0);
    assert.ok(source.requests.length >= 2, `${source.requests.length} requests`);
    assert.ok(source.served < size + source.requests.length * 256 * 1024, `${source.served} bytes`);
  });

  test('a server that refuses ranges gets one connection', async () => {
    const { content, target } = blob(size);
    const source = scripted(content, { answer: () => ({ ...slow, offset: 0, end: size }) });
    const { ingest, state } = memoryIngest(target);
    await transfer(source, ingest, { ...options, extra: extra() });
    assert.deepEqual(Buffer.compare(state.bytes, content), 0);
    assert.ok(source.requests.length <= 3, `${source.requests.length} requests`);
  });

  test('a server that refuses more connections keeps its first', async () => {
    const { content, target } = blob(size);
    const inner = scripted(content, { answer: () => slow });
    let open = 0;
    let refused = 0;
    const source: Source = {
      has: () => Promise.resolve(true),
      async fetch(wanted, call) {
        if (open > 0) {
          refused += 1;
          throw new DrayError('TOO_MANY_REQUESTS', 'one at a time');
        }
        open += 1;
        const fetched = await inner.fetch(wanted, call);
        return {
          ...fetched,
          pour: (sink) =>
            fetched.pour(sink).finally(() => {
              open -= 1;
            }),
        };
      },
    };
    const { ingest, state } = memoryIngest(target);
    await transfer(source, ingest, { ...options, extra: extra() });
    assert.equal(refused, 1);
    assert.deepEqual(Buffer.compare(state.bytes, content), 0);
  });

  test('lanes that break are taken over by the others', async () => {
    const { content, target } = blob(size);
    const source = scripted(content, { answer: (_, count) => (count % 2 === 0 ? { ...slow, cutAfter: MiB } : slow) });
    const { ingest, state } = memoryIngest(target);
    await transfer(source, ingest, { ...options, extra: extra() });
    assert.deepEqual(Buffer.compare(state.bytes, content), 0);
  });

  test('no more lanes than there are places', async () => {
    const { content, target } = blob(size);
    let open = 0;
    let most = 0;
    const inner = scripted(content, { answer: () => slow });
    const source: Source = {
      has: () => Promise.resolve(true),
      async fetch(wanted, call) {
        const fetched = await inner.fetch(wanted, call);
        open += 1;
        most = Math.max(most, open);
        return {
          ...fetched,
          pour: (sink) =>
            fetched.pour(sink).finally(() => {
              open -= 1;
            }),
        };
      },
    };
    const places = createLimit(3);
    const leave = await places.acquire();
    await transfer(source, memoryIngest(target).ingest, { ...options, extra: { places, most: 6 } });
    leave();
    assert.ok(most <= 3, `${most} at once`);
  });
});
