import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { type ArchiveSource, archiveBody } from './archive-body.ts';
import { createEngine, type Engine } from './create-engine.ts';
import { failure, startServer, temporaryFolder } from './engine-server.test.fixture.ts';

/** Listens to nothing else. */
const closing = (stream: Readable): Promise<unknown> => new Promise((resolve) => stream.once('close', resolve));

const TEXT = 'the bytes of an archive';

/** Asks for its version when it is used, and says it when `isTime`. */
async function negotiating(t: TestContext, isTime: () => Promise<unknown>): Promise<Engine> {
  const server = await startServer(t, (request, response) => {
    if (request.url !== '/_ping') return void response.end('{}');
    void isTime().then(() => response.writeHead(200, { 'Api-Version': '1.47' }).end('OK'));
  });
  const engine = createEngine({ host: server.host, version: 'negotiate' });
  t.after(() => engine.close());
  return engine;
}

const SOURCES: Readonly<Record<string, () => ArchiveSource>> = {
  'a buffer': () => Buffer.from(TEXT),
  'an array of bytes': () => new Uint8Array(Buffer.from(TEXT)),
  'a stream': () => Readable.from([Buffer.from(TEXT)]),
  'a generator': async function* () {
    yield Buffer.from(TEXT);
  },
  'a stream of the web': () => new Blob([TEXT]).stream() as ReadableStream<Uint8Array>,
};

for (const [name, source] of Object.entries(SOURCES)) {
  test(`${name} is sent`, async (t) => {
    const got: Buffer[] = [];
    const server = await startServer(t, (request, response) => {
      void buffer(request).then((bytes) => {
        got.push(bytes);
        response.end('{"status":"sha256:' + '0'.repeat(64) + '"}');
      });
    });
    const engine = createEngine({ host: server.host, version: '1.47' });
    t.after(() => engine.close());
    await engine.images.load(source()).done();
    await engine.images.import(source()).done();
    await engine.images.build(source()).done();
    await engine.containers.putArchive('web', source(), { path: '/' });
    assert.deepEqual(got.map(String), Array(4).fill(TEXT));
  });
}

const USES: readonly ((engine: Engine, source: Readable) => Promise<unknown>)[] = [
  (engine, source) => engine.images.load(source).done(),
  (engine, source) => engine.images.import(source).done(),
  (engine, source) => engine.images.build(source).done(),
  (engine, source) => engine.containers.putArchive('web', source, { path: '/' }),
];

test('a file that is not there is told by what it was for, however late it is read', async (t) => {
  const path = join(await temporaryFolder(t), 'none.tar');
  for (const use of USES) {
    let closed: Promise<unknown> = Promise.resolve();
    const engine = await negotiating(t, async () => closed);
    const source = createReadStream(path);
    closed = closing(source);
    await assert.rejects(use(engine, source), failure('IO_FAILED', /ENOENT/));
  }
});

test('a source is closed where the request is not made', async (t) => {
  for (const use of USES) {
    const source = new Readable({ read() {} });
    const closed = closing(source);
    const engine = createEngine({ host: `unix://${await temporaryFolder(t)}/none.sock`, version: 'negotiate' });
    await assert.rejects(use(engine, source), failure('CONNECT_FAILED'));
    await closed;
  }
});

test('a generator that was begun is ended where there is no connection', async (t) => {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) yield Buffer.from(TEXT);
    } finally {
      end();
    }
  }
  const engine = createEngine({ host: `unix://${await temporaryFolder(t)}/none.sock`, version: '1.47' });
  await assert.rejects(engine.images.load(source()).done(), failure('CONNECT_FAILED'));
  await ended;
});

test('so is one that is no stream', async () => {
  let isLeft = false;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => assert.fail('it is not read'),
      async return() {
        isLeft = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const refused = new Error('refused');
  await assert.rejects(
    archiveBody(source, 'it').sentBy(() => Promise.reject(refused)),
    refused,
  );
  assert.ok(isLeft);
});
