import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { type Algorithm, type Answer, checkError, digestOf, locationOf, withQuery } from './client.ts';
import { served } from './served.ts';

const client = served();

/** The ways in which a blob gets in; each resolves to the last answer. */
const ways: Readonly<Record<string, (name: string, bytes: Buffer, digest: string) => Promise<Answer>>> = {
  'POST, PUT': async (name, body, digest) =>
    client.ask('PUT', withQuery(await client.upload(name), { digest }), { body }),
  'POST, PUT of unknown length': async (name, bytes, digest) =>
    client.ask('PUT', withQuery(await client.upload(name), { digest }), { body: Readable.from([bytes]) }),
  'one POST': (name, body, digest) =>
    client.ask('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, {
      body,
      headers: { 'content-type': 'application/octet-stream' },
    }),
  'a stream in one PATCH': async (name, bytes, digest) => {
    const body = Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]);
    const patched = await client.ask('PATCH', await client.upload(name), { body });
    assert.equal(patched.status, 202);
    return client.ask('PUT', withQuery(locationOf(patched), { digest }));
  },
  'PATCH without a range': async (name, body, digest) => {
    const patched = await client.ask('PATCH', await client.upload(name), { body });
    assert.equal(patched.status, 202);
    return client.ask('PUT', withQuery(locationOf(patched), { digest }));
  },
};

async function pulled(name: string, digest: string): Promise<Buffer> {
  const answer = await client.get(`/v2/${name}/blobs/${digest}`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['docker-content-digest'], digest);
  return answer.body;
}

for (const algorithm of ['sha256', 'sha512'] as const satisfies readonly Algorithm[])
  describe(`blobs by ${algorithm}`, () => {
    for (const [way, push] of Object.entries(ways)) {
      for (const [what, bytes] of [
        ['some bytes', randomBytes(3_000)],
        ['no bytes', Buffer.alloc(0)],
      ] as const)
        it(`takes ${what} by ${way}`, async () => {
          const name = client.name();
          const digest = digestOf(bytes, algorithm);
          const answer = await push(name, bytes, digest);
          assert.equal(answer.status, 201, answer.text);
          assert.equal(answer.headers['docker-content-digest'], digest);
          assert.equal((await client.get(locationOf(answer))).status, 200);
          assert.deepEqual(await pulled(name, digest), bytes);
        });

      it(`refuses what is not of the digest by ${way}`, async () => {
        const name = client.name();
        const digest = digestOf('something else', algorithm);
        checkError(await push(name, randomBytes(100), digest), 400, 'DIGEST_INVALID');
        assert.equal((await client.ask('HEAD', `/v2/${name}/blobs/${digest}`)).status, 404);
      });
    }

    it('takes the same blob again, in the same and in another repository', async () => {
      const bytes = randomBytes(500);
      for (const name of ['again/one', 'again/one', 'again/two']) {
        const digest = await client.pushBlob(name, bytes, algorithm);
        assert.deepEqual(await pulled(name, digest), bytes);
      }
    });

    it('begins an upload that names its algorithm', async () => {
      const name = client.name();
      const started = await client.ask('POST', `/v2/${name}/blobs/uploads/?digest-algorithm=${algorithm}`);
      assert.equal(started.status, 202);
      const patched = await client.ask('PATCH', locationOf(started), { body: 'named' });
      const digest = digestOf('named', algorithm);
      const put = await client.ask('PUT', withQuery(locationOf(patched), { digest }));
      assert.equal(put.status, 201, put.text);
      assert.equal((await pulled(name, digest)).toString(), 'named');
    });
  });

describe('digests of a push', () => {
  for (const digest of [
    '',
    'sha256:',
    'sha256:abc',
    'abc',
    `sha256:${'g'.repeat(64)}`,
    `sha256:${'A'.repeat(64)}`,
    `md5:${'0'.repeat(32)}`,
  ])
    it(`refuses "${digest.slice(0, 16)}"`, async () => {
      const name = client.name();
      const put = await client.ask('PUT', withQuery(await client.upload(name), { digest }), { body: 'x' });
      checkError(put, 400, ['DIGEST_INVALID', 'BLOB_UPLOAD_INVALID', 'UNSUPPORTED']);
      const post = await client.ask('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: 'x' });
      if (digest !== '') checkError(post, 400, ['DIGEST_INVALID', 'BLOB_UPLOAD_INVALID', 'UNSUPPORTED']);
    });

  it('refuses a PUT without a digest', async () => {
    const put = await client.ask('PUT', await client.upload(client.name()), { body: 'x' });
    checkError(put, 400, ['DIGEST_INVALID', 'BLOB_UPLOAD_INVALID']);
  });

  it('refuses an upload by an algorithm that it does not have', async () => {
    const answer = await client.ask('POST', `/v2/${client.name()}/blobs/uploads/?digest-algorithm=md5`);
    checkError(answer, 400);
  });

  it('ends an upload whose content is another one, or lets it be ended', async () => {
    const name = client.name();
    const location = await client.upload(name);
    checkError(
      await client.ask('PUT', withQuery(location, { digest: digestOf('y') }), { body: 'x' }),
      400,
      'DIGEST_INVALID',
    );
    assert.ok([204, 404].includes((await client.ask('DELETE', location)).status));
  });
});

describe('uploads', () => {
  it('begins with 202, a Location, an id and no bytes', async () => {
    const answer = await client.ask('POST', `/v2/${client.name()}/blobs/uploads/`);
    assert.equal(answer.status, 202);
    assert.equal(answer.headers['content-length'], '0');
    assert.ok(locationOf(answer).includes(String(answer.headers['docker-upload-uuid'])));
    assert.match(answer.headers.range ?? '0-0', /^0-0$/);
    assert.match(String(answer.headers['oci-chunk-min-length'] ?? '0'), /^\d+$/);
  });

  it('begins without the slash at the end, too', async () => {
    const answer = await client.ask('POST', `/v2/${client.name()}/blobs/uploads`);
    assert.ok([202, 301, 307, 308].includes(answer.status), `${answer.status}`);
  });

  it('tells how far an upload is', async () => {
    const location = await client.upload(client.name());
    const empty = await client.get(location);
    assert.equal(empty.status, 204);
    assert.match(empty.headers.range ?? '0-0', /^0-0$/);
    const patched = await client.ask('PATCH', locationOf(empty), { body: randomBytes(77) });
    assert.equal(patched.headers.range, '0-76');
    const half = await client.get(locationOf(patched));
    assert.equal(half.status, 204);
    assert.equal(half.headers.range, '0-76');
    assert.ok(locationOf(half).length > 0);
    assert.equal(half.headers['docker-upload-uuid'], patched.headers['docker-upload-uuid']);
  });

  it('cancels an upload', async () => {
    const name = client.name();
    const location = await client.upload(name);
    const patched = await client.ask('PATCH', location, { body: 'x' });
    assert.equal((await client.ask('DELETE', locationOf(patched))).status, 204);
    checkError(await client.get(location), 404, 'BLOB_UPLOAD_UNKNOWN');
    checkError(await client.ask('DELETE', location), 404, 'BLOB_UPLOAD_UNKNOWN');
    checkError(await client.ask('PATCH', location, { body: 'y' }), 404, 'BLOB_UPLOAD_UNKNOWN');
    const put = await client.ask('PUT', withQuery(location, { digest: digestOf('x') }));
    checkError(put, 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it('does not know an upload that never began', async () => {
    const path = `/v2/${client.name()}/blobs/uploads/7f2f2f2e-0000-4000-8000-000000000000`;
    for (const method of ['GET', 'PATCH', 'DELETE'])
      checkError(await client.ask(method, path), 404, 'BLOB_UPLOAD_UNKNOWN');
    checkError(await client.ask('PUT', `${path}?digest=${digestOf('')}`), 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it('is over when it has been committed', async () => {
    const location = await client.upload(client.name());
    const digest = digestOf('once');
    assert.equal((await client.ask('PUT', withQuery(location, { digest }), { body: 'once' })).status, 201);
    checkError(await client.get(location), 404, 'BLOB_UPLOAD_UNKNOWN');
    const twice = await client.ask('PUT', withQuery(location, { digest }), { body: 'once' });
    assert.ok([201, 404].includes(twice.status), `${twice.status}`);
  });
});
