import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Source } from '#content';
import { type Content, collect, contentOf } from './content.ts';
import { lacks, rejects } from './expect.ts';

export interface OpenSource {
  readonly source: Source;
  close(): Promise<void>;
}

export interface SourceCapabilities {
  /** `fetch` starts where `offset` says; without it a place may start at 0. */
  readonly offsets: boolean;
}

const LARGE = contentOf(3 * 1024 * 1024 + 17, 2);
const SMALL = contentOf(1000, 3);
const EMPTY = contentOf(0);
const LONG_DIGEST = contentOf(70_000, 4, 'sha512');
const CONTENTS = [LARGE, SMALL, EMPTY, LONG_DIGEST];

/**
 * What any place must do that content can be read from.
 * @param open a place that holds these contents, and nothing else of this suite's
 */
export function sourceSuite(
  name: string,
  open: (contents: readonly Content[]) => Promise<OpenSource>,
  capabilities: SourceCapabilities,
): void {
  const test = (title: string, body: (source: Source) => Promise<void>): void => {
    it(title, async () => {
      const { source, close } = await open(CONTENTS);
      try {
        await body(source);
      } finally {
        await close();
      }
    });
  };
  describe(`${name} as a source`, () => {
    wholes(test);
    parts(test, capabilities);
  });
}

type Test = (title: string, body: (source: Source) => Promise<void>) => void;

function wholes(test: Test): void {
  test('gives what it holds, by iteration', async (source) => {
    for (const { descriptor, bytes } of CONTENTS) {
      assert.ok(Buffer.from(bytes).equals(await collect(await source.fetch(descriptor))), descriptor.digest);
    }
  });
  test('gives what it holds, poured', async (source) => {
    for (const content of CONTENTS) {
      const chunks: Uint8Array[] = [];
      const fetched = await source.fetch(content.descriptor);
      await fetched.pour((chunk) => {
        chunks.push(new Uint8Array(chunk));
      });
      assert.ok(Buffer.from(content.bytes).equals(Buffer.concat(chunks)));
    }
  });
  test('knows what it holds', async (source) => {
    for (const { descriptor } of CONTENTS) assert.equal(await source.has(descriptor), true);
  });
  test('says that it does not hold the unknown', async (source) => {
    await lacks(source, contentOf(500, 99));
    await lacks(source, contentOf(500, 99, 'sha512'));
  });
  test('gives the same content to several readers at once', async (source) => {
    const all = await Promise.all(Array.from({ length: 5 }, () => source.fetch(LARGE.descriptor).then(collect)));
    for (const bytes of all) assert.ok(Buffer.from(LARGE.bytes).equals(bytes));
  });
  test('stops when the reader has enough, and can be read again', async (source) => {
    for await (const chunk of await source.fetch(LARGE.descriptor)) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.ok(Buffer.from(LARGE.bytes).equals(await collect(await source.fetch(LARGE.descriptor))));
  });
  test('stops pouring when the sink says false', async (source) => {
    let calls = 0;
    await (await source.fetch(LARGE.descriptor)).pour(() => {
      calls += 1;
      return false;
    });
    assert.equal(calls, 1);
  });
  test('gives the error of the sink to whoever pours', async (source) => {
    const fetched = await source.fetch(LARGE.descriptor);
    const pouring = fetched.pour(() => {
      throw new RangeError('the sink broke');
    });
    await assert.rejects(pouring, RangeError);
  });
  test('does not begin when cancelled', async (source) => {
    const signal = AbortSignal.abort();
    await rejects(
      source.fetch(LARGE.descriptor, { signal }).then((fetched) => fetched.pour(() => undefined)),
      'CANCELLED',
    );
  });
  test('stops when cancelled in the middle', async (source) => {
    const controller = new AbortController();
    const fetched = await source.fetch(LARGE.descriptor, { signal: controller.signal });
    let received = 0;
    const pouring = fetched.pour((chunk) => {
      received += chunk.length;
      controller.abort();
    });
    await rejects(pouring, 'CANCELLED');
    assert.ok(received < LARGE.bytes.length);
  });
}

function parts(test: Test, capabilities: SourceCapabilities): void {
  const cases = [
    { offset: 1 },
    { offset: 65_536 },
    { offset: 1_048_577, end: 1_048_578 },
    { offset: 0, end: 700_000 },
    { offset: LARGE.bytes.length - 1 },
    { end: 1 },
  ];
  for (const part of cases) {
    test(`gives a part: ${JSON.stringify(part)}`, async (source) => {
      const fetched = await source.fetch(LARGE.descriptor, part);
      const { offset = 0, end = LARGE.bytes.length } = part;
      if (capabilities.offsets) assert.equal(fetched.offset, offset);
      else assert.ok(fetched.offset === offset || fetched.offset === 0);
      const found = Buffer.from(await collect(fetched));
      // More than was asked for may come, never less.
      assert.ok(found.length >= end - fetched.offset);
      const expected = Buffer.from(LARGE.bytes.subarray(fetched.offset, fetched.offset + found.length));
      assert.ok(expected.equals(found));
    });
  }
}
