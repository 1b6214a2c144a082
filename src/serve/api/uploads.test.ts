import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import { digestOf } from '#oci';
import type { AccessControl } from '../access/port.ts';
import { apiError } from '../http/api-error.ts';
import type { AnswerRecord, RegistryEvent } from '../observe/port.ts';
import { type Answer, pushBlob, type Served, served } from './served.test.fixture.ts';

const CONTENT = randomBytes(100_000);
const DIGEST = digestOf(CONTENT);
const UPLOADS = '/v2/team/app/blobs/uploads/';

async function begin(registry: Served): Promise<string> {
  const { status, headers } = await registry.ask('POST', UPLOADS);
  assert.equal(status, 202);
  assert.equal(headers.range, '0-0');
  assert.match(String(headers['docker-upload-uuid']), /^[A-Za-z0-9-]+$/);
  assert.equal(headers['content-length'], '0');
  assert.equal(headers['docker-distribution-api-version'], 'registry/2.0');
  return headers.location ?? '';
}

function created(answer: Answer, digest = DIGEST): void {
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.location, `/v2/team/app/blobs/${digest}`);
  assert.equal(answer.headers['docker-content-digest'], digest);
}

async function isThere(registry: Served, digest = DIGEST, content = CONTENT): Promise<void> {
  const answer = await registry.ask('GET', `/v2/team/app/blobs/${digest}`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['docker-content-digest'], digest);
  assert.equal(answer.headers.etag, `"${digest}"`);
  assert.ok(answer.body.equals(content));
}

test('a blob in one PUT', async (t) => {
  const registry = await served(t);
  created(await registry.ask('PUT', `${await begin(registry)}?digest=${DIGEST}`, { body: CONTENT }));
  await isThere(registry);
});

test('a blob in one POST, also an empty one', async (t) => {
  const registry = await served(t);
  created(await registry.ask('POST', `${UPLOADS}?digest=${DIGEST}`, { body: CONTENT }));
  await isThere(registry);
  created(await registry.ask('POST', `${UPLOADS}?digest=${digestOf('')}`), digestOf(''));
  await isThere(registry, digestOf(''), Buffer.alloc(0));
  const text = Buffer.from('of a length that nobody has said');
  const headers = { 'transfer-encoding': 'chunked' };
  for (const [digest, status] of [
    [DIGEST, 400],
    [digestOf(text), 201],
  ] as const) {
    assert.equal((await registry.ask('POST', `${UPLOADS}?digest=${digest}`, { body: text, headers })).status, status);
  }
  await isThere(registry, digestOf(text), text);
});

test('a POST with a digest and no content begins an upload', async (t) => {
  const registry = await served(t);
  const { status, headers } = await registry.ask('POST', `${UPLOADS}?digest=${DIGEST}`);
  assert.equal(status, 202);
  created(await registry.ask('PUT', `${headers.location}?digest=${DIGEST}`, { body: CONTENT }));
});

test('chunks come in order, and a chunk out of order is told where to go on', async (t) => {
  const registry = await served(t);
  const location = await begin(registry);
  const patch = (range: string, body: Uint8Array): Promise<Answer> =>
    registry.ask('PATCH', location, { headers: { 'content-range': range }, body });
  const first = await patch('0-39999', CONTENT.subarray(0, 40_000));
  assert.equal(first.status, 202);
  assert.equal(first.headers.range, '0-39999');
  for (const wrong of ['0-39999', '50000-59999', '40001-49999', '39999-49999', 'x-y', '', '40000-1', '40000-99999']) {
    const refused = await patch(wrong, CONTENT.subarray(40_000, 50_000));
    assert.equal(refused.status, 416, wrong);
    assert.equal(refused.headers.range, '0-39999');
    assert.equal(refused.headers.location, location);
    assert.deepEqual(refused.codes, ['BLOB_UPLOAD_INVALID']);
  }
  const status = await registry.ask('GET', location);
  assert.equal(status.status, 204);
  assert.equal(status.headers.range, '0-39999');
  assert.equal((await patch('40000-79999', CONTENT.subarray(40_000, 80_000))).headers.range, '0-79999');
  const last = { headers: { 'content-range': '80000-99999' }, body: CONTENT.subarray(80_000) };
  created(await registry.ask('PUT', `${location}?digest=${DIGEST}`, last));
  await isThere(registry);
  assert.equal((await registry.ask('GET', location)).status, 404);
});

test('chunks without a range are added as they come', async (t) => {
  const registry = await served(t);
  const location = await begin(registry);
  await registry.ask('PATCH', location, { body: CONTENT.subarray(0, 10) });
  await registry.ask('PATCH', location, { body: CONTENT.subarray(10), headers: { 'transfer-encoding': 'chunked' } });
  created(await registry.ask('PUT', `${location}?digest=${DIGEST}`));
  await isThere(registry);
});

test('what arrived of a request that broke off is kept', async (t) => {
  const registry = await served(t);
  const location = await begin(registry);
  const socket = connect(registry.port, '127.0.0.1');
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nContent-Range: 0-99999\r\n\r\n`);
  socket.write(CONTENT.subarray(0, 60_000));
  let size = 0;
  while (size < 60_000) {
    const { headers } = await registry.ask('GET', location);
    size = Number(/^0-(\d+)$/.exec(headers.range ?? '')?.[1] ?? 0) + 1;
  }
  socket.destroy();
  const rest = { headers: { 'content-range': '60000-99999' }, body: CONTENT.subarray(60_000) };
  let answer = await registry.ask('PATCH', location, rest);
  // until the server has seen that the other one is gone
  while (answer.status === 409) answer = await registry.ask('PATCH', location, rest);
  assert.equal(answer.status, 202);
  created(await registry.ask('PUT', `${location}?digest=${DIGEST}`));
  await isThere(registry);
});

test('other content than the digest says is no blob', async (t) => {
  const registry = await served(t);
  for (const [digest, status] of [
    [digestOf('other'), 400],
    ['sha256:short', 400],
    ['md5:d41d8cd98f00b204e9800998ecf8427e', 400],
    ['', 400],
  ] as const) {
    const answer = await registry.ask('PUT', `${await begin(registry)}?digest=${digest}`, { body: CONTENT });
    assert.equal(answer.status, status, digest);
    assert.deepEqual(answer.codes, ['DIGEST_INVALID']);
  }
  assert.equal((await registry.ask('HEAD', `/v2/team/app/blobs/${digestOf('other')}`)).status, 404);
});

test('an upload that was given up, or is of another repository, is unknown', async (t) => {
  const registry = await served(t);
  const location = await begin(registry);
  const elsewhere = location.replace('team/app', 'team/other');
  for (const [method, path] of [
    ['GET', elsewhere],
    ['PATCH', elsewhere],
    ['PUT', `${elsewhere}?digest=${DIGEST}`],
    ['DELETE', elsewhere],
    ['GET', `${UPLOADS}..%2f..%2fx`],
  ] as const) {
    const answer = await registry.ask(method, path, method === 'PATCH' ? { body: CONTENT } : {});
    assert.equal(answer.status, 404, `${method} ${path}`);
    assert.deepEqual(answer.codes, ['BLOB_UPLOAD_UNKNOWN']);
  }
  assert.equal((await registry.ask('DELETE', location)).status, 204);
  assert.equal((await registry.ask('DELETE', location)).status, 404);
});

test('a blob is mounted from where the client may read it', async (t) => {
  const guarded: AccessControl = {
    admit: () => ({ actor: { name: 'me', may: (repository) => !repository.startsWith('secret') } }),
  };
  const registry = await served(t, { access: guarded });
  const hidden = await pushBlob(registry, 'secret/app', Buffer.from('hidden'));
  const open = await pushBlob(registry, 'open/app', Buffer.from('open'));
  const mount = (query: string): Promise<Answer> => registry.ask('POST', `${UPLOADS}?${query}`);
  assert.equal((await mount(`mount=${open}&from=open/app`)).status, 201);
  assert.equal((await mount(`mount=${open}`)).status, 201);
  assert.equal((await mount(`mount=${open}&from=nowhere`)).status, 202);
  assert.equal((await mount(`mount=${hidden}&from=secret/app`)).status, 202);
  assert.equal((await mount(`mount=${hidden}`)).status, 202);
  assert.equal((await mount('mount=nonsense')).status, 400);
  assert.equal((await registry.ask('HEAD', `/v2/team/app/blobs/${hidden}`)).status, 404);
  assert.equal((await registry.ask('HEAD', `/v2/team/app/blobs/${open}`)).status, 200);
});

test('policies are asked before anything is kept', async (t) => {
  const events: RegistryEvent[] = [];
  const registry = await served(t, {
    observers: [{ happened: (event) => void events.push(event) }],
    policies: [
      {
        allowBytes: (_repository, bytes) => {
          if (bytes > 1000) throw apiError(403, 'DENIED', 'quota exceeded');
        },
      },
    ],
  });
  const refused = await registry.ask('PATCH', await begin(registry), { body: CONTENT });
  assert.deepEqual([refused.status, refused.codes], [403, ['DENIED']]);
  const chunked = await begin(registry);
  await registry.ask('PATCH', chunked, { body: CONTENT, headers: { 'transfer-encoding': 'chunked' } });
  assert.equal((await registry.ask('PUT', `${chunked}?digest=${DIGEST}`)).status, 403);
  const whole = { body: CONTENT, headers: { 'transfer-encoding': 'chunked' } };
  const path = `${UPLOADS}?digest=${DIGEST}`;
  assert.deepEqual((await registry.ask('POST', path, whole)).codes, ['DENIED']);
  assert.equal((await registry.ask('HEAD', `/v2/team/app/blobs/${DIGEST}`)).status, 404);
  assert.deepEqual(events, []);
  const small = Buffer.from('small');
  created(await registry.ask('POST', `${UPLOADS}?digest=${digestOf(small)}`, { body: small }), digestOf(small));
  assert.deepEqual(
    events.map(({ action, kind, size }) => [action, kind, size]),
    [['push', 'blob', 5]],
  );
});

test('a mount from what is no name of a repository is an upload', async (t) => {
  const asked: string[] = [];
  const may = (name: string): boolean => asked.push(name) > 0;
  const access: AccessControl = { admit: () => ({ actor: { name: undefined, may } }) };
  const registry = await served(t, { access });
  await pushBlob(registry, 'secret', CONTENT);
  const { status } = await registry.ask('POST', `${UPLOADS}?mount=${DIGEST}&from=public/../secret`);
  assert.equal(status, 202);
  assert.deepEqual(asked, []);
});

test('an algorithm that no digest can have begins no upload', async (t) => {
  const registry = await served(t);
  assert.equal((await registry.ask('POST', `${UPLOADS}?digest-algorithm=sha512`)).status, 202);
  const refused = await registry.ask('POST', `${UPLOADS}?digest-algorithm=md5`);
  assert.deepEqual([refused.status, refused.codes], [400, ['DIGEST_INVALID']]);
});

test('errors give nothing back that could work on a terminal', async (t) => {
  const registry = await served(t);
  const { body } = await registry.ask('GET', '/v2/app/manifests/%E2%80%AE%1b%5b31m');
  assert.doesNotMatch(JSON.stringify(JSON.parse(body.toString())), /\u202e|\\u001b/i);
});

test('a client that leaves before its answer is told of without a status that it never had', async (t) => {
  const records: AnswerRecord[] = [];
  let isTold = (): void => undefined;
  const told = new Promise<void>((resolve) => {
    isTold = resolve;
  });
  const answered = (record: AnswerRecord): void => {
    records.push(record);
    if (record.aborted) isTold();
  };
  const registry = await served(t, { observers: [{ answered }] });
  const location = await begin(registry);
  const socket = connect(registry.port, '127.0.0.1');
  socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nsome`);
  while (!/0-3/.test(String((await registry.ask('GET', location)).headers.range)));
  socket.destroy();
  await told;
  assert.deepEqual(
    records.filter(({ aborted }) => aborted).map(({ status }) => status),
    [499],
  );
});
