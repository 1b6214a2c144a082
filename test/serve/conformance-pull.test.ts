import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { checkError, digestOf, OCI_MANIFEST } from './client.ts';
import { served } from './served.ts';

const name = 'pull/from.here/a_b--c';
const blob = randomBytes(100_000);
const digest = digestOf(blob);
const at = `/v2/${name}/blobs/${digest}`;
const accept = { accept: OCI_MANIFEST };
const ABSENT = `sha256:${'1'.repeat(64)}`;
let manifest: Buffer = Buffer.alloc(0);

const client = served({}, async (pusher) => {
  await pusher.pushBlob(name, blob);
  manifest = await pusher.pushImage(name, 'latest');
});

describe('pull of manifests', () => {
  it('gives a manifest by tag, exactly as it was pushed', async () => {
    const answer = await client.get(`/v2/${name}/manifests/latest`, accept);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, manifest);
    assert.equal(answer.headers['content-type'], OCI_MANIFEST);
    assert.equal(answer.headers['docker-content-digest'], digestOf(manifest));
    assert.equal(answer.headers['content-length'], String(manifest.length));
    assert.equal(answer.headers.etag, `"${digestOf(manifest)}"`);
  });

  it('gives a manifest by digest', async () => {
    const answer = await client.get(`/v2/${name}/manifests/${digestOf(manifest)}`, accept);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, manifest);
    assert.equal(answer.headers['docker-content-digest'], digestOf(manifest));
  });

  for (const reference of ['latest', 'digest'])
    it(`answers HEAD by ${reference} as GET, without a body`, async () => {
      const path = `/v2/${name}/manifests/${reference === 'digest' ? digestOf(manifest) : reference}`;
      const answer = await client.ask('HEAD', path, { headers: accept });
      assert.equal(answer.status, 200);
      assert.equal(answer.body.length, 0);
      assert.equal(answer.headers['content-length'], String(manifest.length));
      assert.equal(answer.headers['content-type'], OCI_MANIFEST);
      assert.equal(answer.headers['docker-content-digest'], digestOf(manifest));
    });

  for (const tag of ['"D"', 'D', 'W/"D"', '"x", "D"', '*'])
    it(`answers If-None-Match: ${tag} with 304`, async () => {
      const value = tag.replace('D', digestOf(manifest));
      const answer = await client.get(`/v2/${name}/manifests/latest`, { ...accept, 'if-none-match': value });
      assert.equal(answer.status, 304);
      assert.equal(answer.body.length, 0);
    });

  it('gives a manifest that is not the one of If-None-Match', async () => {
    const answer = await client.get(`/v2/${name}/manifests/latest`, { ...accept, 'if-none-match': `"${ABSENT}"` });
    assert.equal(answer.status, 200);
  });

  it('does not know a tag, a digest', async () => {
    for (const reference of ['missing', ABSENT, `sha512:${'1'.repeat(128)}`]) {
      checkError(await client.get(`/v2/${name}/manifests/${reference}`), 404, 'MANIFEST_UNKNOWN');
      const head = await client.ask('HEAD', `/v2/${name}/manifests/${reference}`);
      assert.equal(head.status, 404);
      assert.equal(head.body.length, 0);
    }
  });

  it('does not know a repository', async () => {
    const codes = ['NAME_UNKNOWN', 'MANIFEST_UNKNOWN'];
    checkError(await client.get('/v2/no/such/manifests/latest'), 404, codes);
    checkError(await client.get(`/v2/no/such/manifests/${digestOf(manifest)}`), 404, codes);
    checkError(await client.get('/v2/no/such/tags/list'), 404, 'NAME_UNKNOWN');
    checkError(await client.get(`/v2/no/such/blobs/${digest}`), 404, ['NAME_UNKNOWN', 'BLOB_UNKNOWN']);
  });

  it('does not give a manifest through another repository', async () => {
    await client.pushBlob('pull/other', 'x');
    const answer = await client.get(`/v2/pull/other/manifests/${digestOf(manifest)}`, accept);
    checkError(answer, 404, 'MANIFEST_UNKNOWN');
  });
});

describe('pull of blobs', () => {
  it('gives a blob', async () => {
    const answer = await client.get(at);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, blob);
    assert.equal(answer.headers['docker-content-digest'], digest);
    assert.equal(answer.headers['content-length'], String(blob.length));
    assert.equal(answer.headers['accept-ranges'], 'bytes');
    assert.equal(answer.headers.etag, `"${digest}"`);
    assert.equal(answer.headers['content-type'], 'application/octet-stream');
  });

  it('answers HEAD as GET, without a body', async () => {
    const answer = await client.ask('HEAD', at);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.length, 0);
    assert.equal(answer.headers['content-length'], String(blob.length));
    assert.equal(answer.headers['docker-content-digest'], digest);
    assert.equal(answer.headers['accept-ranges'], 'bytes');
  });

  it('does not know a blob', async () => {
    checkError(await client.get(`/v2/${name}/blobs/${ABSENT}`), 404, 'BLOB_UNKNOWN');
    assert.equal((await client.ask('HEAD', `/v2/${name}/blobs/${ABSENT}`)).status, 404);
  });

  it('does not give a blob through another repository', async () => {
    checkError(await client.get(`/v2/pull/other/blobs/${digest}`), 404, ['BLOB_UNKNOWN', 'NAME_UNKNOWN']);
  });

  it('answers If-None-Match with 304', async () => {
    const answer = await client.get(at, { 'if-none-match': `"${digest}"` });
    assert.equal(answer.status, 304);
    assert.equal(answer.body.length, 0);
  });

  for (const [range, from, to] of [
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=99999-', 99_999, 100_000],
    ['bytes=50000-', 50_000, 100_000],
    ['bytes=-1', 99_999, 100_000],
    ['bytes=-100', 99_900, 100_000],
    ['bytes=-1000000', 0, 100_000],
    ['bytes=99000-2000000', 99_000, 100_000],
    ['bytes=0-99999', 0, 100_000],
  ] as const)
    it(`gives Range: ${range}`, async () => {
      const answer = await client.get(at, { range });
      assert.equal(answer.status, 206);
      assert.deepEqual(answer.body, blob.subarray(from, to));
      assert.equal(answer.headers['content-range'], `bytes ${from}-${to - 1}/100000`);
      assert.equal(answer.headers['content-length'], String(to - from));
    });

  for (const range of ['bytes=100000-', 'bytes=100000-100001', 'bytes=-0'])
    it(`refuses Range: ${range}`, async () => {
      const answer = await client.get(at, { range });
      assert.equal(answer.status, 416);
      assert.equal(answer.headers['content-range'], 'bytes */100000');
    });

  it('gives the part only while the blob is the same one', async () => {
    const same = await client.get(at, { range: 'bytes=0-9', 'if-range': `"${digest}"` });
    assert.equal(same.status, 206);
    const other = await client.get(at, { range: 'bytes=0-9', 'if-range': `"${ABSENT}"` });
    assert.equal(other.status, 200);
    assert.equal(other.body.length, blob.length);
  });
});
