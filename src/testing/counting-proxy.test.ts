import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCountingProxy } from './counting-proxy.ts';
import { slow } from './faults/connection.ts';
import { buildImage } from './images/image.ts';
import { ask } from './registry/ask.ts';
import { startRegistry } from './registry/start.ts';

test('counts what passes, per connection and in all', async () => {
  const image = buildImage({ layers: [{ fill: 100_000 }] });
  const [layer] = image.layers;
  assert.ok(layer !== undefined);
  const registry = await startRegistry({ images: { 'app:1': image } });
  const proxy = await startCountingProxy(registry.host);
  try {
    const url = `http://${proxy.host}/v2/app/blobs/${layer.digest}`;
    const whole = await ask(url);
    assert.deepEqual(whole.body, Buffer.from(layer.bytes));
    await ask(url, { headers: { range: 'bytes=0-9' } });
    const [first, second] = proxy.connections;
    assert.ok(first !== undefined && second !== undefined);
    assert.ok(first.down > layer.bytes.length && first.down < layer.bytes.length + 1000, `${first.down} bytes`);
    assert.ok(second.down > 10 && second.down < 1000 && second.up > 50);
    assert.equal(proxy.down, first.down + second.down);
  } finally {
    await Promise.all([proxy.close(), registry.close()]);
  }
});

test('cut ends the connections that are open', async () => {
  const image = buildImage({ layers: [{ fill: 1_000_000 }] });
  const [layer] = image.layers;
  assert.ok(layer !== undefined);
  const registry = await startRegistry({ images: { 'app:1': image }, faults: [slow(1_000_000)] });
  const proxy = await startCountingProxy(registry.host);
  try {
    const asked = ask(`http://${proxy.host}/v2/app/blobs/${layer.digest}`, { patience: 5000 });
    while (proxy.down < 50_000) await new Promise((resolve) => setTimeout(resolve, 5));
    proxy.cut();
    const got = await asked;
    assert.equal(got.end, 'lost');
    while (proxy.connections[0]?.open !== false) await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    await Promise.all([proxy.close(), registry.close()]);
  }
});

test('is back where another one was', async () => {
  const registry = await startRegistry({ images: { 'app:1': buildImage() } });
  const first = await startCountingProxy(registry.host);
  await first.close();
  await assert.rejects(ask(`http://${first.host}/v2/`), { code: 'ECONNREFUSED' });
  const second = await startCountingProxy(registry.host, { port: Number(first.host.split(':')[1]) });
  try {
    assert.equal(second.host, first.host);
    assert.equal((await ask(`http://${second.host}/v2/`)).status, 200);
  } finally {
    await Promise.all([second.close(), registry.close()]);
  }
});
