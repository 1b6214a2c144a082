import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Algorithm,
  type Answer,
  type Client,
  checkError,
  described,
  digestOf,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
} from './client.ts';
import { served } from './served.ts';

const client = served();
const EMPTY = described('{}', OCI_EMPTY);

interface Listed {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function listed(answer: Answer): readonly Listed[] {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['content-type'], OCI_INDEX);
  const index = JSON.parse(answer.text) as { schemaVersion: number; mediaType: string; manifests: readonly Listed[] };
  assert.equal(index.schemaVersion, 2);
  assert.equal(index.mediaType, OCI_INDEX);
  assert.ok(Array.isArray(index.manifests));
  return index.manifests;
}

/** Pushes an artifact that refers to `subject`; resolves to its bytes. */
async function attach(at: Client, name: string, subject: object, extra: object = {}): Promise<Buffer> {
  await at.pushBlob(name, '{}');
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: EMPTY, layers: [EMPTY], subject, ...extra };
  const bytes = Buffer.from(JSON.stringify(document));
  const type = (extra as { mediaType?: string }).mediaType ?? OCI_MANIFEST;
  const answer = await at.putManifest(name, digestOf(bytes), bytes, type);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers['oci-subject'], (subject as { digest: string }).digest);
  return bytes;
}

for (const algorithm of ['sha256', 'sha512'] as const satisfies readonly Algorithm[])
  describe(`referrers of a subject by ${algorithm}`, () => {
    async function subjectIn(name: string, isThere = true): Promise<{ readonly digest: string }> {
      const bytes = Buffer.from(JSON.stringify(await client.image(name)));
      if (isThere) assert.equal((await client.putManifest(name, digestOf(bytes, algorithm), bytes)).status, 201);
      return described(bytes, OCI_MANIFEST, algorithm);
    }

    it('lists nothing for a subject without any', async () => {
      const name = client.name();
      const { digest } = await subjectIn(name);
      assert.deepEqual(listed(await client.get(`/v2/${name}/referrers/${digest}`)), []);
    });

    for (const isThere of [true, false])
      it(`lists those of a subject that is ${isThere ? '' : 'not '}there, with type and annotations`, async () => {
        const name = client.name();
        const subject = await subjectIn(name, isThere);
        const annotations = { 'org.example.kind': 'signature' };
        const one = await attach(client, name, subject, { artifactType: 'application/vnd.example.sig', annotations });
        const manifests = listed(await client.get(`/v2/${name}/referrers/${subject.digest}`));
        const expected = { ...described(one, OCI_MANIFEST), artifactType: 'application/vnd.example.sig', annotations };
        assert.deepEqual(manifests, [expected]);
        const head = await client.ask('HEAD', `/v2/${name}/referrers/${subject.digest}`);
        assert.ok([200, 405].includes(head.status), `${head.status}`);
      });

    it('takes the type from the config where there is none, and none for an index', async () => {
      const name = client.name();
      const subject = await subjectIn(name);
      await client.pushBlob(name, 'config');
      const config = described('config', 'application/vnd.example.config+json');
      const image = await attach(client, name, subject, { config });
      const typed = { mediaType: OCI_INDEX, artifactType: 'application/vnd.example.index', manifests: [] };
      const index = await attach(client, name, subject, { ...typed, config: undefined, layers: undefined });
      const plain = { mediaType: OCI_INDEX, manifests: [], config: undefined, layers: undefined };
      const untyped = await attach(client, name, subject, { ...plain, annotations: { a: 'b' } });
      const manifests = listed(await client.get(`/v2/${name}/referrers/${subject.digest}`));
      const types = new Map(manifests.map((one) => [one.digest, [one.mediaType, one.artifactType]]));
      assert.deepEqual(types.get(digestOf(image)), [OCI_MANIFEST, 'application/vnd.example.config+json']);
      assert.deepEqual(types.get(digestOf(index)), [OCI_INDEX, 'application/vnd.example.index']);
      assert.deepEqual(types.get(digestOf(untyped)), [OCI_INDEX, undefined]);
    });

    it('filters by type and says so', async () => {
      const name = client.name();
      const subject = await subjectIn(name);
      const sig = await attach(client, name, subject, { artifactType: 'application/vnd.example.sig+json' });
      await attach(client, name, subject, { artifactType: 'application/vnd.example.sbom' });
      const type = encodeURIComponent('application/vnd.example.sig+json');
      const answer = await client.get(`/v2/${name}/referrers/${subject.digest}?artifactType=${type}`);
      assert.deepEqual(
        listed(answer).map(({ digest }) => digest),
        [digestOf(sig)],
      );
      assert.equal(answer.headers['oci-filters-applied'], 'artifactType');
      const none = await client.get(`/v2/${name}/referrers/${subject.digest}?artifactType=x/y`);
      assert.deepEqual(listed(none), []);
      assert.equal(none.headers['oci-filters-applied'], 'artifactType');
      const all = await client.get(`/v2/${name}/referrers/${subject.digest}`);
      assert.equal(listed(all).length, 2);
      assert.equal(all.headers['oci-filters-applied'], undefined);
    });

    it('lists no more what was deleted', async () => {
      const name = client.name();
      const subject = await subjectIn(name);
      const one = await attach(client, name, subject, { artifactType: 'a/one' });
      const two = await attach(client, name, subject, { artifactType: 'a/two' });
      assert.equal((await client.ask('DELETE', `/v2/${name}/manifests/${digestOf(one)}`)).status, 202);
      const manifests = listed(await client.get(`/v2/${name}/referrers/${subject.digest}`));
      assert.deepEqual(
        manifests.map(({ digest }) => digest),
        [digestOf(two)],
      );
    });

    it('lists those that stay when the subject is deleted', async () => {
      const name = client.name();
      const subject = await subjectIn(name);
      await attach(client, name, subject, { artifactType: 'a/stays' });
      assert.equal((await client.ask('DELETE', `/v2/${name}/manifests/${subject.digest}`)).status, 202);
      assert.equal(listed(await client.get(`/v2/${name}/referrers/${subject.digest}`)).length, 1);
    });

    it('lists the same once, however often it is pushed', async () => {
      const name = client.name();
      const subject = await subjectIn(name);
      for (let left = 2; left > 0; left -= 1) await attach(client, name, subject, { artifactType: 'a/same' });
      assert.equal(listed(await client.get(`/v2/${name}/referrers/${subject.digest}`)).length, 1);
    });

    it('is of one repository', async () => {
      const [name, other] = [client.name(), client.name()];
      const subject = await subjectIn(name);
      await attach(client, name, subject, { artifactType: 'a/here' });
      await client.pushImage(other, 'x');
      assert.deepEqual(listed(await client.get(`/v2/${other}/referrers/${subject.digest}`)), []);
    });

    it('gives many, in pages that Link leads through', async () => {
      const name = client.name();
      const subject = await subjectIn(name);
      const annotations = { fill: 'x'.repeat(4_000) };
      const expected = new Set<string>();
      for (let index = 0; index < 25; index += 1)
        expected.add(digestOf(await attach(client, name, subject, { artifactType: `a/${index}`, annotations })));
      const found = new Set<string>();
      for (let at: string | undefined = `/v2/${name}/referrers/${subject.digest}`; at !== undefined; ) {
        const answer = await client.get(at);
        for (const { digest } of listed(answer)) found.add(digest);
        const next = /^<([^>]+)>/.exec(String(answer.headers['link'] ?? ''))?.[1];
        at = next === undefined ? undefined : new URL(next, new URL(at, client.registry.origin)).href;
      }
      assert.deepEqual(found, expected);
    });
  });

describe('referrers that cannot be', () => {
  for (const digest of ['latest', 'sha256:abc', `sha256:${'A'.repeat(64)}`, 'md5:00', '..'])
    it(`refuses ${digest.slice(0, 12)}`, async () => {
      const answer = await client.get(`/v2/referrers/here/referrers/${digest}`);
      assert.ok([400, 404].includes(answer.status), `${answer.status}`);
    });

  it('lists nothing in a repository that does not exist, or does not know it', async () => {
    const answer = await client.get(`/v2/no/such/referrers/${digestOf('x')}`);
    if (answer.status === 200) assert.deepEqual(listed(answer), []);
    else checkError(answer, 404, 'NAME_UNKNOWN');
  });

  it('leaves out a subject that is none', async () => {
    const name = client.name();
    for (const subject of [{ digest: 'sha256:abc', mediaType: OCI_MANIFEST, size: 1 }, 'text', 7, []]) {
      const answer = await client.putManifest(name, 'x', { ...(await client.image(name)), subject });
      if (answer.status !== 201) checkError(answer, 400, ['MANIFEST_INVALID', 'DIGEST_INVALID']);
      else assert.equal(answer.headers['oci-subject'], undefined);
    }
  });
});

describe('the fallback tag', () => {
  it('is a tag as any other, and what it lists is found as referrers or by tag', async () => {
    const name = client.name();
    const subject = described(await client.pushImage(name, 'subject'), OCI_MANIFEST);
    const layers = [{ ...described('layer of it', OCI_LAYER) }];
    await client.pushBlob(name, 'layer of it');
    await client.pushBlob(name, '{}');
    const old = { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: 'a/old', config: EMPTY, layers };
    const bytes = Buffer.from(JSON.stringify(old));
    assert.equal((await client.putManifest(name, digestOf(bytes), bytes)).status, 201);
    const entry = { ...described(bytes, OCI_MANIFEST), artifactType: 'a/old' };
    const tag = subject.digest.replace(':', '-');
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] };
    assert.equal((await client.putManifest(name, tag, index, OCI_INDEX)).status, 201);
    const got = await client.get(`/v2/${name}/manifests/${tag}`, { accept: OCI_INDEX });
    assert.deepEqual(JSON.parse(got.text), index);
    const manifests = listed(await client.get(`/v2/${name}/referrers/${subject.digest}`));
    assert.deepEqual(
      manifests.map(({ digest }) => digest),
      [digestOf(bytes)],
    );
  });
});
