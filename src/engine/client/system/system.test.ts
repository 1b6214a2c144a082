import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { fakeConnection } from '../fake-connection.test.fixture.ts';
import { systemOf } from './system.ts';

test('a ping reads what the engine says of itself in headers, and does without', async () => {
  const headers = {
    'api-version': '1.51',
    ostype: 'linux',
    'docker-experimental': 'true',
    'builder-version': ['2'],
    swarm: 'inactive',
  };
  const connection = fakeConnection(() => ({ headers, body: 'OK' }));
  assert.deepEqual(await systemOf(connection).ping(), {
    apiVersion: '1.51',
    osType: 'linux',
    experimental: true,
    builderVersion: '2',
    swarm: 'inactive',
  });
  assert.deepEqual(connection.requests[0]?.versioned, false);
  assert.deepEqual(await systemOf(fakeConnection(() => ({ headers: { swarm: '' } }))).ping(), {
    apiVersion: undefined,
    osType: undefined,
    experimental: false,
    builderVersion: undefined,
    swarm: undefined,
  });
});

test('events are asked for when they are read; leaving the loop gives them up', async () => {
  const connection = fakeConnection(() => ({ body: '{"Type":"image"}\n{"Type":"image"}\n' }));
  const system = systemOf(connection);
  const stream = system.events({ since: new Date(1000), until: 2, filters: { type: ['image'] } });
  assert.equal(connection.requests.length, 0);
  for await (const { Type } of stream) {
    assert.equal(Type, 'image');
    break;
  }
  assert.equal(connection.abandoned, 1);
  assert.deepEqual(connection.requests[0]?.query, { filters: '{"type":{"image":true}}', since: '1', until: '2' });
  await assert.rejects(
    async () => {
      for await (const _ of system.events({ since: 'yesterday' }));
    },
    (error) => hasCode(error, 'INVALID_OPTION'),
  );
});
