import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeServer } from './close-server.ts';
import { fakeContext } from './fake-context.test.fixture.ts';

const WARNING = { 0: '', 1: 'WARNING: 1 request was cut off\n', 2: 'WARNING: 2 requests were cut off\n' };

test('what was cut is said', async () => {
  for (const [count, words] of Object.entries(WARNING)) {
    const context = fakeContext();
    await closeServer({ close: async () => Number(count) }, context);
    assert.equal(context.err(), words);
  }
});

test('who has to wait is told for what, once, and not when it was quick', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const context = fakeContext();
  const { promise, resolve } = waiting();
  const closed = closeServer({ close: () => promise }, context);
  t.mock.timers.tick(999);
  assert.equal(context.err(), '');
  t.mock.timers.tick(60_000);
  assert.match(context.err(), /^Waiting [^\n]*Ctrl-C[^\n]*\n$/);
  resolve(0);
  await closed;

  const quick = fakeContext();
  await closeServer({ close: async () => 0 }, quick);
  t.mock.timers.tick(60_000);
  assert.equal(quick.err(), '');
});

function waiting(): { readonly promise: Promise<number>; readonly resolve: (count: number) => void } {
  let resolve: (count: number) => void = () => {};
  const promise = new Promise<number>((done) => (resolve = done));
  return { promise, resolve };
}
