import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get as ask, createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { AnswerRecord, RegistryEvent } from '../port.ts';
import { createMetrics, lineMetrics, type Metrics } from './metrics.ts';
import { parseMetrics } from './parse-metrics.test.fixture.ts';
import { renderMetrics } from './render-metrics.ts';
import { type MetricsSnapshot, mergeSnapshots, risingOf } from './snapshot.ts';

const RECORD: AnswerRecord = {
  facts: { id: '1', address: '127.0.0.1:1', host: 'h', method: 'GET', userAgent: 'x' },
  url: '/',
  route: 'manifest',
  repository: 'a/b',
  actor: undefined,
  status: 200,
  sent: 0,
  received: 0,
  duration: 1,
  aborted: false,
};

function record(change: Partial<AnswerRecord> & { readonly method?: string }): AnswerRecord {
  return { ...RECORD, ...change, facts: { ...RECORD.facts, method: change.method ?? 'GET' } };
}

async function parsed(metrics: Metrics): Promise<ReturnType<typeof parseMetrics>> {
  return parseMetrics(renderMetrics(await metrics.snapshot()));
}

test('requests are counted under the names and labels that distribution has', async () => {
  const metrics = createMetrics({ version: '1.2.3' });
  const tell = metrics.observer.answered ?? assert.fail();
  tell(record({ duration: 0.4, sent: 422 }));
  tell(record({ duration: 30, sent: 1025 }));
  tell(record({ status: 404, duration: 100_000, method: 'HEAD' }));
  tell(record({ route: 'uploads', method: 'POST', status: 202 }));
  tell(record({ route: 'upload', method: 'PATCH', status: 202, received: 2 ** 40, aborted: true }));
  const { value, families } = await parsed(metrics);
  assert.equal(value('registry_http_requests_total', { code: '200', handler: 'manifest', method: 'get' }), 2);
  assert.equal(value('registry_http_requests_total', { code: '404', handler: 'manifest', method: 'head' }), 1);
  assert.equal(value('registry_http_requests_total', { code: '202', handler: 'blob_upload', method: 'post' }), 1);
  assert.equal(value('dray_http_aborted_requests_total', { handler: 'blob_upload_chunk' }), 1);
  const get = { handler: 'manifest', method: 'get' };
  const bucket = (le: string): number | undefined =>
    value('registry_http_request_duration_seconds_bucket', { ...get, le });
  assert.deepEqual(['0.0005', '0.001', '0.025', '0.05', '60', '+Inf'].map(bucket), [1, 1, 1, 2, 2, 2]);
  assert.ok(Math.abs((value('registry_http_request_duration_seconds_sum', get) ?? 0) - 0.0304) < 1e-9);
  const head = { handler: 'manifest', method: 'head' };
  assert.equal(value('registry_http_request_duration_seconds_bucket', { ...head, le: '60' }), 0);
  assert.equal(value('registry_http_request_duration_seconds_count', head), 1);
  const size = (le: string): number | undefined =>
    value('registry_http_response_size_bytes_bucket', { handler: 'manifest', le });
  assert.deepEqual(['1024', '2048', '2147483648', '+Inf'].map(size), [2, 3, 3, 3]);
  const huge = { handler: 'blob_upload_chunk' };
  assert.equal(value('registry_http_request_size_bytes_bucket', { ...huge, le: '2147483648' }), 0);
  assert.equal(value('registry_http_request_size_bytes_sum', huge), 2 ** 40);
  assert.equal(value('dray_build_info', { version: '1.2.3', nodejs: process.version }), 1);
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds']) {
    assert.ok((value(name) ?? 0) > 0, name);
  }
  assert.equal(families.get('registry_http_request_duration_seconds'), 'histogram');
});

test('bytes fall below the bound that they are not above', async () => {
  for (const [bytes, bound] of [
    [0, 1024],
    [1024, 1024],
    [1025, 2048],
    [2048, 2048],
    [2049, 4096],
    [2 ** 31, 2 ** 31],
  ] as const) {
    const metrics = createMetrics({ version: '1' });
    metrics.observer.answered?.(record({ sent: bytes }));
    const { value } = await parsed(metrics);
    const at = (le: number): number | undefined =>
      value('registry_http_response_size_bytes_bucket', { handler: 'manifest', le: String(le) });
    assert.deepEqual([at(bound), at(bound / 2) ?? 0], [1, 0], String(bytes));
  }
});

test('nothing that clients choose makes a label', async () => {
  const metrics = createMetrics({ version: '1' });
  for (let at = 0; at < 1000; at += 1) {
    metrics.observer.answered?.(record({ method: `M${at}`, route: `route-${at}`, repository: `r${at}` }));
  }
  const { samples } = await parsed(metrics);
  const methods = samples
    .filter(({ name }) => name === 'registry_http_requests_total')
    .map(({ labels }) => labels['method']);
  assert.deepEqual(new Set(methods), new Set(['other']));
  assert.ok(methods.length <= 64);
});

test('events are counted by what they are', async () => {
  const metrics = createMetrics({ version: '1' });
  const event: RegistryEvent = {
    action: 'pull',
    kind: 'manifest',
    repository: 'a',
    mediaType: '',
    actor: undefined,
    request: RECORD.facts,
  };
  metrics.observer.happened?.(event);
  metrics.observer.happened?.({ ...event, repository: 'b' });
  metrics.observer.happened?.({ ...event, request: { ...event.request, method: 'HEAD' } });
  metrics.observer.happened?.({ ...event, action: 'delete', kind: 'tag' });
  const { value } = await parsed(metrics);
  assert.equal(value('dray_events_total', { action: 'pull', kind: 'manifest' }), 2);
  assert.equal(value('dray_events_total', { action: 'delete', kind: 'tag' }), 1);
});

test('others tell their figures too, and one that fails takes nothing along', async () => {
  const metrics = createMetrics({ version: '1' });
  metrics.register(async () => [
    { type: 'gauge', name: 'dray_uploads_open', help: 'Uploads.', values: [{ value: 3 }] },
  ]);
  metrics.register(() => assert.fail('broken'));
  metrics.register(async () => assert.fail('broken later'));
  const sink = { dropped: 7 } as never;
  metrics.register(lineMetrics({ access: sink }));
  const { value } = await parsed(metrics);
  assert.equal(value('dray_uploads_open'), 3);
  assert.equal(value('dray_log_lines_dropped_total', { log: 'access' }), 7);
});

test('connections and requests under way are those of the watched server', async (t) => {
  const metrics = createMetrics({ version: '1' });
  const open = new Set<ServerResponse>();
  const server = createServer((_, response) => void open.add(response));
  server.on('checkContinue', (_, response) => void open.add(response));
  metrics.watch(server);
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  for (const headers of [{}, { expect: '100-continue' }]) {
    const sent = ask({ port, host: '127.0.0.1', agent: false, headers }, (response) => response.resume());
    sent.on('error', () => {}).end();
  }
  while (open.size < 2) await new Promise((resolve) => setImmediate(resolve));
  const during = await parsed(metrics);
  assert.equal(during.value('registry_http_in_flight_requests'), 2);
  assert.equal(during.value('dray_open_connections'), 2);
  const [one, other] = [...open];
  assert.ok(one !== undefined && other !== undefined);
  const closed = [one, other].map(async (response) => once(response, 'close'));
  one.end();
  other.destroy();
  await Promise.all(closed);
  const after = await parsed(metrics);
  assert.equal(after.value('registry_http_in_flight_requests'), 0);
});

test('texts are escaped as Prometheus reads them', () => {
  const odd = 'a"b\\c\nd\\n{}=,#é😀';
  const snapshot: MetricsSnapshot = [
    { type: 'gauge', name: 'x', help: `say "${odd}"`, values: [{ labels: { a: odd, b: '' }, value: 1.5 }] },
    { type: 'gauge', name: 'y', help: '', values: [{ value: Number.NaN }, { labels: { l: '1' }, value: -Infinity }] },
    { type: 'counter', name: 'none_total', help: 'No values yet.', values: [] },
  ];
  const text = renderMetrics(snapshot);
  assert.ok(text.includes('# HELP x say "a"b\\\\c\\nd\\\\n{}=,#é😀"\n'));
  const { samples, families } = parseMetrics(text);
  assert.deepEqual(samples, [
    { name: 'x', labels: { a: odd, b: '' }, value: 1.5 },
    { name: 'y', labels: {}, value: Number.NaN },
    { name: 'y', labels: { l: '1' }, value: -Infinity },
  ]);
  assert.equal(families.get('none_total'), 'counter');
});

test('figures of several processes add up', async () => {
  const [one, other] = [createMetrics({ version: '1' }), createMetrics({ version: '1' })];
  one.observer.answered?.(record({ duration: 0.1, sent: 10 }));
  other.observer.answered?.(record({ duration: 20, sent: 10 }));
  other.observer.answered?.(record({ route: 'blob' }));
  const plain = async (metrics: Metrics): Promise<MetricsSnapshot> =>
    JSON.parse(JSON.stringify(await metrics.snapshot())) as MetricsSnapshot;
  const snapshots = [await plain(one), await plain(other)];
  const { value } = parseMetrics(renderMetrics(mergeSnapshots(snapshots)));
  const get = { handler: 'manifest', method: 'get' };
  assert.equal(value('registry_http_requests_total', { code: '200', ...get }), 2);
  assert.equal(value('registry_http_requests_total', { code: '200', handler: 'blob', method: 'get' }), 1);
  assert.equal(value('registry_http_request_duration_seconds_bucket', { ...get, le: '0.0005' }), 1);
  assert.equal(value('registry_http_request_duration_seconds_count', get), 2);
  assert.equal(value('registry_http_response_size_bytes_sum', { handler: 'manifest' }), 20);
  assert.equal(value('dray_build_info', { version: '1', nodejs: process.version }), 1, 'largest');
  const starts = snapshots.map((each) => parseMetrics(renderMetrics(each)).value('process_start_time_seconds') ?? 0);
  assert.equal(value('process_start_time_seconds'), Math.min(...starts));

  const rising = risingOf(snapshots[0] ?? []);
  assert.ok(rising.every(({ type }) => type !== 'gauge'));
  const afterwards = parseMetrics(renderMetrics(mergeSnapshots([rising, snapshots[1] ?? []])));
  assert.equal(
    afterwards.value('registry_http_requests_total', { code: '200', ...get }),
    2,
    'a worker that has ended counts',
  );
});

test('families that do not fit each other are not added', () => {
  const gauge = { type: 'gauge', name: 'a', help: '', values: [{ value: 1 }] } as const;
  const spread = {
    type: 'histogram',
    name: 'a',
    help: '',
    bounds: [1],
    values: [{ buckets: [1, 2], sum: 3 }],
  } as const;
  assert.deepEqual(mergeSnapshots([[gauge], [spread]]), [gauge]);
  assert.deepEqual(mergeSnapshots([[spread], [gauge], [{ ...spread, bounds: [1, 2] }]]), [spread]);
  const labelled = (labels: Record<string, string>): MetricsSnapshot => [{ ...gauge, values: [{ labels, value: 1 }] }];
  const [merged] = mergeSnapshots([labelled({ a: '1', b: '2' }), labelled({ b: '2', a: '1' })]);
  assert.deepEqual(merged?.values, [{ labels: { a: '1', b: '2' }, value: 2 }], 'the order of labels says nothing');
});
