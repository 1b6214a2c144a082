import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OCI_INDEX, OCI_MANIFEST, SCHEMA1_SIGNED_MANIFEST } from '#oci';
import { buildSchema1, helloImage } from '#testing';
import { pushBlobs, pushManifest, putDocument } from './push-graph.test.fixture.ts';
import { served } from './served.test.fixture.ts';

const image = helloImage('amd64');
const own = image.config;
const plain = { schemaVersion: 2, config: own, layers: [] };
const typed = { ...plain, mediaType: OCI_MANIFEST };
const THING = 'application/vnd.example.thing.v1+json';
const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json';
/** Content-Type, document, and the type it is kept as; a code where it is refused. */
const TYPES: readonly (readonly [type: string | undefined, document: unknown, kept: string])[] = [
  [OCI_MANIFEST, typed, OCI_MANIFEST],
  [OCI_MANIFEST, plain, OCI_MANIFEST],
  [`${OCI_MANIFEST}; charset=utf-8`, plain, OCI_MANIFEST],
  [undefined, typed, OCI_MANIFEST],
  [undefined, plain, OCI_MANIFEST],
  ['application/json', plain, OCI_MANIFEST],
  ['application/x-www-form-urlencoded', typed, OCI_MANIFEST],
  [undefined, { schemaVersion: 2, manifests: [] }, OCI_INDEX],
  [DOCKER, plain, DOCKER],
  [DOCKER, typed, 'MANIFEST_INVALID'],
  [OCI_INDEX, typed, 'MANIFEST_INVALID'],
  [OCI_INDEX, plain, 'MANIFEST_INVALID'],
  [THING, typed, 'MANIFEST_INVALID'],
  [OCI_MANIFEST, { ...plain, mediaType: THING }, 'MANIFEST_INVALID'],
  [OCI_MANIFEST, { ...typed, manifests: [] }, 'MANIFEST_INVALID'],
  [OCI_MANIFEST, { ...typed, schemaVersion: 1 }, 'MANIFEST_INVALID'],
  [OCI_MANIFEST, { ...typed, Layers: [] }, 'MANIFEST_INVALID'],
  [OCI_MANIFEST, { ...typed, mediaType: 7 }, 'MANIFEST_INVALID'],
  [OCI_MANIFEST, { ...typed, subject: { digest: 'x' } }, 'MANIFEST_INVALID'],
  [OCI_MANIFEST, {}, 'MANIFEST_INVALID'],
  [undefined, {}, 'MANIFEST_INVALID'],
  [THING, { anything: [{ goes: true }] }, THING],
  [undefined, { mediaType: THING, layers: 'many' }, THING],
  [THING, { mediaType: THING, layers: [own], manifests: [own], config: own }, THING],
  [THING, { blobs: [{ ...own, digest: `sha256:${'1'.repeat(64)}` }] }, 'MANIFEST_BLOB_UNKNOWN'],
  [THING, { layers: [{ ...own, size: 1 }] }, 'SIZE_INVALID'],
  [THING, { layers: [{ digest: 'x' }, 7, null], subject: [] }, THING],
  [undefined, { mediaType: 'no type' }, 'MANIFEST_INVALID'],
  ['nonsense', {}, 'MANIFEST_INVALID'],
  ['text/html\tx', {}, 'MANIFEST_INVALID'],
];

test('the type of what is pushed', async (t) => {
  const registry = await served(t);
  await pushBlobs(registry, 'app', image);
  for (const [at, [type, document, kept]] of TYPES.entries()) {
    const answer = await putDocument(registry, `t${at}`, document, type);
    const what = `${type} ${JSON.stringify(document).slice(0, 100)} ${answer.body.toString()}`;
    if (!kept.includes('/')) assert.deepEqual([answer.status, answer.codes], [400, [kept]], what);
    else {
      assert.equal(answer.status, 201, what);
      const got = await registry.ask('GET', `/v2/app/manifests/t${at}`, { headers: { accept: kept } });
      assert.deepEqual([got.headers['content-type'], got.body.toString()], [kept, JSON.stringify(document)]);
    }
  }
});

test('schema1 is kept without its signatures, and signed again', async (t) => {
  const registry = await served(t);
  const docker = helloImage('amd64', { flavour: 'docker' });
  for (const signed of [true, false]) {
    const old = buildSchema1(docker, { name: 'app', tag: 'old', signed });
    const { digest, mediaType } = old.root;
    await pushBlobs(registry, 'app', old);
    for (const to of ['old', digest]) {
      const answer = await pushManifest(registry, 'app', old, { to });
      assert.deepEqual([answer.status, answer.headers['docker-content-digest']], [201, digest], mediaType);
      const got = await registry.ask('GET', `/v2/app/manifests/${to}`);
      assert.deepEqual(
        [got.headers['content-type'], got.headers['docker-content-digest']],
        [SCHEMA1_SIGNED_MANIFEST, digest],
      );
      assert.equal((await putDocument(registry, 'again', got.body)).headers['docker-content-digest'], digest);
    }
  }
  const signed = buildSchema1(docker, { name: 'app', tag: 'old' });
  const text = Buffer.from(signed.blobs.get(signed.root.digest) ?? []).toString();
  const forged = await putDocument(registry, 'old', text.replace('"tag": "old"', '"tag": "new"'));
  assert.deepEqual([forged.status, forged.codes], [400, ['MANIFEST_INVALID']]);
});
