import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkError, digestOf, locationOf, OCI_MANIFEST, withQuery } from './client.ts';
import { served } from './served.ts';

const client = served();
const ZEROS = `sha256:${'0'.repeat(64)}`;

describe('the base', () => {
  it('answers GET /v2/ with an empty object', async () => {
    const answer = await client.get('/v2/');
    assert.equal(answer.status, 200);
    assert.equal(answer.text.trim(), '{}');
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
    assert.equal(answer.headers['docker-distribution-api-version'], 'registry/2.0');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  });

  it('answers HEAD /v2/ without a body', async () => {
    const answer = await client.ask('HEAD', '/v2/');
    assert.equal(answer.status, 200);
    assert.equal(answer.body.length, 0);
  });

  it('answers /v2, or leads to /v2/', async () => {
    const { status, headers } = await client.get('/v2');
    assert.ok(
      status === 200 || ([301, 302, 307, 308].includes(status) && headers.location?.endsWith('/v2/')),
      `${status}`,
    );
  });

  for (const path of [
    '/v1/',
    '/v3/',
    '/v2/nothing',
    '/v2/a/b/c',
    '/v2/a/blobs',
    '/v2/a/tags',
    '/v2/a/tags/all',
    '/v2x/',
  ])
    it(`has nothing at ${path}`, async () => {
      const { status } = await client.get(path);
      assert.equal(status, 404);
    });

  for (const [method, path] of [
    ['PUT', '/v2/'],
    ['DELETE', '/v2/'],
    ['POST', '/v2/_catalog'],
    ['PUT', '/v2/a/tags/list'],
    ['POST', `/v2/a/manifests/${ZEROS}`],
    ['POST', `/v2/a/blobs/${ZEROS}`],
    ['PUT', `/v2/a/blobs/${ZEROS}`],
    ['PATCH', '/v2/a/manifests/latest'],
    ['DELETE', `/v2/a/referrers/${ZEROS}`],
  ] as const)
    it(`refuses ${method} ${path.slice(0, 20)}`, async () => {
      const answer = await client.ask(method, path);
      assert.equal(answer.status, 405, answer.text);
      assert.ok(answer.headers.allow?.includes('GET'), 'Allow tells what is possible');
      checkError(answer, 405, 'UNSUPPORTED');
    });
});

describe('what proxies and old scripts ask', () => {
  it('serves below a path in front of /v2/, and leads there', async () => {
    const name = client.name();
    const base = '/link/to/docker/registry';
    assert.equal((await client.get(`${base}/v2/`)).status, 200);
    const started = await client.ask('POST', `${base}/v2/${name}/blobs/uploads/`);
    assert.equal(started.status, 202);
    const path = locationOf(started).replace(/^http:\/\/[^/]+/, '');
    assert.ok(path.startsWith(`${base}/v2/${name}/blobs/uploads/`), path);
    const digest = digestOf('below');
    const put = await client.ask('PUT', withQuery(path, { digest }), { body: 'below' });
    assert.equal(put.status, 201);
    assert.ok(locationOf(put).includes(`${base}/v2/${name}/blobs/${digest}`), locationOf(put));
    assert.equal((await client.get(`${base}/v2/${name}/blobs/${digest}`)).text, 'below');
  });

  it('takes the id of an upload from its header, as scripts do', async () => {
    const name = client.name();
    const started = await client.ask('POST', `/v2/${name}/blobs/uploads/`);
    const id = started.headers['docker-upload-uuid'];
    assert.equal(typeof id, 'string');
    const patched = await client.ask('PATCH', `/v2/${name}/blobs/uploads/${String(id)}`, { body: 'by id' });
    assert.equal(patched.status, 202);
    assert.equal(patched.headers['docker-upload-uuid'], id);
    const digest = digestOf('by id');
    const put = await client.ask('PUT', `/v2/${name}/blobs/uploads/${String(id)}?digest=${digest}`);
    assert.equal(put.status, 201);
    assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).text, 'by id');
  });

  it('takes the digest of a commit with an escaped colon', async () => {
    const name = client.name();
    const digest = digestOf('escaped');
    const put = await client.ask('PUT', `${await client.upload(name)}?digest=${digest.replace(':', '%3A')}`, {
      body: 'escaped',
    });
    assert.equal(put.status, 201, put.text);
    assert.equal((await client.get(`/v2/${name}/blobs/${digest.replace(':', '%3A')}`)).text, 'escaped');
  });

  it('serves what it has, whatever ns says', async () => {
    const name = client.name();
    const manifest = await client.pushImage(name, 'latest');
    const accept = { accept: OCI_MANIFEST };
    const answer = await client.get(`/v2/${name}/manifests/latest?ns=registry-1.docker.io`, accept);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, manifest);
    assert.equal((await client.ask('HEAD', `/v2/${name}/manifests/latest?ns=docker.io`)).status, 200);
    assert.equal((await client.get(`/v2/${name}/tags/list?ns=docker.io`)).status, 200);
  });

  it('writes warnings as the specification has them', async () => {
    const { headers } = await client.get('/v2/');
    for (const warning of [headers.warning ?? []].flat()) assert.match(warning, /^299 - "[^"\\]{1,4096}"$/);
  });

  it('walks as the tutorial does with curl', async () => {
    await client.pushImage('hello', 'latest');
    await client.pushImage('hello', '0.1');
    const catalog = JSON.parse((await client.get('/v2/_catalog')).text) as { readonly repositories: readonly string[] };
    assert.ok(catalog.repositories.includes('hello'));
    const tags = await client.get('/v2/hello/tags/list');
    assert.deepEqual(JSON.parse(tags.text), { name: 'hello', tags: ['0.1', 'latest'] });
    const manifest = await client.get('/v2/hello/manifests/latest');
    assert.equal(manifest.headers['x-content-type-options'], 'nosniff');
    assert.equal(manifest.headers['docker-distribution-api-version'], 'registry/2.0');
    assert.equal(manifest.headers['content-length'], String(manifest.body.length));
    assert.equal(manifest.headers.etag, `"${String(manifest.headers['docker-content-digest'])}"`);
  });
});
