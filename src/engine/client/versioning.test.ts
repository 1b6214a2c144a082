import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrayError, hasCode } from '#errors';
import { NEWEST_API_VERSION } from '../api/version.ts';
import { connectTo, eventually, startServer } from './engine-server.test.fixture.ts';

const pinned = {
  'of nothing': [undefined, NEWEST_API_VERSION],
  'as it is': ['1.40', '1.40'],
  'with a v': ['v1.40', '1.40'],
} as const;

for (const [name, [version, expected]] of Object.entries(pinned)) {
  test(`a version ${name} is asked for nowhere`, async (t) => {
    const server = await startServer(t, (_, response) => void response.end('{}'));
    const connection = connectTo(t, { host: server.host, version });
    await connection.json({ method: 'GET', path: '/info' });
    assert.deepEqual(server.asked, [`GET /v${expected}/info`]);
  });
}

test('what is no version is refused at once', (t) => {
  for (const version of ['latest', '1', '1.x', '1.47/../x']) {
    assert.throws(
      () => connectTo(t, { version }),
      (error: unknown) => hasCode(error, 'INVALID_OPTION'),
    );
  }
});

const NEGOTIATED: readonly (readonly [header: string | undefined, used: string])[] = [
  ['1.43', '1.43'],
  [NEWEST_API_VERSION, NEWEST_API_VERSION],
  ['1.99', NEWEST_API_VERSION],
  ['2.0', NEWEST_API_VERSION],
  ['1.24', '1.24'],
  [undefined, '1.24'],
];

for (const [header, used] of NEGOTIATED) {
  test(`an engine of ${header ?? 'no version'} is asked in ${used}`, async (t) => {
    const server = await startServer(t, (_, response) => {
      if (header !== undefined) response.setHeader('Api-Version', header);
      response.end('{}');
    });
    const connection = connectTo(t, { host: server.host, version: 'negotiate' });
    await Promise.all([1, 2, 3].map(() => connection.json({ method: 'GET', path: '/info' })));
    const asked = [...server.asked];
    assert.equal(asked.shift(), 'HEAD /_ping');
    assert.deepEqual(
      asked,
      [1, 2, 3].map(() => `GET /v${used}/info`),
    );
  });
}

test('an engine that does not know HEAD is asked by GET', async (t) => {
  const server = await startServer(t, (request, response) => {
    response.statusCode = request.method === 'HEAD' ? 405 : 200;
    response.setHeader('Api-Version', '1.30').end('OK');
  });
  const connection = connectTo(t, { host: server.host, version: 'negotiate' });
  assert.equal(await connection.version(), '1.30');
  assert.deepEqual(server.asked, ['HEAD /_ping', 'GET /_ping']);
});

for (const [header, code] of [
  ['1.12', 'UNSUPPORTED'],
  ['<script>', 'BAD_RESPONSE'],
] as const) {
  test(`an engine of ${header} is refused`, async (t) => {
    const server = await startServer(t, (_, response) => void response.setHeader('Api-Version', header).end());
    const connection = connectTo(t, { host: server.host, version: 'negotiate' });
    await assert.rejects(connection.version(), (error: unknown) => hasCode(error, code));
  });
}

test('a failure is not remembered', async (t) => {
  let fails = true;
  const server = await startServer(t, (_, response) => {
    response.statusCode = fails ? 503 : 200;
    response.setHeader('Api-Version', '1.40').end();
  });
  const connection = connectTo(t, { host: server.host, version: 'negotiate' });
  await assert.rejects(connection.version(), (error: unknown) => hasCode(error, 'SERVER_FAILED'));
  fails = false;
  assert.equal(await connection.version(), '1.40');
});

test('who gives up leaves the others waiting, and the last one ends the question', async (t) => {
  let closed = 0;
  const server = await startServer(t, (_, response) => void response.on('close', () => closed++));
  const connection = connectTo(t, { host: server.host, version: 'negotiate' });
  const [first, second] = [new AbortController(), new AbortController()];
  const answers = [first, second].map(({ signal }) => connection.version({ signal }));
  const settled = Promise.allSettled(answers);
  await eventually(() => server.asked.length === 1);
  first.abort();
  await assert.rejects(answers[0] as Promise<string>, (error: unknown) => hasCode(error, 'CANCELLED'));
  assert.equal(closed, 0);
  second.abort(new DrayError('BUSY', 'enough'));
  await settled;
  await eventually(() => closed === 1);
  assert.equal(server.asked.length, 1);
});

test('who comes when the question was just given up asks anew', async (t) => {
  let isSilent = true;
  const server = await startServer(t, (_, response) => {
    if (!isSilent) response.setHeader('Api-Version', '1.40').end();
  });
  const connection = connectTo(t, { host: server.host, version: 'negotiate' });
  const stop = new AbortController();
  const answer = connection.version({ signal: stop.signal });
  await eventually(() => server.asked.length === 1);
  isSilent = false;
  stop.abort();
  await assert.rejects(answer, (error: unknown) => hasCode(error, 'CANCELLED'));
  assert.equal(await connection.version(), '1.40');
});
