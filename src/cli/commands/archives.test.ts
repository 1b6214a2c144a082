import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { DrayError } from '#errors';
import type { ImportOptions, LoadedImage, LoadOptions, SaveOptions } from '#image';
import type { Descriptor, Digest } from '#oci';
import type { ArchiveOrigin } from '#store';
import { type FakeContext, type FakeOptions, fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const digestOf = (start: string): Digest => `sha256:${start.padEnd(64, '0')}`;
const ROOT: Descriptor = { mediaType: 'application/x-index', digest: digestOf('eae16ba2ef02'), size: 500 };

function loaded(...names: readonly string[]): LoadedImage {
  return { names, moved: [], id: digestOf('abc'), root: ROOT, platforms: [] };
}

interface Outcome {
  readonly status: number;
  readonly context: FakeContext;
  readonly asked: {
    origin?: ArchiveOrigin;
    load?: LoadOptions;
    save?: SaveOptions;
    import?: ImportOptions;
    images?: readonly string[];
  };
}

async function call(
  words: readonly string[],
  images: readonly LoadedImage[] = [],
  more: FakeOptions = {},
): Promise<Outcome> {
  const asked: Outcome['asked'] = {};
  const context = fakeContext({
    dray: {
      load: async (origin, options = {}) => {
        Object.assign(asked, { origin, load: options });
        return { format: 'docker-archive', images, bytes: { total: 1, present: 0 } };
      },
      save: async (names, options) => {
        Object.assign(asked, { images: names, save: options });
        options.onEvent?.({ kind: 'output-written', path: 'a.tar', format: 'docker-archive', size: 1 });
        return { images: [], size: 1, leftOut: [] };
      },
      importImage: async (origin, options = {}) => {
        Object.assign(asked, { origin, import: options });
        return { id: digestOf('def'), name: undefined, root: ROOT, layer: ROOT };
      },
    },
    ...more,
  });
  const status = await run(words, context);
  return { status, context, asked };
}

test("load: docker's lines", async () => {
  const moved = { ...loaded('app:1', 'app:2'), moved: [{ name: 'app:2', from: digestOf('0ld') }] };
  const { status, context, asked } = await call(['load', '-i', 'a.tar'], [moved, loaded()]);
  assert.equal(status, 0);
  assert.deepEqual(asked.origin, { path: 'a.tar' });
  assert.equal(
    context.out(),
    'Loaded image: app:1\n' +
      `The image app:2 already exists, renaming the old one with ID ${digestOf('0ld')} to empty string\n` +
      'Loaded image: app:2\n' +
      `Loaded image ID: ${digestOf('abc')}\n`,
  );
  assert.equal(context.err(), '');
});

test('load: from stdin, but not from a terminal', async () => {
  const { asked } = await call(['image', 'load', '-q', '--platform', 'linux/arm64,linux/amd64'], [loaded('a:1')]);
  assert.ok(asked.origin !== undefined && 'stream' in asked.origin);
  assert.deepEqual(asked.load?.platform, ['linux/arm64', 'linux/amd64']);
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const refused = await call(['load'], [], { stdin });
  assert.equal(refused.status, 1);
  assert.match(refused.context.err(), /requested load from stdin, but stdin is empty/);
  assert.equal(refused.asked.origin, undefined);
});

test('load: a document, and an error', async () => {
  const { context } = await call(['load', '--json', '-i', 'a.tar'], [loaded('a:1')]);
  assert.deepEqual((JSON.parse(context.out()) as { images: unknown[] }).images.length, 1);
  const failing = { load: async () => Promise.reject(new DrayError('CORRUPT_LAYER', 'cannot read a.tar')) };
  const { status, context: failed } = await call(['load', '-i', 'a.tar'], [], { dray: failing });
  assert.equal(status, 1);
  assert.equal(failed.out(), '');
  assert.match(failed.err(), /cannot read a\.tar/);
});

test('save: where to', async () => {
  const { status, context, asked } = await call(['save', '-o', 'a.tar', '--without', 'b.tar', 'a', 'b:2']);
  assert.equal(status, 0);
  assert.equal(context.out() + context.err(), '');
  assert.deepEqual(asked.images, ['a', 'b:2']);
  assert.deepEqual([asked.save?.output, asked.save?.without], [{ path: 'a.tar', format: undefined }, ['b.tar']]);
  const piped = await call(['save', 'a']);
  assert.equal(piped.asked.save?.output.stream, piped.context.stdout);
});

test('save: what cannot be', async () => {
  const terminal = await call(['save', 'a'], [], { terminal: { stdout: true } });
  assert.equal(terminal.status, 1);
  assert.match(terminal.context.err(), /cowardly refusing to save to a terminal/);
  for (const words of [['--json', 'a'], ['--as', 'oci-dir', 'a'], ['--as', 'zip', 'a'], ['-o', 'oci:b', 'a'], []]) {
    const { status, asked } = await call(['save', ...words]);
    assert.notEqual(status, 0, words.join(' '));
    assert.equal(asked.images, undefined);
  }
});

test('import: the id, and what was asked for', async () => {
  const { status, context, asked } = await call(
    ['import', '-c', 'CMD ["a"]', '--change', 'ENV A=1', '-m', 'mine', 'root.tar', 'base:1'],
    [],
    { env: { SOURCE_DATE_EPOCH: '1767225600' } },
  );
  assert.equal(status, 0);
  assert.equal(context.out(), `${digestOf('def')}\n`);
  assert.deepEqual(asked.origin, { path: 'root.tar' });
  assert.deepEqual(asked.import?.changes, ['CMD ["a"]', 'ENV A=1']);
  assert.deepEqual([asked.import?.message, asked.import?.reference], ['mine', 'base:1']);
  assert.equal(asked.import?.created, '2026-01-01T00:00:00.000Z');
  assert.ok('stream' in ((await call(['import', '-'])).asked.origin ?? {}));
  assert.equal((await call(['import', 'https://example.com/root.tar'])).status, 1);
  assert.equal((await call(['import', '-'], [], { env: { SOURCE_DATE_EPOCH: 'x' } })).status, 1);
});
