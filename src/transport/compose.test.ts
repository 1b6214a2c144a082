import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compose } from './compose.ts';
import { cannedTransport } from './fixtures/canned.test.fixture.ts';
import { recording } from './recording.ts';
import type { Middleware } from './types.ts';

test('the first middleware is the outermost', async () => {
  const order: string[] = [];
  const named =
    (name: string): Middleware =>
    (next) =>
    async (request) => {
      order.push(`${name} in`);
      const response = await next(request);
      order.push(`${name} out`);
      return response;
    };
  const canned = cannedTransport(() => ({ status: 200 }));
  await compose(named('a'), named('b'))(canned.send)({ method: 'GET', url: new URL('http://h/') });
  assert.deepEqual(order, ['a in', 'b in', 'b out', 'a out']);
  assert.equal(compose()(canned.send), canned.send);
});

test('a recording keeps requests in the order in which they begin, failures too', async () => {
  const seen = recording();
  const canned = cannedTransport((request) => {
    if (request.url.pathname === '/bad') throw new Error('no');
    return { status: 204 };
  });
  const send = seen.middleware(canned.send);
  await send({ method: 'GET', url: new URL('http://h/a?b'), headers: { accept: 'x' } });
  await assert.rejects(send({ method: 'HEAD', url: new URL('http://h/bad') }));
  assert.deepEqual(seen.requests, [
    { method: 'GET', url: 'http://h/a?b', headers: { accept: 'x' }, status: 204 },
    { method: 'HEAD', url: 'http://h/bad', headers: {}, status: undefined },
  ]);
});
