import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { type Answer, checkError, digestOf, locationOf, withQuery } from './client.ts';
import { served } from './served.ts';

const client = served();

/** An upload was begun in place of the mount, and works. */
async function checkUpload(name: string, answer: Answer, bytes: Uint8Array, digest: string): Promise<void> {
  assert.equal(answer.status, 202, answer.text);
  const put = await client.ask('PUT', withQuery(locationOf(answer), { digest }), { body: bytes });
  assert.equal(put.status, 201, put.text);
  assert.deepEqual((await client.get(`/v2/${name}/blobs/${digest}`)).body, Buffer.from(bytes));
}

for (const algorithm of ['sha256', 'sha512'] as const)
  for (const [what, bytes] of [
    ['a blob', randomBytes(700)],
    ['a blob of no bytes', Buffer.alloc(0)],
  ] as const)
    describe(`mounts of ${what} by ${algorithm}`, () => {
      it('mounts from a repository that has it', async () => {
        const [from, name] = [client.name(), client.name()];
        const digest = await client.pushBlob(from, bytes, algorithm);
        const answer = await client.ask('POST', `/v2/${name}/blobs/uploads/?mount=${digest}&from=${from}`);
        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.headers['docker-content-digest'], digest);
        assert.ok(locationOf(answer).endsWith(`/v2/${name}/blobs/${digest}`), locationOf(answer));
        assert.deepEqual((await client.get(locationOf(answer))).body, bytes);
        const again = await client.ask('POST', `/v2/${name}/blobs/uploads/?mount=${digest}&from=${from}`);
        assert.equal(again.status, 201);
      });

      it('mounts without from, wherever it is', async () => {
        const name = client.name();
        const digest = await client.pushBlob(client.name(), bytes, algorithm);
        const answer = await client.ask('POST', `/v2/${name}/blobs/uploads/?mount=${digest}`);
        assert.equal(answer.status, 201, answer.text);
        assert.deepEqual((await client.get(`/v2/${name}/blobs/${digest}`)).body, bytes);
      });
    });

describe('mounts of what is not there', () => {
  const cases: Readonly<Record<string, (digest: string) => Promise<string>>> = {
    'from a repository that does not exist': async (digest) => `mount=${digest}&from=no/such/repository`,
    'from a repository that does not have it': async (digest) => {
      await client.pushBlob('mounts/empty', 'another');
      return `mount=${digest}&from=mounts/empty`;
    },
    'without from': async (digest) => `mount=${digest}`,
    'from no name': async (digest) => `mount=${digest}&from=${encodeURIComponent('../../etc')}`,
    'from an empty name': async (digest) => `mount=${digest}&from=`,
  };
  for (const [what, query] of Object.entries(cases))
    it(`begins an upload ${what}`, async () => {
      const name = client.name();
      const bytes = randomBytes(100);
      const digest = digestOf(bytes);
      const answer = await client.ask('POST', `/v2/${name}/blobs/uploads/?${await query(digest)}`);
      await checkUpload(name, answer, bytes, digest);
    });

  it('refuses a digest that is none, or begins an upload', async () => {
    for (const digest of ['sha256:abc', '../../x', 'md5:00']) {
      const path = `/v2/${client.name()}/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=mounts/empty`;
      const answer = await client.ask('POST', path);
      if (answer.status !== 202) checkError(answer, 400, ['DIGEST_INVALID', 'UNSUPPORTED']);
    }
  });

  it('keeps what was mounted when the other repository drops it', async () => {
    const [from, name] = [client.name(), client.name()];
    const digest = await client.pushBlob(from, 'shared');
    assert.equal((await client.ask('POST', `/v2/${name}/blobs/uploads/?mount=${digest}&from=${from}`)).status, 201);
    assert.equal((await client.ask('DELETE', `/v2/${from}/blobs/${digest}`)).status, 202);
    assert.equal((await client.get(`/v2/${from}/blobs/${digest}`)).status, 404);
    assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).text, 'shared');
  });
});
