import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { OCI_MANIFEST } from '#oci';
import type { ProgressEvent } from '#progress';
import {
  answerWith,
  buildImage,
  buildSchema1,
  contentDigest,
  cutAfter,
  digestOf,
  endless,
  type Fault,
  header,
  helloIndex,
  noHead,
  replaceBody,
  reply,
  startRegistry,
  status,
  type TestGraph,
  type TestRegistry,
} from '#testing';
import { createRepository } from './repository.ts';
import type { OpenRepository, RepositoryOptions } from './types.ts';

const image = buildImage();
const index = helloIndex();
const manifestBytes = bytesOf(image);
const registries: TestRegistry[] = [];
const repositories: OpenRepository[] = [];
after(async () => {
  for (const repository of repositories) repository.close();
  await Promise.all(registries.map((registry) => registry.close()));
});

function bytesOf(graph: TestGraph): Uint8Array {
  const bytes = graph.blobs.get(graph.root.digest);
  assert.ok(bytes !== undefined);
  return bytes;
}

interface Open {
  readonly registry: TestRegistry;
  readonly repository: OpenRepository;
}

async function open(faults: readonly Fault[] = [], options: Partial<RepositoryOptions> = {}): Promise<Open> {
  const schema1 = buildSchema1(image, { name: 'app', tag: 'old' });
  const images = { 'app:1': image, 'app:many': index, 'app:old': schema1 };
  const registry = await startRegistry({ images, faults });
  registries.push(registry);
  const endpoint = { url: registry.url, domain: registry.host, mirror: false };
  const repository = createRepository({ endpoint, path: 'app', retries: 2, ...options });
  repositories.push(repository);
  return { registry, repository };
}

describe('manifest', () => {
  it('gives an image by tag and by digest, sha512 too', async () => {
    const { repository } = await open();
    const byTag = await repository.manifest('1');
    assert.deepEqual(byTag.descriptor, { mediaType: OCI_MANIFEST, digest: image.root.digest, size: image.root.size });
    assert.deepEqual(Buffer.from(byTag.bytes), Buffer.from(manifestBytes));
    assert.deepEqual(await repository.manifest(image.root.digest), byTag);
    const sha512 = digestOf(manifestBytes, 'sha512');
    assert.equal((await repository.manifest(sha512)).descriptor.digest, sha512);
  });

  it('gives an index', async () => {
    const { repository } = await open();
    assert.deepEqual((await repository.manifest('many')).descriptor.digest, index.root.digest);
  });

  it('counts the payload of signed schema1, and takes the digest of all bytes where it was asked for', async () => {
    const { registry, repository } = await open([header('docker-content-digest', [], { reference: 'whole' })]);
    const { descriptor, bytes } = await repository.manifest('old');
    assert.match(descriptor.mediaType, /prettyjws$/);
    assert.notEqual(descriptor.digest, digestOf(bytes));
    assert.equal((await repository.manifest(descriptor.digest)).descriptor.digest, descriptor.digest);
    const whole = digestOf(bytes);
    registry.inject(
      answerWith({ reference: whole }, () => reply(200, { 'content-type': descriptor.mediaType }, bytes)),
    );
    assert.equal((await repository.manifest(whole)).descriptor.digest, whole);
  });

  const wrong = digestOf(Buffer.from('something else'));
  const type = { 'content-type': OCI_MANIFEST };
  const bad: readonly (readonly [name: string, fault: Fault, reference: string, code: string, message: RegExp])[] = [
    [
      'a header that contradicts the bytes',
      contentDigest(wrong),
      '1',
      'DIGEST_MISMATCH',
      /verification failed for .*app:1/,
    ],
    ['other bytes by digest', replaceBody(bytesOf(index)), image.root.digest, 'DIGEST_MISMATCH', /expected sha256:/],
    [
      'a header that is no digest',
      contentDigest('md5:abc\u009b31m'),
      '1',
      'BAD_RESPONSE',
      /calls .*app:1 md5:abc\S*, which is no/,
    ],
    ['endless bytes', endless(), '1', 'TOO_LARGE', /the manifest of .*app:1 is larger than 4194304 bytes/],
    ['5 MiB', replaceBody(Buffer.alloc(5 << 20, ' ')), '1', 'TOO_LARGE', /larger than 4194304/],
    ['null', answerWith({}, () => reply(200, type, 'null')), '1', 'MANIFEST_INVALID', /./],
    [
      'a page',
      answerWith({}, () => reply(200, { 'content-type': 'text/html' }, '<html>')),
      '1',
      'MANIFEST_INVALID',
      /./,
    ],
    [
      'both layers and manifests',
      answerWith({}, () => reply(200, type, '{"schemaVersion":2,"layers":[],"manifests":[]}')),
      '1',
      'MANIFEST_INVALID',
      /ambiguous/,
    ],
    [
      'an index served as a manifest',
      header('content-type', OCI_MANIFEST),
      'many',
      'MANIFEST_INVALID',
      /was served as/,
    ],
    ['nothing', answerWith({}, () => reply(204, {})), '1', 'BAD_RESPONSE', /answered 204 to the request for .*app:1/],
  ];
  for (const [name, fault, reference, code, message] of bad) {
    it(`refuses ${name}`, async () => {
      const { repository } = await open([fault]);
      await assert.rejects(repository.manifest(reference), { code, message });
    });
  }

  it('asks once more for what is no manifest', async () => {
    const { registry, repository } = await open([
      replaceBody('<html>', { kind: 'manifest', times: 1 }),
      header('docker-content-digest', ''),
    ]);
    assert.equal((await repository.manifest('1')).descriptor.digest, image.root.digest);
    assert.equal(registry.requests.length, 2);
  });

  it('asks once more for bytes that are wrong', async () => {
    const { registry, repository } = await open([replaceBody(bytesOf(index), { times: 1 })]);
    await repository.manifest(image.root.digest);
    assert.equal(registry.requests.length, 2);
  });

  it('asks again when a body breaks off', async () => {
    const { repository } = await open([cutAfter(100, { times: 1 })]);
    const events: ProgressEvent[] = [];
    await repository.manifest('1', { onEvent: (event) => events.push(event) });
    const event = events.find(({ kind }) => kind === 'request-retry');
    assert.ok(event?.kind === 'request-retry');
    assert.match(event.request, /^GET http:\/\/127.*\/v2\/app\/manifests\/1$/);
    assert.equal(event.attempt, 1);
  });

  it('gives up on bodies that always break off', async () => {
    const { registry, repository } = await open([cutAfter(100)], { retries: 1 });
    await assert.rejects(repository.manifest('1'), { code: 'CONNECTION_LOST' });
    assert.equal(registry.requests.length, 2);
  });

  it('accepts what it is told to, and nothing compressed', async () => {
    const { registry, repository } = await open();
    await repository.manifest('1', { accept: [OCI_MANIFEST] });
    assert.equal(registry.requests[0]?.headers.accept, OCI_MANIFEST);
    assert.ok(!/gzip/.test(String(registry.requests[0]?.headers['accept-encoding'])));
    await repository.manifest('1');
    assert.match(String(registry.requests[1]?.headers.accept), /^application\/vnd\.oci\.image\.index\.v1\+json, /);
  });

  for (const reference of [
    '',
    '../x',
    'a/b',
    'a?b',
    'sha256:abc',
    `sha256:${'A'.repeat(64)}`,
    'x'.repeat(129),
    'a\nb',
  ]) {
    it(`sends no request for ${JSON.stringify(reference.slice(0, 20))}`, async () => {
      const { registry, repository } = await open();
      await assert.rejects(
        async () => {
          await repository.manifest(reference);
        },
        { code: 'INVALID_REFERENCE' },
      );
      assert.equal(registry.requests.length, 0);
    });
  }

  it('ends when it is cancelled', async () => {
    const { repository } = await open([cutAfter(10)]);
    const signal = AbortSignal.timeout(50);
    await assert.rejects(repository.manifest('1', { signal }), { code: 'CANCELLED' });
  });
});

describe('resolve', () => {
  it('asks for the headers alone', async () => {
    const { registry, repository } = await open();
    const { mediaType, digest, size } = index.root;
    assert.deepEqual(await repository.resolve('many'), { mediaType, digest, size });
    assert.deepEqual(
      registry.requests.map(({ method }) => method),
      ['HEAD'],
    );
  });

  const poor: readonly (readonly [name: string, fault: Fault])[] = [
    ['405 to HEAD', noHead()],
    ['404 to HEAD', status(404, { method: 'HEAD' })],
    ['no digest', header('docker-content-digest', [], { method: 'HEAD' })],
    ['a digest that is none', header('docker-content-digest', 'x', { method: 'HEAD' })],
    ['no type', header('content-type', 'application/json', { method: 'HEAD' })],
  ];
  for (const [name, fault] of poor) {
    it(`reads the manifest after ${name}`, async () => {
      const { repository } = await open([fault]);
      assert.equal((await repository.resolve('1')).digest, image.root.digest);
    });
  }

  it('does not believe headers that name another digest than the one asked for', async () => {
    const wrong = digestOf(Buffer.from('something else'));
    const { repository } = await open([contentDigest(wrong, { method: 'HEAD' })]);
    assert.equal((await repository.resolve(image.root.digest)).digest, image.root.digest);
  });

  it('rejects for what is not there', async () => {
    const { repository } = await open();
    await assert.rejects(repository.resolve('none'), { code: 'MANIFEST_UNKNOWN' });
  });
});

describe('manifests as content', () => {
  it('has and fetches them by descriptor', async () => {
    const { repository } = await open([header('content-type', 'text/plain')]);
    assert.equal(await repository.has(image.root), true);
    assert.equal(await repository.has({ ...image.root, digest: digestOf(Buffer.from('x')) }), false);
    const fetched = await repository.fetch(image.root, { offset: 5 });
    assert.equal(fetched.offset, 0);
    let bytes = Buffer.alloc(0);
    await fetched.pour((chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
    });
    assert.deepEqual(bytes, Buffer.from(manifestBytes));
  });

  it('refuses a size that is not the one of the descriptor', async () => {
    const { repository } = await open();
    await assert.rejects(repository.fetch({ ...image.root, size: image.root.size + 1 }), { code: 'SIZE_MISMATCH' });
  });

  it('refuses other bytes', async () => {
    const { repository } = await open([replaceBody(bytesOf(index))]);
    await assert.rejects(repository.fetch(image.root), { code: 'DIGEST_MISMATCH' });
  });
});
