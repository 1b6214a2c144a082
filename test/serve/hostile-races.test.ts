import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { besieged } from './besieged.ts';
import { digestOf, OCI_MANIFEST, withQuery } from './client.ts';

const name = 'races/here';
const client = besieged({ args: [] });
const accept = { accept: OCI_MANIFEST };
const many = Array.from({ length: 50 }, (_, index) => index);

describe('many at once', () => {
  it('points a tag at one of fifty manifests, whole, and keeps them all', async () => {
    const image = await client.image(name);
    const documents = many.map((index) =>
      Buffer.from(JSON.stringify({ ...image, annotations: { index: `${index}`, fill: 'x'.repeat(index * 100) } })),
    );
    const answers = await Promise.all(documents.map((document) => client.putManifest(name, 'contested', document)));
    for (const answer of answers) assert.equal(answer.status, 201, answer.text);
    const got = await client.get(`/v2/${name}/manifests/contested`, accept);
    assert.ok(
      documents.some((document) => document.equals(got.body)),
      'it is none of them',
    );
    assert.equal(got.headers['docker-content-digest'], digestOf(got.body));
    for (const document of documents)
      assert.deepEqual((await client.get(`/v2/${name}/manifests/${digestOf(document)}`, accept)).body, document);
  });

  it('gives a whole manifest each time while a tag moves', async () => {
    const image = await client.image(name);
    const documents = many
      .slice(0, 20)
      .map((index) => JSON.stringify({ ...image, annotations: { fill: 'y'.repeat(index * 500) } }));
    const over = new AbortController();
    const pull = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const got = await client.get(`/v2/${name}/manifests/moving`, accept);
        assert.equal(got.status, 200);
        assert.ok(documents.includes(got.text), 'it is none of them');
        assert.equal(got.headers['docker-content-digest'], digestOf(got.body));
      }
    };
    assert.equal((await client.putManifest(name, 'moving', documents[0])).status, 201);
    const pulls = Promise.all([pull(), pull(), pull()]);
    try {
      for (const document of documents) {
        assert.equal((await client.putManifest(name, 'moving', document)).status, 201);
        assert.equal(
          (await client.get(`/v2/${name}/manifests/moving`, accept)).text,
          document,
          'it does not see its own push',
        );
      }
    } finally {
      over.abort();
      await pulls;
    }
  });

  it('takes one blob from fifty at once', async () => {
    const bytes = randomBytes(200_000);
    const digests = await Promise.all(many.map((index) => client.pushBlob(`races/${index % 5}`, bytes)));
    assert.equal(new Set(digests).size, 1);
    for (const index of [0, 1, 2, 3, 4])
      assert.deepEqual((await client.get(`/v2/races/${index}/blobs/${digests[0]}`)).body, bytes);
  });

  it('begins fifty uploads with fifty ids', async () => {
    const locations = await Promise.all(many.map(() => client.upload(name)));
    assert.equal(new Set(locations).size, many.length);
  });

  it('lists every tag of fifty pushes', async () => {
    const image = await client.image('races/tags');
    await Promise.all(many.map((index) => client.putManifest('races/tags', `t${index}`, image)));
    const { tags } = JSON.parse((await client.get('/v2/races/tags/tags/list')).text) as {
      readonly tags: readonly string[];
    };
    assert.deepEqual(tags.toSorted(), many.map((index) => `t${index}`).toSorted());
  });

  it('lists every referrer of fifty pushes', async () => {
    const image = await client.image(name);
    const subject = { mediaType: OCI_MANIFEST, digest: digestOf('subject'), size: 7 };
    const documents = many.map((index) => JSON.stringify({ ...image, subject, annotations: { index: `${index}` } }));
    await Promise.all(documents.map((document) => client.putManifest(name, digestOf(document), document)));
    const answer = await client.get(`/v2/${name}/referrers/${subject.digest}`);
    const { manifests } = JSON.parse(answer.text) as { readonly manifests: readonly { readonly digest: string }[] };
    const found = manifests.map(({ digest }) => digest);
    assert.deepEqual(found.toSorted(), documents.map((document) => digestOf(document)).toSorted());
  });
});

describe('deletes and pulls at once', () => {
  it('gives a blob whole or not at all while it is deleted and pushed', async () => {
    const bytes = randomBytes(3 << 20);
    const digest = digestOf(bytes);
    await client.pushBlob(name, bytes);
    for (let round = 0; round < 5; round += 1) {
      const [, , ...pulls] = await Promise.all([
        client.ask('DELETE', `/v2/${name}/blobs/${digest}`),
        client.get('/v2/'),
        ...[1, 2, 3, 4].map(() => client.get(`/v2/${name}/blobs/${digest}`)),
      ]);
      for (const { status, body } of pulls) {
        assert.ok(status === 200 || status === 404, `${status}`);
        if (status === 200) assert.ok(body.equals(bytes), 'a part of it');
      }
      await client.pushBlob(name, bytes);
      assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).status, 200);
    }
  });

  it('has a manifest after a push that was acknowledged behind a delete', async () => {
    const document = JSON.stringify(await client.image(name));
    const path = `/v2/${name}/manifests/${digestOf(document)}`;
    for (let round = 0; round < 8; round += 1) {
      assert.equal((await client.putManifest(name, 'both', document)).status, 201);
      const [deleted, pushed] = await Promise.all([
        client.ask('DELETE', path),
        client.putManifest(name, 'both', document),
      ]);
      assert.ok([202, 404].includes(deleted.status), `${deleted.status}`);
      assert.equal(pushed.status, 201);
      const [byTag, byDigest] = [
        await client.get(`/v2/${name}/manifests/both`, accept),
        await client.get(path, accept),
      ];
      assert.equal(byTag.status, byDigest.status, 'the tag leads to nothing');
    }
  });

  it('mounts a blob or begins an upload while the other repository drops it', async () => {
    for (let round = 0; round < 8; round += 1) {
      const bytes = randomBytes(1_000);
      const digest = await client.pushBlob(name, bytes);
      const to = `races/mounted-${round}`;
      const [mount, dropped] = await Promise.all([
        client.ask('POST', `/v2/${to}/blobs/uploads/?mount=${digest}&from=${name}`),
        client.ask('DELETE', `/v2/${name}/blobs/${digest}`),
      ]);
      assert.equal(dropped.status, 202);
      if (mount.status === 201) assert.deepEqual((await client.get(`/v2/${to}/blobs/${digest}`)).body, bytes);
      else
        assert.equal(
          (await client.ask('PUT', withQuery(String(mount.headers.location), { digest }), { body: bytes })).status,
          201,
        );
    }
  });
});
