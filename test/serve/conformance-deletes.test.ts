import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkError, described, digestOf, OCI_INDEX, OCI_MANIFEST } from './client.ts';
import { served } from './served.ts';

const client = served();
const accept = { accept: OCI_MANIFEST };

for (const algorithm of ['sha256', 'sha512'] as const)
  describe(`deletes by ${algorithm}`, () => {
    it('deletes a manifest by digest, with its tags', async () => {
      const name = client.name();
      const bytes = Buffer.from(JSON.stringify(await client.image(name)));
      const digest = digestOf(bytes, algorithm);
      assert.equal((await client.putManifest(name, `${digest}?tag=one&tag=two`, bytes)).status, 201);
      await client.pushImage(name, 'stays');
      assert.equal((await client.ask('DELETE', `/v2/${name}/manifests/${digest}`)).status, 202);
      for (const reference of [digest, 'one', 'two']) {
        checkError(await client.get(`/v2/${name}/manifests/${reference}`, accept), 404, 'MANIFEST_UNKNOWN');
      }
      assert.deepEqual(JSON.parse((await client.get(`/v2/${name}/tags/list`)).text), { name, tags: ['stays'] });
      checkError(await client.ask('DELETE', `/v2/${name}/manifests/${digest}`), 404, 'MANIFEST_UNKNOWN');
    });

    it('deletes a blob, and takes it again', async () => {
      const name = client.name();
      const digest = await client.pushBlob(name, 'to go', algorithm);
      assert.equal((await client.ask('DELETE', `/v2/${name}/blobs/${digest}`)).status, 202);
      checkError(await client.get(`/v2/${name}/blobs/${digest}`), 404, ['BLOB_UNKNOWN', 'NAME_UNKNOWN']);
      assert.equal((await client.ask('HEAD', `/v2/${name}/blobs/${digest}`)).status, 404);
      checkError(await client.ask('DELETE', `/v2/${name}/blobs/${digest}`), 404, ['BLOB_UNKNOWN', 'NAME_UNKNOWN']);
      await client.pushBlob(name, 'to go', algorithm);
      assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).text, 'to go');
    });
  });

describe('deletes', () => {
  it('deletes a tag alone', async () => {
    const name = client.name();
    const image = await client.image(name);
    for (const tag of ['one', 'two']) assert.equal((await client.putManifest(name, tag, image)).status, 201);
    assert.equal((await client.ask('DELETE', `/v2/${name}/manifests/one`)).status, 202);
    checkError(await client.get(`/v2/${name}/manifests/one`, accept), 404, 'MANIFEST_UNKNOWN');
    const digest = digestOf(JSON.stringify(image));
    for (const reference of ['two', digest]) {
      assert.equal((await client.get(`/v2/${name}/manifests/${reference}`, accept)).status, 200);
    }
    checkError(await client.ask('DELETE', `/v2/${name}/manifests/one`), 404, 'MANIFEST_UNKNOWN');
  });

  it('gives a manifest that is pushed again after it was deleted', async () => {
    const name = client.name();
    const bytes = await client.pushImage(name, 'again');
    for (let round = 0; round < 3; round += 1) {
      assert.equal((await client.ask('DELETE', `/v2/${name}/manifests/${digestOf(bytes)}`)).status, 202);
      assert.equal((await client.get(`/v2/${name}/manifests/again`, accept)).status, 404);
      assert.equal((await client.putManifest(name, 'again', bytes)).status, 201);
      assert.deepEqual((await client.get(`/v2/${name}/manifests/again`, accept)).body, bytes);
    }
  });

  it('deletes an index and leaves its images', async () => {
    const name = client.name();
    const child = await client.pushImage(name, undefined);
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [described(child, OCI_MANIFEST)] };
    assert.equal((await client.putManifest(name, 'index', index, OCI_INDEX)).status, 201);
    const digest = digestOf(JSON.stringify(index));
    assert.equal((await client.ask('DELETE', `/v2/${name}/manifests/${digest}`)).status, 202);
    assert.equal((await client.get(`/v2/${name}/manifests/${digestOf(child)}`, accept)).status, 200);
  });

  it('leaves other repositories alone', async () => {
    const [name, other] = [client.name(), client.name()];
    const bytes = await client.pushImage(name, 'same');
    const document = JSON.parse(bytes.toString()) as {
      config: { digest: string };
      layers: readonly { digest: string }[];
    };
    for (const { digest } of [document.config, ...document.layers]) {
      assert.equal((await client.ask('POST', `/v2/${other}/blobs/uploads/?mount=${digest}&from=${name}`)).status, 201);
    }
    assert.equal((await client.putManifest(other, 'same', bytes)).status, 201);
    assert.equal((await client.ask('DELETE', `/v2/${name}/manifests/${digestOf(bytes)}`)).status, 202);
    assert.equal((await client.ask('DELETE', `/v2/${name}/blobs/${document.config.digest}`)).status, 202);
    assert.deepEqual((await client.get(`/v2/${other}/manifests/same`, accept)).body, bytes);
    assert.equal((await client.get(`/v2/${other}/blobs/${document.config.digest}`)).status, 200);
  });

  it('does not know a repository', async () => {
    const codes = ['NAME_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN'];
    for (const path of ['manifests/tag', `manifests/${digestOf('x')}`, `blobs/${digestOf('x')}`])
      checkError(await client.ask('DELETE', `/v2/no/such/one/${path}`), 404, codes);
  });
});
