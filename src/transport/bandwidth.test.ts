import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bandwidth } from './bandwidth.ts';
import { ok } from './fixtures/raw-server.test.fixture.ts';
import { scene } from './fixtures/scene.test.fixture.ts';

test('what was received is paid for at the rate, and time without bytes is not saved up', () => {
  let now = 1000;
  const bandwidth = new Bandwidth(1000, () => now);
  assert.equal(bandwidth.spend(100), 100);
  assert.equal(bandwidth.spend(50), 150);
  now = 1100;
  assert.equal(bandwidth.spend(50), 100);
  now = 60_000;
  assert.equal(bandwidth.spend(200), 200);
});

test('all connections together keep to the limit, and being held back is no stall', async (t) => {
  const { get, text } = await scene(t, ok(Buffer.alloc(100_000)), { limitRate: 500_000, stallTimeout: 60 });
  const began = performance.now();
  let received = 0;
  await Promise.all([
    get().then(({ body }) => body.pour((chunk) => void (received += chunk.length))),
    get().then(({ body }) => body.pour((chunk) => void (received += chunk.length))),
    text(),
  ]);
  const took = performance.now() - began;
  assert.equal(received, 200_000);
  // 300 kB at 500 kB/s are 600 ms; the last read of each is not waited for.
  assert.ok(took > 350, `${took} ms`);
});
