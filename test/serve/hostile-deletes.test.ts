import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { besieged } from './besieged.ts';
import { checkError, digestOf, OCI_MANIFEST } from './client.ts';

const name = 'deletes/here';
let manifest: Buffer = Buffer.alloc(0);
const client = besieged({ args: ['--no-delete', '--no-sync'] }, async (pusher) => {
  manifest = await pusher.pushImage(name, 'latest');
  await pusher.pushBlob(name, 'blob');
});

describe('a server that lets nothing be deleted', () => {
  const targets: Readonly<Record<string, () => string>> = {
    'a tag': () => `/v2/${name}/manifests/latest`,
    'a manifest': () => `/v2/${name}/manifests/${digestOf(manifest)}`,
    'a manifest with an escaped digest': () => `/v2/${name}/manifests/${digestOf(manifest).replace(':', '%3a')}`,
    'a blob': () => `/v2/${name}/blobs/${digestOf('blob')}`,
    'a tag below a path': () => `/some/path/v2/${name}/manifests/latest`,
    'a tag with a query': () => `/v2/${name}/manifests/latest?x=y`,
    'a tag that is not there': () => `/v2/${name}/manifests/missing`,
    'a repository': () => `/v2/${name}`,
    'a repository, with a slash': () => `/v2/${name}/`,
  };
  for (const [what, target] of Object.entries(targets))
    it(`keeps ${what}`, async () => {
      for (const headers of [{}, { 'x-http-method-override': 'DELETE' }]) {
        const answer = await client.ask('DELETE', target(), { headers });
        assert.ok([404, 405].includes(answer.status), `${answer.status}`);
        if (answer.status === 405) checkError(answer, 405, 'UNSUPPORTED');
      }
      assert.deepEqual((await client.get(`/v2/${name}/manifests/latest`, { accept: OCI_MANIFEST })).body, manifest);
      assert.equal((await client.get(`/v2/${name}/blobs/${digestOf('blob')}`)).status, 200);
    });

  it('refuses before it looks', async () => {
    for (const path of ['manifests/latest', `manifests/${digestOf(manifest)}`, `blobs/${digestOf('blob')}`])
      checkError(await client.ask('DELETE', `/v2/${name}/${path}`), 405, 'UNSUPPORTED');
  });

  it('still lets uploads be cancelled and tags be moved', async () => {
    assert.equal((await client.ask('DELETE', await client.upload(name))).status, 204);
    const moved = await client.pushImage(name, 'moves');
    const again = await client.pushImage(name, 'moves');
    assert.notDeepEqual(moved, again);
    assert.deepEqual((await client.get(`/v2/${name}/manifests/moves`, { accept: OCI_MANIFEST })).body, again);
  });
});
