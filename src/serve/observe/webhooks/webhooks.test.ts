import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createCertificate } from '#testing';
import { createTransport } from '#transport';
import type { LogFields, ServerLog } from '../log/server-log.ts';
import { createWebhooks, type Webhooks } from './create-webhooks.ts';
import type { WebhookEndpoint, WebhookOptions } from './options.ts';
import { type Answering, DIGEST, ok, pushed, startReceiver, status } from './receiver.test.fixture.ts';

const SOURCE = { address: 'reg:5000', instance: 'i1' };
/** Milliseconds for an answer, where a test is not about them: on a slow machine the usual second may pass, and the event is told twice. */
const timeout = 60_000;

interface Told {
  readonly hooks: Webhooks;
  readonly log: string[];
}

/** Webhooks that end with the test, and what they said. */
function telling(
  t: TestContext,
  endpoint: Partial<WebhookEndpoint> & { readonly url: URL },
  options: Partial<WebhookOptions> = {},
): Told {
  const log: string[] = [];
  const say = (message: string, fields: LogFields = {}): void => void log.push(`${message}|${fields['reason'] ?? ''}`);
  const hooks = createWebhooks({
    source: SOURCE,
    log: { warn: say, info: say } as unknown as ServerLog,
    endpoints: [{ name: 'one', threshold: 2, backoff: 1, timeout, ...endpoint }],
    ...options,
  });
  t.after(async () => hooks.close({ signal: AbortSignal.abort() }));
  return { hooks, log };
}

function tell(hooks: Webhooks, ...tags: readonly string[]): void {
  for (const tag of tags) hooks.happened(pushed(tag));
}

test('an event is told as distribution tells it', async (t) => {
  const receiver = await startReceiver(t);
  const url = new URL(receiver.url);
  url.username = 'me';
  url.password = 'p:ä';
  const { hooks } = telling(t, { url, headers: { 'X-Key': ['a', 'b'], Authorization: ['Bearer t'] } });
  tell(hooks, 'v1');
  await receiver.has(1);
  const [{ method, path, headers, body } = assert.fail()] = receiver.heard;
  assert.deepEqual([method, path], ['POST', '/hook?key=s3cret']);
  assert.equal(headers['content-type'], 'application/vnd.docker.distribution.events.v1+json');
  assert.deepEqual([headers['x-key'], headers.authorization], ['a, b', 'Bearer t'], 'what is set wins over the URL');
  assert.ok(body.startsWith('{\n   "events": [\n      {\n         "id": "'));
  const [event] = (JSON.parse(body) as { events: Record<string, unknown>[] }).events;
  assert.match(String(event?.['id']), /^[\da-f-]{36}$/);
  assert.match(String(event?.['timestamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const { id: _, timestamp: __, ...rest } = event ?? {};
  assert.equal(
    JSON.stringify(rest),
    JSON.stringify({
      action: 'push',
      target: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        size: 422,
        digest: DIGEST,
        length: 422,
        repository: 'lib/app',
        url: `http://reg:5000/v2/lib/app/manifests/${DIGEST}`,
        tag: 'v1',
      },
      request: { id: 'r1', addr: '192.0.2.1:99', host: 'reg:5000', method: 'PUT', useragent: 'crane' },
      actor: { name: 'alice' },
      source: { addr: 'reg:5000', instanceID: 'i1' },
    }),
  );
});

test('what a manifest points to is told to those who want to know', async (t) => {
  const receiver = await startReceiver(t);
  const { url } = receiver;
  const hooks = createWebhooks({
    source: SOURCE,
    endpoints: [
      { name: 'a', url, timeout, references: true },
      { name: 'b', url, timeout },
    ],
  });
  t.after(async () => hooks.close());
  hooks.happened(pushed('1', { references: [{ mediaType: 'text/plain', digest: DIGEST, size: 1 }] }));
  await receiver.has(2);
  const told = receiver.heard.map(
    ({ body }) => (JSON.parse(body) as { events: [{ id: string; target: object }] }).events[0],
  );
  assert.equal(told.filter(({ target }) => 'references' in target).length, 1);
  assert.equal(told[0]?.id, told[1]?.id, 'it is one event');
});

test('a name and password in the URL become Basic authentication', async (t) => {
  const receiver = await startReceiver(t);
  const url = new URL(receiver.url);
  url.username = 'me';
  url.password = 'p:ä';
  const { hooks } = telling(t, { url });
  tell(hooks, '1');
  await receiver.has(1);
  assert.equal(receiver.heard[0]?.headers.authorization, `Basic ${Buffer.from('me:p:ä').toString('base64')}`);
});

test('targets say what is known of each kind of event', async (t) => {
  const receiver = await startReceiver(t);
  const { hooks } = telling(t, { url: receiver.url, references: true }, { origin: 'https://reg.example' });
  const references = [{ mediaType: 'text/plain', digest: DIGEST, size: 1, more: 'not told' }] as const;
  const blob = { kind: 'blob', mediaType: 'application/octet-stream', tag: undefined, actor: undefined } as const;
  const gone = { action: 'delete', actor: '' } as const;
  hooks.happened(pushed('1', { references }));
  hooks.happened(pushed('', { ...blob, action: 'mount', fromRepository: 'other' }));
  hooks.happened(pushed('', { ...gone, kind: 'manifest', tag: undefined }));
  hooks.happened(pushed('1', { ...gone, kind: 'tag' }));
  hooks.happened(pushed('', { ...gone, kind: 'repository' }));
  await receiver.has(5);
  const events = receiver.heard.map(
    ({ body }) => (JSON.parse(body) as { events: [{ target: object; actor: object }] }).events[0],
  );
  const common = { size: 422, digest: DIGEST, length: 422, repository: 'lib/app' };
  assert.deepEqual(
    events.map(({ target }) => target),
    [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        ...common,
        url: `https://reg.example/v2/lib/app/manifests/${DIGEST}`,
        tag: '1',
        references: [{ mediaType: 'text/plain', size: 1, digest: DIGEST }],
      },
      {
        mediaType: 'application/octet-stream',
        ...common,
        fromRepository: 'other',
        url: `https://reg.example/v2/lib/app/blobs/${DIGEST}`,
      },
      { digest: DIGEST, repository: 'lib/app' },
      { repository: 'lib/app', tag: '1' },
      { repository: 'lib/app' },
    ],
  );
  assert.deepEqual(
    events.slice(1).map(({ actor }) => actor),
    [{}, {}, {}, {}],
  );
});

test('an endpoint hears what it does not ignore, each in its own order', async (t) => {
  const [all, some] = [await startReceiver(t), await startReceiver(t)];
  const endpoints: readonly WebhookEndpoint[] = [
    { name: 'all', url: all.url, timeout },
    { name: 'some', url: some.url, timeout, ignore: { actions: ['pull'], mediaTypes: ['application/octet-stream'] } },
    { name: 'off', url: all.url, disabled: true },
  ];
  const hooks = createWebhooks({ source: SOURCE, endpoints });
  t.after(async () => hooks.close());
  tell(hooks, '1');
  hooks.happened(pushed('2', { action: 'pull' }));
  hooks.happened(pushed('3', { mediaType: 'application/octet-stream' }));
  tell(hooks, '4');
  await Promise.all([all.has(4), some.has(2)]);
  assert.deepEqual(
    all.heard.flatMap(({ tags }) => tags),
    ['1', '2', '3', '4'],
  );
  assert.deepEqual(
    some.heard.flatMap(({ tags }) => tags),
    ['1', '4'],
  );
  const ids = all.heard.map(({ body }) => /"id": "([^"]+)"/.exec(body)?.[1]);
  assert.equal(/"id": "([^"]+)"/.exec(some.heard[0]?.body ?? '')?.[1], ids[0], 'one event is one id');
  assert.deepEqual(
    hooks.figures().map(({ endpoint, events }) => [endpoint, events]),
    [
      ['all', 4],
      ['some', 2],
    ],
  );
});

test('an endpoint that answers errors, redirects or hangs up is told again, in order, until it takes it', async (t) => {
  const receiver = await startReceiver(t);
  const elsewhere = await startReceiver(t);
  const { hooks, log } = telling(t, {
    url: receiver.url,
    threshold: 3,
    headers: { 'x-key': ['secret'] },
  });
  const location = elsewhere.url.href;
  const answers: Answering[] = [
    status(500),
    status(401),
    status(301, { location }),
    status(307, { location }),
    (response) => void response.destroy(),
    status(202),
  ];
  receiver.answer = (response, heard) => (answers.shift() ?? ok)(response, heard);
  tell(hooks, '1', '2', '3');
  await receiver.has(8);
  assert.deepEqual(
    receiver.heard.flatMap(({ tags }) => tags),
    ['1', '1', '1', '1', '1', '1', '2', '3'],
  );
  const bodies = new Set(receiver.heard.slice(0, 6).map(({ body }) => body));
  assert.equal(bodies.size, 1, 'the same event with the same id');
  assert.equal(elsewhere.heard.length, 0);
  await hooks.close();
  const statuses = {
    '500 Internal Server Error': 1,
    '401 Unauthorized': 1,
    '301 Moved Permanently': 1,
    '307 Temporary Redirect': 1,
    '202 Accepted': 1,
    '200 OK': 2,
  };
  assert.deepEqual(hooks.figures(), [
    { endpoint: 'one', events: 3, successes: 3, failures: 4, errors: 1, dropped: 0, pending: 0, statuses },
  ]);
  assert.deepEqual(log, [
    'a webhook fails, and is tried again until it works|it answered 500 Internal Server Error',
    'a webhook takes events again|',
  ]);
});

test('an endpoint that hangs is told again, and one that answers its head and hangs has taken it', async (t) => {
  const receiver = await startReceiver(t);
  const answers: Answering[] = [() => {}];
  receiver.answer = (response, heard) =>
    (answers.shift() ?? ((late) => void late.writeHead(200).write('x')))(response, heard);
  const { hooks } = telling(t, { url: receiver.url, timeout: 300 });
  tell(hooks, '1', '2');
  // A slow machine may let further attempts go by: those are made again too.
  while (hooks.figures()[0]?.pending !== 0) await new Promise((resolve) => setImmediate(resolve));
  await hooks.close();
  const [{ successes, errors, pending } = assert.fail()] = hooks.figures();
  assert.deepEqual([successes, pending], [2, 0]);
  assert.ok(errors >= 1);
});

test('why it fails is told without what is secret', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answer = () => {};
  const { hooks, log } = telling(t, { url: receiver.url, timeout: 20, headers: { authorization: ['s3cret'] } });
  tell(hooks, '1');
  await receiver.has(3);
  await hooks.close();
  assert.equal(log[0], 'a webhook fails, and is tried again until it works|it gave no answer within 20 ms');
  assert.equal(log[1], 'events for a webhook are lost: it could not be told of them before the end|');
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const { port } = free.address() as { port: number };
  await new Promise((resolve) => free.close(resolve));
  const dead = telling(t, { url: new URL(`http://me:s3cret@127.0.0.1:${port}/?key=s3cret`) });
  tell(dead.hooks, '1');
  while (dead.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.match(dead.log[0] ?? '', /^a webhook fails.*refused/i);
  assert.doesNotMatch([...log, ...dead.log].join('\n'), /s3cret/);
});

test('an endpoint that comes back takes what waited', async (t) => {
  const first = await startReceiver(t);
  first.answer = status(503);
  const { hooks } = telling(t, { url: first.url });
  tell(hooks, '1', '2');
  await first.has(5);
  first.answer = ok;
  const before = first.heard.length;
  await first.has(before + 2);
  assert.deepEqual(
    first.heard.slice(-2).flatMap(({ tags }) => tags),
    ['1', '2'],
  );
});

test('who tells of an event waits for nobody, and what is too much is dropped, counted and told', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answer = () => {};
  const { hooks, log } = telling(t, { url: receiver.url }, { limit: 3 });
  tell(hooks, '1', '2', '3', '4', '5');
  assert.equal(receiver.heard.length, 0);
  const [{ events, pending, dropped } = assert.fail()] = hooks.figures();
  assert.deepEqual([events, pending, dropped], [5, 3, 2]);
  assert.deepEqual(log, ['events for a webhook are dropped: too many wait for it|'], 'once');
  const families = Object.fromEntries(hooks.families().map(({ name, values }) => [name, values]));
  assert.deepEqual(families['dray_notifications_dropped_total'], [{ labels: { endpoint: 'one' }, value: 2 }]);
  assert.deepEqual(families['registry_notifications_pending_total'], [{ labels: { endpoint: 'one' }, value: 3 }]);
  assert.equal(families['registry_notifications_events_total']?.length, 4);
});

test('several events may share a message', async (t) => {
  const receiver = await startReceiver(t);
  const { hooks } = telling(t, { url: receiver.url }, { batch: 3 });
  tell(hooks, '1', '2', '3', '4');
  await receiver.has(2);
  assert.deepEqual(
    receiver.heard.map(({ tags }) => tags),
    [['1', '2', '3'], ['4']],
  );
});

test('at the end everything that waits is told, as long as it works and there is time', async (t) => {
  const receiver = await startReceiver(t);
  const { hooks } = telling(t, { url: receiver.url });
  tell(hooks, '1', '2', '3');
  await hooks.close();
  assert.deepEqual(
    receiver.heard.flatMap(({ tags }) => tags),
    ['1', '2', '3'],
  );
  tell(hooks, 'late');
  assert.equal(hooks.figures()[0]?.dropped, 1);

  const stuck = await startReceiver(t);
  stuck.answer = () => {};
  const other = telling(t, { url: stuck.url });
  tell(other.hooks, '1', '2');
  await stuck.has(1);
  const over = new AbortController();
  const closed = other.hooks.close({ signal: over.signal });
  over.abort();
  await closed;
  assert.deepEqual(other.log.at(-1), 'events for a webhook are lost: it could not be told of them before the end|');
});

test('TLS is verified', async (t) => {
  const authority = createCertificate({ name: 'ca', authority: true });
  const receiver = await startReceiver(t, { tls: createCertificate({ hosts: ['127.0.0.1'], issuer: authority }) });
  const { hooks, log } = telling(t, { url: receiver.url });
  tell(hooks, '1');
  while (log.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.match(log[0] ?? '', /certificate|issuer|authority/i);
  assert.equal(receiver.heard.length, 0);
  const client = createTransport({ tls: { [`127.0.0.1:${receiver.port}`]: { ca: [authority.cert] } } });
  t.after(() => client.close());
  tell(telling(t, { url: receiver.url }, { send: client.send }).hooks, '1');
  await receiver.has(1);
});

test('endpoints that cannot be told anything are refused at once', () => {
  const url = new URL('http://127.0.0.1/');
  const cases: readonly (readonly [Partial<WebhookEndpoint>, RegExp])[] = [
    [{ url: new URL('ftp://127.0.0.1/') }, /"one" cannot be used: its URL begins with ftp:/],
    [{ url: new URL('http://%zz@127.0.0.1/') }, /not well encoded/],
    [{ name: '' }, /its name/],
    [{ headers: { 'a b': ['x'] } }, /header name/],
    [{ headers: { Host: ['x'] } }, /header Host cannot be set/],
    [{ headers: { 'X-Key': ['s3cret\r\nx: y'] } }, /header X-Key has characters that are not allowed$/],
  ];
  for (const [change, message] of cases) {
    const endpoints = [{ name: 'one', url, ...change }];
    assert.throws(() => createWebhooks({ source: SOURCE, endpoints }), { code: 'INVALID_OPTION', message });
  }
  const twice = [
    { name: 'one', url },
    { name: 'one', url },
  ];
  assert.throws(() => createWebhooks({ source: SOURCE, endpoints: twice }), { code: 'INVALID_OPTION' });
  const odd = [{ name: '../one', url }];
  assert.throws(() => createWebhooks({ source: SOURCE, endpoints: odd, folder: '/nowhere' }), {
    code: 'INVALID_OPTION',
  });
});
