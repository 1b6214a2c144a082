import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bytesOf, pour } from '#bytes';
import { DrayError, hasCode } from '#errors';
import { type Descriptor, digestOf } from '#oci';
import type { ProgressEvent } from '#progress';
import { readDocument, readGraph } from './graph.ts';
import type { Source } from './ports.ts';

const text = new Uint8Array(Buffer.from(JSON.stringify({ os: 'linux', filler: 'x'.repeat(3000) })));
const config: Descriptor = {
  mediaType: 'application/vnd.oci.image.config.v1+json',
  digest: digestOf(text),
  size: text.length,
};
const clock = { now: () => 0, monotonic: () => performance.now(), sleep: () => Promise.resolve() };

/** Gives what `answer` makes of each request; an error in place of a chunk breaks the connection. */
function scripted(answer: (offset: number, count: number) => readonly (Uint8Array | DrayError)[]): Source & {
  readonly offsets: readonly number[];
} {
  const offsets: number[] = [];
  return {
    offsets,
    has: () => Promise.resolve(true),
    async fetch(_, { offset = 0 } = {}) {
      offsets.push(offset);
      const parts = answer(offset, offsets.length);
      async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
        for (const part of parts) {
          if (!(part instanceof Uint8Array)) throw part;
          yield* bytesOf(part);
        }
      }
      const bytes = chunks();
      return { offset, [Symbol.asyncIterator]: () => bytes, pour: (sink) => pour(bytes, sink) };
    },
  };
}

const cut = new DrayError('CONNECTION_LOST', 'cut');

describe('a document', () => {
  test('that breaks off is asked for where it stopped', async () => {
    const source = scripted((offset, count) => (count === 1 ? [text.subarray(0, 2000), cut] : [text.subarray(offset)]));
    const events: ProgressEvent[] = [];
    const read = await readDocument(source, config, { clock, onEvent: (event) => events.push(event) });
    assert.deepEqual(read, text);
    assert.deepEqual(source.offsets, [0, 2000]);
    assert.deepEqual(
      events.map((event) => event.kind),
      ['blob-retry'],
    );
  });

  test('that always breaks off', async () => {
    const source = scripted(() => [cut]);
    await assert.rejects(readDocument(source, config, { clock, retries: 3 }), (e) => hasCode(e, 'CONNECTION_LOST'));
    assert.equal(source.offsets.length, 4);
  });

  test('with wrong bytes once', async () => {
    const wrong = text.map((byte) => byte ^ 1);
    const source = scripted((_, count) => [count === 1 ? wrong : text]);
    assert.deepEqual(await readDocument(source, config, { clock }), text);
    assert.deepEqual(source.offsets, [0, 0]);
  });

  test('with wrong bytes always', async () => {
    const source = scripted(() => [text.map((byte) => byte ^ 1)]);
    await assert.rejects(readDocument(source, config, { clock }), (e) => hasCode(e, 'DIGEST_MISMATCH'));
    assert.equal(source.offsets.length, 2);
  });

  test('of another size', async () => {
    for (const bytes of [text.subarray(1), new Uint8Array([...text, 10])]) {
      const source = scripted(() => [bytes]);
      await assert.rejects(readDocument(source, config, { clock }), (e) => hasCode(e, 'SIZE_MISMATCH'));
    }
  });

  test('that claims to be larger than any may be is not asked for', async () => {
    const source = scripted(() => [text]);
    const claim = { ...config, size: 5 * 1024 * 1024 };
    await assert.rejects(readDocument(source, claim, { clock }), (e) => hasCode(e, 'TOO_LARGE'));
    assert.deepEqual(source.offsets, []);
  });

  test('whose source rejects', async () => {
    const source: Source = {
      ...scripted(() => []),
      fetch: () => Promise.reject(new DrayError('BLOB_UNKNOWN', 'gone')),
    };
    await assert.rejects(readDocument(source, config, { clock }), (e) => hasCode(e, 'BLOB_UNKNOWN'));
  });
});

describe('a graph', () => {
  test('of more bytes than memory bears is given up', async () => {
    const INDEX = 'application/vnd.oci.image.index.v1+json';
    const documents = new Map<string, Uint8Array>();
    const add = (document: unknown): Descriptor => {
      const bytes = new Uint8Array(Buffer.from(JSON.stringify(document)));
      const descriptor = { mediaType: INDEX, digest: digestOf(bytes), size: bytes.length };
      documents.set(descriptor.digest, bytes);
      return descriptor;
    };
    const filler = 'x'.repeat(3_000_000);
    const index = (manifests: readonly Descriptor[], name: string): Descriptor =>
      add({ schemaVersion: 2, mediaType: INDEX, manifests, annotations: { filler, name } });
    const nested = Array.from({ length: 15 }, (_, at) => index([], String(at)));
    let asked = 0;
    const source: Source = {
      has: () => Promise.resolve(true),
      async fetch({ digest }) {
        asked += 1;
        const bytes = bytesOf(documents.get(digest) ?? new Uint8Array());
        return { offset: 0, [Symbol.asyncIterator]: () => bytes, pour: (sink) => pour(bytes, sink) };
      },
    };
    assert.equal((await readGraph(source, index(nested.slice(0, 9), 'a few'))).nodes.length, 10);
    asked = 0;
    await assert.rejects(readGraph(source, index(nested, 'many')), (e) => hasCode(e, 'MANIFEST_INVALID'));
    assert.equal(asked, 12);
  });
});
