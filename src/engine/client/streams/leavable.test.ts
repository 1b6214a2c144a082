import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createEngine, type Engine } from '../create-engine.ts';
import { eventually, startServer } from '../engine-server.test.fixture.ts';

/** One that answers with its head alone, and how many connections to it are open. */
async function silentEngine(t: TestContext): Promise<{ readonly engine: Engine; readonly open: () => number }> {
  const server = await startServer(t, (request, response) => {
    request.resume();
    response.flushHeaders();
  });
  const engine = createEngine({ host: server.host, version: '1.51' });
  t.after(() => engine.close());
  const open = (): number => server.sockets.filter(({ destroyed }) => !destroyed).length;
  return { engine, open };
}

const STREAMS: Readonly<Record<string, (engine: Engine) => AsyncIterable<unknown>>> = {
  events: ({ events }) => events(),
  logs: ({ containers }) => containers.logs('web', { follow: true }),
  stats: ({ containers }) => containers.stats('web'),
  save: ({ images }) => images.save('app'),
  pull: ({ images }) => images.pull('app'),
  'a raw pull': ({ images }) => images.pull('app').raw(),
};

for (const [name, begin] of Object.entries(STREAMS)) {
  test(`${name}: a reader that leaves while nothing comes closes the connection`, async (t) => {
    const { engine, open } = await silentEngine(t);
    const stream = Readable.from(begin(engine));
    stream.resume().on('error', () => {});
    await eventually(() => open() === 1);
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.destroy();
    await closed;
    await eventually(() => open() === 0);
  });
}

test('an output that fails while nothing comes closes the connection', async (t) => {
  const { engine, open } = await silentEngine(t);
  const output = new Writable();
  const copied = engine.images.pull('app').copyTo(output);
  await eventually(() => open() === 1);
  output.destroy(new Error('EPIPE'));
  await assert.rejects(copied, { code: 'IO_FAILED' });
  await eventually(() => open() === 0);
});
