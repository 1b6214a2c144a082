import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkError,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  described,
  digestOf,
  locationOf,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
} from './client.ts';
import { served } from './served.ts';

const client = served();
const EMPTY = described('{}', OCI_EMPTY);
const ABSENT = { mediaType: OCI_MANIFEST, digest: `sha256:${'2'.repeat(64)}`, size: 100 };

/** Pushes by tag and by digest and reads it again in every way. */
async function checkKept(
  name: string,
  document: unknown,
  type: string,
  algorithm: 'sha256' | 'sha512' = 'sha256',
): Promise<void> {
  const bytes = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
  const digest = digestOf(bytes, algorithm);
  const byDigest = await client.putManifest(name, digest, bytes, type);
  assert.equal(byDigest.status, 201, byDigest.text);
  assert.equal(byDigest.headers['docker-content-digest'], digest);
  assert.ok(locationOf(byDigest).endsWith(`/v2/${name}/manifests/${digest}`), locationOf(byDigest));
  const byTag = await client.putManifest(name, 'tag', bytes, type);
  assert.equal(byTag.status, 201, byTag.text);
  assert.ok(byTag.headers['docker-content-digest'] !== undefined);
  for (const reference of [digest, 'tag', byTag.headers['docker-content-digest']]) {
    const got = await client.get(`/v2/${name}/manifests/${String(reference)}`, { accept: type });
    assert.equal(got.status, 200, got.text);
    assert.deepEqual(got.body, bytes);
    assert.equal(got.headers['content-type'], type);
  }
  const head = await client.ask('HEAD', `/v2/${name}/manifests/${digest}`, { headers: { accept: type } });
  assert.equal(head.status, 200);
  assert.equal(head.headers['docker-content-digest'], digest);
  assert.equal(head.headers['content-length'], String(bytes.length));
}

/** Documents over blobs of `name`, and the media type of each. */
const kinds: Readonly<Record<string, (name: string) => Promise<readonly [unknown, string]>>> = {
  'an image': async (name) => [await client.image(name), OCI_MANIFEST],
  'an image without a media type in it': async (name) => {
    const { mediaType: _, ...rest } = (await client.image(name)) as { mediaType: string };
    return [rest, OCI_MANIFEST];
  },
  "Docker's image": async (name) => [await client.image(name, DOCKER_MANIFEST), DOCKER_MANIFEST],
  'an artifact with the empty config': async (name) => {
    await client.pushBlob(name, '{}');
    const artifactType = 'application/vnd.example+type';
    return [{ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType, config: EMPTY, layers: [EMPTY] }, OCI_MANIFEST];
  },
  'an artifact without layers': async (name) => {
    await client.pushBlob(name, '{}');
    const artifactType = 'application/vnd.example.none';
    return [{ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType, config: EMPTY, layers: [] }, OCI_MANIFEST];
  },
  'an artifact with a config of its own': async (name) => {
    await client.pushBlob(name, 'chart');
    const config = described('chart', 'application/vnd.cncf.helm.config.v1+json');
    return [{ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] }, OCI_MANIFEST];
  },
  annotations: async (name) => {
    const annotations = { 'org.example.note': 'täglich ☀ \u0001 "quoted" \\ and </script>', 'org.example.empty': '' };
    return [{ ...(await client.image(name)), annotations }, OCI_MANIFEST];
  },
  'fields that nobody knows': async (name) => [
    { ...(await client.image(name)), 'x-own': { a: [1, null] } },
    OCI_MANIFEST,
  ],
  'bytes that are indented': async (name) => [JSON.stringify(await client.image(name), null, 3), OCI_MANIFEST],
  'data in descriptors': async (name) => {
    await client.pushBlob(name, '{}');
    const config = { ...EMPTY, data: Buffer.from('{}').toString('base64') };
    return [{ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: 'a/b', config, layers: [config] }, OCI_MANIFEST];
  },
  'a layer that is not distributed': async (name) => {
    const type = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
    const layer = { ...ABSENT, mediaType: type, urls: ['https://elsewhere.example/layer'] };
    const image = (await client.image(name)) as { layers: readonly object[] };
    return [{ ...image, layers: [...image.layers, layer] }, OCI_MANIFEST];
  },
  "Docker's foreign layer": async (name) => {
    const type = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const layer = { ...ABSENT, mediaType: type, urls: ['https://elsewhere.example/layer'] };
    const image = (await client.image(name, DOCKER_MANIFEST)) as { layers: readonly object[] };
    return [{ ...image, layers: [...image.layers, layer] }, DOCKER_MANIFEST];
  },
  'a subject that is there': async (name) => {
    const subject = described(await client.pushImage(name, 'subject'), OCI_MANIFEST);
    return [{ ...(await client.image(name)), subject }, OCI_MANIFEST];
  },
  'a subject that is not there': async (name) => [{ ...(await client.image(name)), subject: ABSENT }, OCI_MANIFEST],
  'an index': async (name) => {
    const child = described(await client.pushImage(name, undefined), OCI_MANIFEST);
    return [{ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] }, OCI_INDEX];
  },
  "Docker's list": async (name) => {
    const bytes = Buffer.from(JSON.stringify(await client.image(name, DOCKER_MANIFEST)));
    await client.putManifest(name, digestOf(bytes), bytes, DOCKER_MANIFEST);
    const child = { ...described(bytes, DOCKER_MANIFEST), platform: { architecture: 'amd64', os: 'linux' } };
    return [{ schemaVersion: 2, mediaType: DOCKER_LIST, manifests: [child] }, DOCKER_LIST];
  },
  'an index of nothing': async () => [{ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }, OCI_INDEX],
  'an index that lacks some of its images': async (name) => {
    const child = described(await client.pushImage(name, undefined), OCI_MANIFEST);
    return [{ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child, ABSENT] }, OCI_INDEX];
  },
  'an index of an index': async (name) => {
    const inner = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
    await client.putManifest(name, digestOf(inner), inner, OCI_INDEX);
    return [{ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [described(inner, OCI_INDEX)] }, OCI_INDEX];
  },
  'an index that is an artifact with a subject': async (name) => {
    const subject = described(await client.pushImage(name, 'subject'), OCI_MANIFEST);
    const artifactType = 'application/vnd.example.index';
    return [{ schemaVersion: 2, mediaType: OCI_INDEX, artifactType, manifests: [], subject }, OCI_INDEX];
  },
  'an index of blobs': async (name) => {
    await client.pushBlob(name, 'a blob');
    const manifests = [described('a blob', OCI_LAYER)];
    return [{ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX];
  },
  'a media type that nobody knows': async () => {
    const mediaType = 'application/vnd.example.unknown.manifest.v7+json';
    return [{ mediaType, anything: ['goes'] }, mediaType];
  },
};

for (const algorithm of ['sha256', 'sha512'] as const)
  describe(`manifests by ${algorithm}`, () => {
    for (const [what, make] of Object.entries(kinds))
      it(`keeps ${what}`, async () => {
        const name = client.name();
        const [document, type] = await make(name);
        await checkKept(name, document, type, algorithm);
      });

    it('keeps an image whose blobs are known by this algorithm', async () => {
      const name = client.name();
      await client.pushBlob(name, '{}', algorithm);
      await client.pushBlob(name, 'layer', algorithm);
      const config = described('{}', OCI_EMPTY, algorithm);
      const layers = [described('layer', OCI_LAYER, algorithm)];
      await checkKept(name, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }, OCI_MANIFEST, algorithm);
    });

    it('refuses another digest than that of the bytes', async () => {
      const name = client.name();
      const answer = await client.putManifest(name, digestOf('other', algorithm), await client.image(name));
      checkError(answer, 400, ['DIGEST_INVALID', 'MANIFEST_INVALID']);
      assert.equal((await client.get(`/v2/${name}/manifests/${digestOf('other', algorithm)}`)).status, 404);
    });

    it('points every tag of the query at what is pushed by digest', async () => {
      const name = client.name();
      const bytes = Buffer.from(JSON.stringify(await client.image(name)));
      const digest = digestOf(bytes, algorithm);
      const tags = Array.from({ length: 10 }, (_, index) => `v${index}`);
      const query = tags.map((tag) => `tag=${tag}`).join('&');
      const answer = await client.putManifest(name, `${digest}?${query}`, bytes);
      assert.equal(answer.status, 201, answer.text);
      assert.equal(answer.headers['docker-content-digest'], digest);
      const told = (answer.distinct['oci-tag'] ?? []).flatMap((value) => value.split(/,\s*/));
      assert.deepEqual(told.toSorted(), tags);
      for (const tag of tags) {
        const got = await client.get(`/v2/${name}/manifests/${tag}`, { accept: OCI_MANIFEST });
        assert.deepEqual(got.body, bytes);
        assert.equal(got.headers['docker-content-digest'], digest);
      }
    });
  });

describe('the answer to a push', () => {
  it('names the subject', async () => {
    const name = client.name();
    const answer = await client.putManifest(name, 'with', { ...(await client.image(name)), subject: ABSENT });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['oci-subject'], ABSENT.digest);
    const without = await client.putManifest(name, 'without', await client.image(name));
    assert.equal(without.headers['oci-subject'], undefined);
  });

  it('points a tag at the newest manifest, and keeps the older one by digest', async () => {
    const name = client.name();
    const [old, young] = [await client.pushImage(name, 'moves'), await client.pushImage(name, 'moves')];
    const headers = { accept: OCI_MANIFEST };
    assert.deepEqual((await client.get(`/v2/${name}/manifests/moves`, headers)).body, young);
    assert.deepEqual((await client.get(`/v2/${name}/manifests/${digestOf(old)}`, headers)).body, old);
  });

  it('takes a manifest of 4 MiB', async () => {
    const name = client.name();
    const image = await client.image(name);
    const rest = (4 << 20) - JSON.stringify({ ...image, annotations: { fill: '' } }).length;
    const document = JSON.stringify({ ...image, annotations: { fill: 'x'.repeat(rest) } });
    assert.equal(document.length, 4 << 20);
    await checkKept(name, document, OCI_MANIFEST);
    const more = await client.putManifest(name, 'more', `${document} `);
    checkError(more, [400, 413], ['SIZE_INVALID', 'MANIFEST_INVALID']);
  });

  it('refuses what names blobs that are not there', async () => {
    const name = client.name();
    const image = (await client.image(name)) as { config: object };
    const answer = await client.putManifest(name, 'x', { ...image, layers: [{ ...ABSENT, mediaType: OCI_LAYER }] });
    if (answer.status !== 201) checkError(answer, [400, 404], ['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN']);
  });

  for (const tag of ['.hidden', '-dash', 'x'.repeat(129), 'a%20b', 'ü', 'a+b', 'a@b', 'a:b'])
    it(`refuses the tag ${tag.slice(0, 10)}`, async () => {
      const name = client.name();
      const answer = await client.putManifest(name, encodeURI(decodeURI(tag)), await client.image(name));
      checkError(
        answer,
        [400, 404],
        ['TAG_INVALID', 'DIGEST_INVALID', 'MANIFEST_INVALID', 'NAME_INVALID', 'UNSUPPORTED'],
      );
      assert.equal((await client.get(`/v2/${name}/tags/list`)).text.includes(tag), false);
    });

  for (const tag of ['x'.repeat(128), '_', '0', 'A.b-C_d', 'list', 'latest'])
    it(`takes the tag ${tag.slice(0, 10)}`, async () => {
      const name = client.name();
      await client.pushImage(name, tag);
      assert.equal((await client.ask('HEAD', `/v2/${name}/manifests/${tag}`)).status, 200);
    });
});

describe('digests of manifests that are none', () => {
  for (const digest of [
    'sha256:',
    'sha256:abc',
    'sha256:xyz',
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'a'.repeat(64)}`,
    `md5:${'a'.repeat(32)}`,
    'a:b:c',
    ':',
    ':abc',
    'sha256+b64u:abc',
    '@sha256:abc',
  ])
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
      it(`${method} ${digest.slice(0, 12)} is refused`, async () => {
        const body = method === 'PUT' ? '{}' : undefined;
        const headers = method === 'PUT' ? { 'content-type': OCI_MANIFEST } : {};
        const answer = await client.ask(method, `/v2/digests/manifests/${digest}`, { headers, body });
        assert.ok([400, 404, 405].includes(answer.status), `${answer.status} ${answer.text}`);
        if (method === 'PUT') assert.equal(answer.status, 400);
        if (method !== 'HEAD') checkError(answer, answer.status);
      });
});
