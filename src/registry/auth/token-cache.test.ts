import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldClock, scripted } from './support.test.ts';
import { TokenCache } from './token-cache.ts';
import type { TokenOrder } from './token-order.ts';

test('tokens are kept by realm, service and scopes in any order, and not without end', async () => {
  const { transport, seen } = scripted(() => ({ body: '{"token":"t","expires_in":3600}' }));
  const clock = heldClock();
  const cache = new TokenCache(clock);
  const asking = { name: 'registry.example', url: new URL('https://registry.example') };
  const order = (change: Partial<TokenOrder> = {}): TokenOrder => ({
    asking,
    realm: new URL('https://auth.example/token'),
    service: 's',
    scopes: ['a', 'b'],
    credential: undefined,
    ...change,
  });
  const asks = async (change?: Partial<TokenOrder>): Promise<number> => {
    const before = seen.length;
    await cache.get(order(change), { transport, clock, clientId: 'dray' });
    return seen.length - before;
  };
  assert.equal(await asks(), 1);
  assert.equal(await asks({ scopes: ['b', 'a'] }), 0);
  assert.equal(await asks({ scopes: ['a'] }), 1);
  assert.equal(await asks({ service: 'other' }), 1);
  assert.equal(await asks({ realm: new URL('https://auth.example/other') }), 1);
  assert.equal(await asks(), 0);
  for (let at = 0; at < 300; at++) await asks({ scopes: [`${at}`] });
  assert.equal(await asks({ scopes: ['299'] }), 0);
  assert.equal(await asks(), 1, 'the oldest are forgotten');
});
