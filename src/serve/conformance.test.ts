import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Digest, type DigestAlgorithm, digestOf, OCI_INDEX, OCI_MANIFEST } from '#oci';
import { type Answer, type Served, served } from './api/served.test.fixture.ts';
import { type Sample, samples } from './conformance-images.test.fixture.ts';
import { openFolderStorage } from './storage/folder/folder-storage.ts';
import type { RegistryStorage } from './storage/port.ts';

// What https://github.com/opencontainers/distribution-spec asks of every kind of content, in the order in which a client works.

const REPOSITORY = 'conformance/one';
const OTHER = 'conformance/two';
const ACCEPT = { accept: `${OCI_INDEX}, ${OCI_MANIFEST}` };

const STORAGES: Readonly<Record<string, (t: TestContext) => RegistryStorage | undefined>> = {
  memory: () => undefined,
  folder: (t) => {
    const root = mkdtempSync(join(tmpdir(), 'dray-conformance-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    return openFolderStorage({ root, sync: false });
  },
};

for (const [storage, make] of Object.entries(STORAGES)) {
  for (const sample of samples()) {
    test(`${sample.name}: pushed, listed, pulled and deleted, ${storage}`, async (t) => {
      const kept = make(t);
      const registry = await served(t, kept === undefined ? {} : { storage: kept });
      await push(registry, sample);
      await list(registry, sample);
      await pull(registry, sample);
      await referrers(registry, sample);
      await remove(registry, sample);
    });
  }

  for (const algorithm of ['sha256', 'sha512'] as const) {
    test(`every way to push a blob, ${algorithm}, ${storage}`, async (t) => {
      const kept = make(t);
      const registry = await served(t, kept === undefined ? {} : { storage: kept });
      for (const [way, upload] of Object.entries(WAYS)) {
        for (const size of [0, 2, 512, 3067]) {
          const content = randomBytes(size);
          const digest = digestOf(content, algorithm);
          created(await upload(registry, content, digest), digest, `${way} of ${size} bytes`);
          await blobIsThere(registry, REPOSITORY, digest, content);
          await blobGoes(registry, REPOSITORY, digest);
        }
        const wrong = await upload(registry, randomBytes(3067), digestOf('something else', algorithm));
        assert.equal(wrong.status, 400, way);
        assert.deepEqual(wrong.codes, ['DIGEST_INVALID'], way);
      }
      await mounts(registry, algorithm);
    });
  }
}

const UPLOADS = (repository: string): string => `/v2/${repository}/blobs/uploads/`;
const OCTETS = { 'content-type': 'application/octet-stream' };

type Upload = (registry: Served, content: Buffer, digest: Digest) => Promise<Answer>;

async function begun(registry: Served): Promise<string> {
  const { status, headers } = await registry.ask('POST', UPLOADS(REPOSITORY));
  assert.equal(status, 202);
  return headers.location ?? '';
}

const chunked =
  ({ putLast, shuffled }: { putLast: boolean; shuffled: boolean }): Upload =>
  async (registry, content, digest) => {
    let location = await begun(registry);
    const size = 1024;
    const end = `digest=${encodeURIComponent(digest)}`;
    for (let start = 0; start < content.length; start += size) {
      const last = Math.min(start + size, content.length);
      const send = (method: string, from: number, to: number): Promise<Answer> =>
        registry.ask(method, method === 'PUT' ? `${location}?${end}` : location, {
          headers: { ...OCTETS, 'content-range': `${from}-${to - 1}` },
          body: content.subarray(from, to),
        });
      if (shuffled && content.length > size) {
        const from = start + size >= content.length ? 0 : start + size;
        const to = Math.min(from + size, content.length);
        const refused = await send(putLast && to === content.length ? 'PUT' : 'PATCH', from, to);
        assert.equal(refused.status, 416);
        const status = await registry.ask('GET', location);
        assert.equal(status.status, 204);
        if (start > 0) assert.equal(status.headers.range, `0-${start - 1}`);
        location = status.headers.location ?? '';
      }
      const isLast = putLast && last === content.length;
      const answer = await send(isLast ? 'PUT' : 'PATCH', start, last);
      if (isLast) return answer;
      assert.equal(answer.status, 202);
      location = answer.headers.location ?? '';
    }
    return registry.ask('PUT', `${location}?${end}`, { headers: OCTETS });
  };

const WAYS: Readonly<Record<string, Upload>> = {
  'a POST alone': (registry, body, digest) =>
    registry.ask('POST', `${UPLOADS(REPOSITORY)}?digest=${digest}`, { headers: OCTETS, body }),
  'POST and PUT': async (registry, body, digest) =>
    registry.ask('PUT', `${await begun(registry)}?digest=${digest}`, { headers: OCTETS, body }),
  'a stream': async (registry, body, digest) => {
    const location = await begun(registry);
    const streamed = { headers: { ...OCTETS, 'transfer-encoding': 'chunked' }, body };
    const { status, headers } = await registry.ask('PATCH', location, streamed);
    assert.equal(status, 202);
    return registry.ask('PUT', `${headers.location}?digest=${digest}`, { headers: OCTETS });
  },
  chunks: chunked({ putLast: false, shuffled: false }),
  'chunks, the last one in the PUT': chunked({ putLast: true, shuffled: false }),
  'chunks out of order': chunked({ putLast: false, shuffled: true }),
  'chunks out of order, the last one in the PUT': chunked({ putLast: true, shuffled: true }),
};

function created({ status, headers, body }: Answer, digest: Digest, what: string): void {
  assert.equal(status, 201, `${what}: ${body.toString()}`);
  assert.equal(headers['docker-content-digest'], digest, what);
  assert.ok(headers.location?.includes(digest), what);
}

async function mounts(registry: Served, algorithm: DigestAlgorithm): Promise<void> {
  for (const from of [`&from=${OTHER}`, '']) {
    const content = randomBytes(512);
    const digest = digestOf(content, algorithm);
    const post = (repository: string, query: string, body?: Buffer): Promise<Answer> =>
      registry.ask('POST', `${UPLOADS(repository)}?${query}`, body === undefined ? {} : { body });
    assert.equal((await post(REPOSITORY, `mount=${digest}${from}`)).status, 202, 'nobody has it yet');
    created(await post(OTHER, `digest=${digest}`, content), digest, 'other');
    created(await post(REPOSITORY, `mount=${digest}${from}`), digest, `mount ${from}`);
    await blobIsThere(registry, REPOSITORY, digest, content);
    await blobGoes(registry, REPOSITORY, digest);
    await blobIsThere(registry, OTHER, digest, content);
  }
}

async function blobIsThere(registry: Served, repository: string, digest: Digest, content: Buffer): Promise<void> {
  const path = `/v2/${repository}/blobs/${digest}`;
  for (const method of ['HEAD', 'GET']) {
    const { status, headers, body } = await registry.ask(method, path);
    assert.equal(status, 200, `${method} ${path}`);
    assert.equal(headers['content-length'], String(content.length));
    assert.equal(headers['docker-content-digest'], digest);
    assert.ok(body.equals(method === 'GET' ? content : Buffer.alloc(0)));
  }
}

async function blobGoes(registry: Served, repository: string, digest: Digest): Promise<void> {
  const path = `/v2/${repository}/blobs/${digest}`;
  assert.equal((await registry.ask('DELETE', path)).status, 202);
  for (const method of ['HEAD', 'GET', 'DELETE']) assert.equal((await registry.ask(method, path)).status, 404);
}

async function push(registry: Served, { blobs, manifests, tags, byParameter = false }: Sample): Promise<void> {
  const put = async (reference: string, digest: Digest): Promise<Answer> => {
    const manifest = manifests.get(digest);
    assert.ok(manifest !== undefined);
    const { mediaType, bytes, subject } = manifest;
    const headers = { 'content-type': mediaType };
    const answer = await registry.ask('PUT', `/v2/${REPOSITORY}/manifests/${reference}`, { headers, body: bytes });
    created(answer, digest, reference);
    assert.equal(answer.headers['oci-subject'], subject);
    const back = await registry.ask('GET', answer.headers.location ?? '', { headers: ACCEPT });
    assert.deepEqual([back.status, back.headers['content-type']], [200, mediaType]);
    assert.ok(back.body.equals(bytes));
    return answer;
  };
  for (const [digest, body] of blobs) {
    created(await registry.ask('POST', `${UPLOADS(REPOSITORY)}?digest=${digest}`, { body }), digest, 'blob');
  }
  for (const digest of manifests.keys()) {
    const own = [...tags].flatMap(([tag, of]) => (of === digest ? [tag] : []));
    if (byParameter && own.length > 0) {
      const answer = await put(`${digest}?${own.map((tag) => `tag=${tag}`).join('&')}`, digest);
      assert.deepEqual(String(answer.headers['oci-tag']).split(/,\s*/).toSorted(), own.toSorted());
    } else await put(digest, digest);
  }
  if (!byParameter) for (const [tag, digest] of tags) await put(tag, digest);
}

async function list(registry: Served, { tags }: Sample): Promise<void> {
  const { status, body } = await registry.ask('GET', `/v2/${REPOSITORY}/tags/list`);
  assert.equal(status, 200);
  assert.deepEqual((JSON.parse(body.toString()) as { tags: string[] }).tags, [...tags.keys()].toSorted());
}

async function pull(registry: Served, { blobs, manifests, tags }: Sample): Promise<void> {
  const names = [...tags, ...[...manifests.keys()].map((digest) => [digest, digest] as const)];
  for (const [reference, digest] of names) {
    const manifest = manifests.get(digest);
    for (const method of ['HEAD', 'GET']) {
      const path = `/v2/${REPOSITORY}/manifests/${reference}`;
      const { status, headers, body } = await registry.ask(method, path, { headers: ACCEPT });
      assert.equal(status, 200, path);
      assert.equal(headers['content-type'], manifest?.mediaType);
      assert.equal(headers['content-length'], String(manifest?.bytes.length));
      assert.equal(headers['docker-content-digest'], digest);
      if (method === 'GET') assert.ok(manifest?.bytes.equals(body));
    }
  }
  for (const [digest, content] of blobs) await blobIsThere(registry, REPOSITORY, digest, content);
}

async function referrers(registry: Served, { manifests, referrers: expected }: Sample): Promise<void> {
  const subjects = new Set([...manifests.values()].flatMap(({ subject }) => subject ?? []));
  for (const subject of subjects) {
    const ask = async (query: string): Promise<{ found: Set<string>; applied: unknown }> => {
      const { status, headers, body } = await registry.ask('GET', `/v2/${REPOSITORY}/referrers/${subject}${query}`);
      assert.deepEqual([status, headers['content-type']], [200, OCI_INDEX]);
      const index = JSON.parse(body.toString()) as { mediaType: string; schemaVersion: number; manifests: object[] };
      assert.deepEqual([index.mediaType, index.schemaVersion], [OCI_INDEX, 2]);
      return { found: new Set(index.manifests.map(sortedJson)), applied: headers['oci-filters-applied'] };
    };
    assert.deepEqual((await ask('')).found, new Set(expected.map(sortedJson)));
    for (const type of new Set(expected.map(({ artifactType = '' }) => artifactType))) {
      const { found, applied } = await ask(`?artifactType=${encodeURIComponent(type)}`);
      assert.equal(applied, 'artifactType');
      assert.deepEqual(found, new Set(expected.filter(({ artifactType }) => artifactType === type).map(sortedJson)));
    }
  }
}

function sortedJson(value: object): string {
  return JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function remove(registry: Served, { blobs, manifests, tags }: Sample): Promise<void> {
  const gone = async (path: string): Promise<void> => {
    assert.equal((await registry.ask('DELETE', path)).status, 202, path);
    assert.equal((await registry.ask('HEAD', path, { headers: ACCEPT })).status, 404, path);
  };
  for (const tag of tags.keys()) await gone(`/v2/${REPOSITORY}/manifests/${tag}`);
  for (const digest of [...manifests.keys()].toReversed()) await gone(`/v2/${REPOSITORY}/manifests/${digest}`);
  for (const digest of blobs.keys()) await gone(`/v2/${REPOSITORY}/blobs/${digest}`);
}

test('an empty registry has no referrers of anything', async (t) => {
  const registry = await served(t);
  const { status, headers, body } = await registry.ask('GET', `/v2/${REPOSITORY}/referrers/${digestOf('x')}`);
  assert.deepEqual([status, headers['content-type']], [200, OCI_INDEX]);
  assert.deepEqual((JSON.parse(body.toString()) as { manifests: unknown }).manifests, []);
});

test('what is malformed or missing is told so', async (t) => {
  const registry = await served(t);
  const [sample] = samples();
  assert.ok(sample !== undefined);
  await push(registry, sample);
  const [[digest, { mediaType, bytes }] = ['', { mediaType: '', bytes: Buffer.alloc(0) }]] = sample.manifests;
  const headers = { 'content-type': mediaType };
  const manifest = (reference: string): string => `/v2/${REPOSITORY}/manifests/${reference}`;
  const put = async (reference: string, body: Buffer): Promise<number> =>
    (await registry.ask('PUT', manifest(reference), { headers, body })).status;
  assert.equal(await put('sha256:baddigeststring', bytes), 400);
  assert.equal(await put(digest, Buffer.concat([bytes, Buffer.from('  ')])), 400);
  const get = async (reference: string): Promise<number> => (await registry.ask('GET', manifest(reference))).status;
  assert.ok([400, 404].includes(await get('sha256:baddigeststring')));
  assert.equal(await get('missing'), 404);
  assert.equal(await get(digestOf('missing')), 404);
  const ranges: readonly (readonly [string, number, string])[] = [
    ['bytes=5-9', 206, '5-9'],
    ['bytes=5-', 206, '5-'],
    ['bytes=-5', 206, '-5'],
    ['bytes=5-0', 416, ''],
    ['bytes=100000-200000', 416, ''],
  ];
  const [blob] = sample.blobs.keys();
  for (const [range, status, shown] of ranges) {
    const answer = await registry.ask('GET', `/v2/${REPOSITORY}/blobs/${blob}`, { headers: { range } });
    assert.equal(answer.status, status, range);
    if (status === 206) assert.match(String(answer.headers['content-range']), /^bytes \d+-\d+\/\d+$/, shown);
  }
});
