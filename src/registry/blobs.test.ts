import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Fetched, FetchOptions } from '#content';
import type { Descriptor } from '#oci';
import {
  answerWith,
  changeReply,
  contentLength,
  contentOf,
  contentRange,
  createCertificate,
  cutAfter,
  digestOf,
  endless,
  extraBytes,
  type Fault,
  header,
  ignoreRange,
  type Match,
  noContentLength,
  noHead,
  redirectTo,
  reply,
  sealManifest,
  sourceSuite,
  startRegistry,
  status,
  type TestRegistry,
  truncate,
} from '#testing';
import { createRepository } from './repository.ts';
import type { OpenRepository, RepositoryOptions } from './types.ts';

const registries: TestRegistry[] = [];
const repositories: OpenRepository[] = [];
after(async () => {
  for (const repository of repositories) repository.close();
  await Promise.all(registries.map((registry) => registry.close()));
});

const blob = contentOf(100_000, 7);
const target = blob.descriptor;
const held = sealManifest({}, { mediaType: 'x', blobs: [blob.bytes] });

interface Open {
  readonly registry: TestRegistry;
  readonly repository: OpenRepository;
}

async function open(faults: readonly Fault[] = [], options: Partial<RepositoryOptions> = {}): Promise<Open> {
  const registry = await startRegistry({ images: { app: held }, faults });
  registries.push(registry);
  const endpoint = { url: registry.url, domain: registry.host, mirror: false };
  const repository = createRepository({ endpoint, path: 'app', retries: 0, ...options });
  repositories.push(repository);
  return { registry, repository };
}

async function read(fetched: Fetched): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await fetched.pour((chunk) => {
    chunks.push(Buffer.from(chunk));
  });
  return Buffer.concat(chunks);
}

/** Where the bytes that came begin, and how many are right. */
async function outcome(repository: OpenRepository, options: FetchOptions): Promise<readonly [number, number]> {
  const fetched = await repository.fetch(target, options);
  const bytes = await read(fetched);
  assert.deepEqual(bytes, Buffer.from(blob.bytes).subarray(fetched.offset, fetched.offset + bytes.length));
  return [fetched.offset, bytes.length];
}

sourceSuite(
  'a repository',
  async (contents) => {
    const graph = sealManifest({}, { mediaType: 'x', blobs: contents.map(({ bytes }) => bytes) });
    const registry = await startRegistry({ images: { 'some/where': graph } });
    const endpoint = { url: registry.url, domain: registry.host, mirror: false };
    const source = createRepository({ endpoint, path: 'some/where' });
    const close = async (): Promise<void> => {
      source.close();
      await registry.close();
    };
    return { source, close };
  },
  { offsets: true },
);

describe('ranges', () => {
  it('asks for no range where the whole is wanted', async () => {
    const { registry, repository } = await open();
    for (const options of [{}, { offset: 0 }, { end: target.size }, { end: target.size + 5 }]) {
      assert.deepEqual(await outcome(repository, options), [0, target.size]);
    }
    for (const { headers } of registry.requests) {
      assert.equal(headers.range, undefined);
      assert.equal(headers['accept-encoding'], 'identity');
    }
  });

  const asked: readonly (readonly [options: FetchOptions, header: string, expected: readonly [number, number]])[] = [
    [{ offset: 60_000 }, 'bytes=60000-', [60_000, 40_000]],
    [{ offset: 10, end: 20 }, 'bytes=10-19', [10, 10]],
    [{ end: 20 }, 'bytes=0-19', [0, 20]],
    [{ offset: 99_999 }, 'bytes=99999-', [99_999, 1]],
    [{ offset: 5, end: 1_000_000 }, 'bytes=5-', [5, 99_995]],
  ];
  for (const [options, text, expected] of asked) {
    it(text, async () => {
      const { registry, repository } = await open();
      assert.deepEqual(await outcome(repository, options), expected);
      assert.equal(registry.requests[0]?.headers.range, text);
    });
  }

  it('asks for nothing behind the last byte', async () => {
    const { registry, repository } = await open();
    assert.deepEqual(await outcome(repository, { offset: target.size }), [target.size, 0]);
    assert.equal(registry.requests.length, 0);
  });

  const ranged: Match = { when: ({ headers }) => headers.range !== undefined };
  const part = (first: number, end: number, value: string): Fault =>
    answerWith(ranged, () => reply(206, { 'content-range': value }, blob.bytes.subarray(first, end)));
  // What is asked for is 60000-; each of these lies about what it is.
  const lies: readonly (readonly [name: string, fault: Fault])[] = [
    ['no Content-Range', answerWith(ranged, () => reply(206, {}, blob.bytes.subarray(60_000)))],
    ['garbage', contentRange('bytes sixty-seventy/all', ranged)],
    ['another start', part(0, 100_000, 'bytes 0-99999/100000')],
    ['a later start', part(70_000, 100_000, 'bytes 70000-99999/100000')],
    ['another size', part(60_000, 100_000, 'bytes 60000-99999/200000')],
    ['an end before the start', contentRange('bytes 60000-50000/100000', ranged)],
    ['more than it says', part(60_000, 100_000, 'bytes 60000-69999/100000')],
    ['less than it says', part(60_000, 70_000, 'bytes 60000-99999/100000')],
    [
      'several ranges',
      answerWith(ranged, () => reply(206, { 'content-type': 'multipart/byteranges; boundary=x' }, '--x')),
    ],
    ['416', answerWith(ranged, () => reply(416, { 'content-range': 'bytes */100000' }))],
    ['400', answerWith(ranged, () => reply(400, {}))],
    ['501', answerWith(ranged, () => reply(501, {}))],
    [
      'the rest with status 200, chunked',
      answerWith(ranged, () => ({
        ...reply(200, {}, blob.bytes.subarray(60_000)),
        delivery: { framing: 'chunked' },
      })),
    ],
    ['the rest with status 200', answerWith(ranged, () => reply(200, {}, blob.bytes.subarray(60_000)))],
    ['nothing with status 200', answerWith(ranged, () => reply(200, {}, ''))],
  ];
  for (const [name, fault] of lies) {
    it(`starts over after ${name}`, async () => {
      const { registry, repository } = await open([fault]);
      assert.deepEqual(await outcome(repository, { offset: 60_000 }), [0, target.size]);
      assert.deepEqual(
        registry.requests.map(({ headers }) => headers.range),
        ['bytes=60000-', undefined],
      );
    });
  }

  it('takes the whole with status 200 as it comes', async () => {
    const { registry, repository } = await open([ignoreRange()]);
    assert.deepEqual(await outcome(repository, { offset: 60_000 }), [0, target.size]);
    assert.equal(registry.requests.length, 1);
  });

  it('takes the beginning of what was asked for', async () => {
    const { repository } = await open([part(60_000, 70_000, 'bytes 60000-69999/100000')]);
    assert.deepEqual(await outcome(repository, { offset: 60_000 }), [60_000, 10_000]);
  });

  it('takes more than was asked for, if it begins there', async () => {
    const { repository } = await open([part(60_000, 100_000, 'bytes 60000-99999/100000')]);
    assert.deepEqual(await outcome(repository, { offset: 60_000, end: 60_010 }), [60_000, 40_000]);
  });

  it('takes a range whose total is not told', async () => {
    const { repository } = await open([part(60_000, 100_000, 'bytes 60000-99999/*')]);
    assert.deepEqual(await outcome(repository, { offset: 60_000 }), [60_000, 40_000]);
  });

  it('takes no range where none was asked for', async () => {
    const { repository } = await open([
      answerWith({}, () => reply(206, { 'content-range': 'bytes 0-9/10' }, 'some bytes')),
    ]);
    await assert.rejects(repository.fetch(target), { code: 'BAD_RESPONSE', message: /answered 206/ });
  });
});

describe('sizes', () => {
  const bad: readonly (readonly [name: string, fault: Fault, code: string])[] = [
    ['more bytes, announced', extraBytes(1, { announced: true }), 'SIZE_MISMATCH'],
    ['fewer bytes, announced', truncate(99_999), 'SIZE_MISMATCH'],
    ['no bytes', truncate(0), 'SIZE_MISMATCH'],
    ['a length without sense', contentLength(() => 10 ** 12), 'SIZE_MISMATCH'],
    [
      'compressed on the way',
      changeReply({}, (answer) => ({ ...answer, headers: { 'content-encoding': 'br' }, body: Buffer.from('x') })),
      'BAD_RESPONSE',
    ],
  ];
  for (const [name, fault, code] of bad) {
    it(`refuses ${name} before the first byte`, async () => {
      const { repository } = await open([fault]);
      await assert.rejects(repository.fetch(target), { code });
    });
  }

  it('asks once more for a blob that has another size', async () => {
    for (const fault of [truncate(5, { times: 1 }), extraBytes(1, { times: 1, announced: true })]) {
      const { registry, repository } = await open([fault]);
      assert.deepEqual(await outcome(repository, {}), [0, target.size]);
      assert.equal(registry.requests.length, 2);
    }
  });

  const late: readonly (readonly [name: string, faults: readonly Fault[], code: string])[] = [
    ['without end', [endless()], 'SIZE_MISMATCH'],
    ['chunked and short', [noContentLength({ framing: 'chunked' }), truncate(50_000)], 'CONNECTION_LOST'],
    [
      'until the end of the connection and short',
      [noContentLength({ framing: 'close' }), truncate(50_000)],
      'CONNECTION_LOST',
    ],
    ['cut off', [cutAfter(50_000)], 'CONNECTION_LOST'],
  ];
  for (const [name, faults, code] of late) {
    it(`never gives more or less than there is: ${name}`, async () => {
      const { repository } = await open(faults);
      const fetched = await repository.fetch(target);
      let received = 0;
      await assert.rejects(
        fetched.pour((chunk) => {
          received += chunk.length;
        }),
        { code },
      );
      assert.ok(received <= target.size);
      const again = await repository.fetch(target);
      await assert.rejects(
        async () => {
          for await (const chunk of again) received += chunk.length;
        },
        { code },
      );
    });
  }

  it('takes right bytes under a Content-Encoding that does not change them', async () => {
    const { repository } = await open([header('content-encoding', 'gzip')]);
    assert.deepEqual(await outcome(repository, {}), [0, target.size]);
  });

  it('is told how large a blob is, by HEAD or GET', async () => {
    const { repository } = await open();
    assert.equal(await repository.blobSize(target.digest), target.size);
    const { repository: headless } = await open([noHead()]);
    assert.equal(await headless.blobSize(target.digest), target.size);
    await assert.rejects(headless.blobSize(digestOf(Buffer.from('x'))), { code: 'BLOB_UNKNOWN' });
    const { repository: silent } = await open([noContentLength({ framing: 'chunked' })]);
    await assert.rejects(silent.blobSize(target.digest), { code: 'BAD_RESPONSE' });
  });
});

describe('has', () => {
  it('says what the registry says', async () => {
    const { repository } = await open();
    assert.equal(await repository.has(target), true);
    assert.equal(await repository.has({ ...target, size: 5 }), false);
    assert.equal(await repository.has({ ...target, digest: digestOf(Buffer.from('x')) }), false);
  });

  it('rejects when the registry does not know', async () => {
    const { repository } = await open([status(500)]);
    await assert.rejects(repository.has(target), { code: 'SERVER_FAILED' });
  });
});

describe('redirects and other places', () => {
  it('follows to storage without the headers of the endpoint', async () => {
    const storage = await startRegistry({ images: { app: held } });
    registries.push(storage);
    const { registry } = await open([redirectTo(storage.url)]);
    const endpoint = { url: registry.url, domain: registry.host, mirror: false, headers: { 'x-key': 'secret' } };
    const repository = createRepository({ endpoint, path: 'app', authorization: 'Bearer secret' });
    repositories.push(repository);
    assert.deepEqual(await outcome(repository, { offset: 50_000 }), [50_000, 50_000]);
    assert.equal(registry.requests[0]?.headers['x-key'], 'secret');
    assert.equal(registry.requests[0]?.headers.authorization, 'Bearer secret');
    assert.equal(storage.requests[0]?.headers['x-key'], undefined);
    assert.equal(storage.requests[0]?.headers.authorization, undefined);
    assert.equal(storage.requests[0]?.headers.range, 'bytes=50000-');
  });

  const foreign = contentOf(5_000, 9);
  const authority = createCertificate({ name: 'authority', authority: true });

  /** A registry without the layer, and another server that has it. */
  async function elsewhere(): Promise<Open & { readonly other: TestRegistry; readonly url: string }> {
    const certificate = createCertificate({ hosts: ['127.0.0.1'], issuer: authority });
    const other = await startRegistry({ files: { '/layer': foreign.bytes }, tls: certificate });
    registries.push(other);
    const transport = { tls: { [other.host]: { ca: [authority.cert] } } };
    const opened = await open([], { transport, authorization: 'Bearer secret' });
    return { ...opened, other, url: `${other.url}/layer` };
  }

  it('takes a foreign layer from its address, without credentials', async () => {
    const { registry, repository, other, url } = await elsewhere();
    const layer: Descriptor = { ...foreign.descriptor, urls: ['http://127.0.0.1:1/layer', url] };
    assert.deepEqual(await read(await repository.fetch(layer)), Buffer.from(foreign.bytes));
    assert.equal(registry.requests[0]?.headers.authorization, 'Bearer secret');
    assert.equal(other.requests[0]?.headers.authorization, undefined);
  });

  it('asks the registry first', async () => {
    const { repository, other, url } = await elsewhere();
    assert.deepEqual(await read(await repository.fetch({ ...target, urls: [url] })), Buffer.from(blob.bytes));
    assert.equal(other.requests.length, 0);
  });

  const refused: readonly (readonly [url: string, reason: RegExp])[] = [
    ['http://127.0.0.1:1/layer', /it is not https/],
    ['https://user:secret@127.0.0.1:1/layer', /it holds a user or password/],
    ['file:///etc/passwd', /it is not https/],
    ['https://169.254.169.254/layer', /it is a private address/],
    ['nonsense', /it is no URL/],
  ];
  for (const [url, reason] of refused) {
    it(`does not ask ${url}`, async () => {
      const { repository } = await elsewhere();
      await assert.rejects(repository.fetch({ ...foreign.descriptor, urls: [url] }), (error: Error) => {
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, /secret/);
        return 'code' in error && error.code === 'BLOB_UNKNOWN';
      });
    });
  }
});
