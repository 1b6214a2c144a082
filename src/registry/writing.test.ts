import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { type ErrorCode, hasCode, isDrayError } from '#errors';
import type { Descriptor } from '#oci';
import {
  basicAuth,
  bearerAuth,
  buildArtifact,
  buildImage,
  changeReply,
  contentDigest,
  contentOf,
  type Fault,
  header,
  type RegistryOptions,
  startRegistry,
  status,
  storeSuite,
  type TestGraph,
  type TestRegistry,
} from '#testing';
import { createRepository } from './repository.ts';
import type { FetchedManifest, OpenRepository, RepositoryOptions } from './types.ts';

const closing: (() => void | Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

const IMAGE = buildImage({ layers: [{ fill: 5000 }] });
const USER = { username: 'me', password: 'secret' };

interface Open {
  readonly registry: TestRegistry;
  readonly repository: OpenRepository;
  open(path: string): OpenRepository;
}

async function open(
  options: RegistryOptions = {},
  own: Partial<RepositoryOptions> & { readonly faults?: readonly Fault[] } = {},
): Promise<Open> {
  const registry = await startRegistry(options);
  closing.push(() => registry.close());
  const { faults = [], ...settings } = own;
  registry.inject(...faults);
  const endpoint = { url: registry.url, domain: registry.host, mirror: false };
  const openPath = (path: string): OpenRepository => {
    const repository = createRepository({ endpoint, path, retries: 0, ...settings });
    closing.push(() => repository.close());
    return repository;
  };
  return { registry, repository: openPath('team/app'), open: openPath };
}

/** Everything but the root. */
async function bring(repository: OpenRepository, graph: TestGraph): Promise<void> {
  for (const [digest, bytes] of graph.blobs) {
    if (digest === graph.root.digest) continue;
    const mediaType = graph.manifests.get(digest) ?? 'application/octet-stream';
    await repository.put({ mediaType, digest, size: bytes.length }, bytesOf(bytes));
  }
}

function rootOf(graph: TestGraph): FetchedManifest {
  const bytes = graph.blobs.get(graph.root.digest);
  assert.ok(bytes !== undefined);
  return { descriptor: graph.root, bytes };
}

async function fails(work: () => Promise<unknown>, code: ErrorCode): Promise<string> {
  try {
    await work();
  } catch (error) {
    assert.ok(isDrayError(error), String(error));
    assert.ok(hasCode(error, code), `${error.code}: ${error.message}`);
    return `${error.message} | ${error.hint ?? ''}`;
  }
  assert.fail(`it did not fail with ${code}`);
}

storeSuite(
  'a repository that is written to',
  async () => {
    const { registry, repository } = await open({
      images: { 'team/app:other': buildImage({ layers: [{ fill: 10 }] }) },
    });
    return { store: repository, close: () => registry.close() };
  },
  { ingest: false, layers: false, names: false, remote: true },
);

describe('a manifest that is put', () => {
  it('is there by digest and by its tags, and its bytes need not come back for them', async () => {
    const { registry, repository } = await open();
    await bring(repository, IMAGE);
    await repository.putManifest(IMAGE.root.digest, rootOf(IMAGE));
    await repository.tag('1', IMAGE.root);
    await repository.tag('latest', IMAGE.root);
    assert.equal(registry.tag('team/app', '1'), IMAGE.root.digest);
    assert.deepEqual(await repository.resolve('latest'), IMAGE.root);
    assert.ok(!registry.requests.some(({ kind, method }) => kind === 'manifest' && method === 'GET'));
  });

  it('is tagged by another run', async () => {
    const { registry, repository } = await open({ images: { 'team/app:1': IMAGE } });
    await repository.tag('2', IMAGE.root);
    assert.equal(registry.tag('team/app', '2'), IMAGE.root.digest);
  });

  it('is not what it should be', async () => {
    const { repository } = await open();
    const { root } = IMAGE;
    const other = contentOf(root.size);
    await fails(() => repository.put(root, bytesOf(other.bytes)), 'DIGEST_MISMATCH');
    await fails(() => repository.put({ ...root, size: 1 }, bytesOf(other.bytes)), 'SIZE_MISMATCH');
    await fails(() => repository.put(root, bytesOf(new Uint8Array(5 * 1024 * 1024))), 'TOO_LARGE');
  });

  it('needs what it names', async () => {
    const { repository } = await open();
    assert.match(
      await fails(() => repository.putManifest('1', rootOf(IMAGE)), 'BLOB_UNKNOWN'),
      /manifest blob unknown/,
    );
  });

  for (const reference of ['not a tag', '../x', 'sha256:abc', '']) {
    it(`has no place at ${JSON.stringify(reference)}`, async () => {
      const { registry, repository } = await open();
      await fails(() => repository.putManifest(reference, rootOf(IMAGE)), 'INVALID_REFERENCE');
      await fails(() => repository.tag(reference, IMAGE.root), 'INVALID_REFERENCE');
      assert.equal(registry.requests.length, 0);
    });
  }

  const other = contentOf(3).descriptor.digest;
  for (const [name, fault, code] of [
    ['is taken for another', contentDigest(other, { kind: 'manifest', method: 'PUT' }), 'DIGEST_MISMATCH'],
    [
      'is taken for what is no digest',
      contentDigest('nonsense', { kind: 'manifest', method: 'PUT' }),
      'DIGEST_MISMATCH',
    ],
    ['is not kept', forgetful(), 'MANIFEST_UNKNOWN'],
    [
      'is refused',
      status(400, { kind: 'manifest', body: '{"errors":[{"code":"MANIFEST_INVALID","message":"no"}]}' }),
      'MANIFEST_INVALID',
    ],
    ['is too large for it', status(413, { kind: 'manifest', body: 'too large' }), 'TOO_LARGE'],
    ['is limited', status(429, { kind: 'manifest' }), 'TOO_MANY_REQUESTS'],
    ['is not allowed', status(403, { kind: 'manifest' }), 'DENIED'],
    ['is not for it', status(405, { kind: 'manifest', method: 'PUT' }), 'UNSUPPORTED'],
  ] as const) {
    it(`${name}: ${code}`, async () => {
      const { repository } = await open({ images: { 'team/app': IMAGE } }, { faults: [fault] });
      await fails(() => repository.putManifest('1', rootOf(IMAGE)), code);
    });
  }

  it('is looked at where the registry answers as if there was more to come', async () => {
    const vague = changeReply({ kind: 'manifest', method: 'PUT' }, (answer) => ({ ...answer, status: 202 }));
    const { registry, repository } = await open({ images: { 'team/app': IMAGE } }, { faults: [vague] });
    await repository.putManifest('1', rootOf(IMAGE));
    assert.deepEqual(
      registry.requests.map(({ method }) => method),
      ['PUT', 'HEAD'],
    );
  });

  it('is there though the registry does not say its digest', async () => {
    const quiet = changeReply({ kind: 'manifest', method: 'PUT' }, ({ headers, ...answer }) => ({
      ...answer,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'docker-content-digest')),
    }));
    const { registry, repository } = await open({ images: { 'team/app': IMAGE } }, { faults: [quiet] });
    await repository.putManifest('1', rootOf(IMAGE));
    assert.equal(registry.tag('team/app', '1'), IMAGE.root.digest);
  });
});

describe('who may write', () => {
  it('is asked for what is needed, once', async () => {
    const scopes: string[] = [];
    const auth = bearerAuth({ users: { me: 'secret' } });
    const noted = {
      ...auth,
      token: (request: Parameters<typeof auth.token>[0]) => {
        scopes.push(request.query.getAll('scope').join(' '));
        return auth.token(request);
      },
    };
    const { repository, open: openPath } = await open({ auth: noted }, { keychain: async () => USER });
    await bring(repository, IMAGE);
    await repository.putManifest('1', rootOf(IMAGE));
    await openPath('team/other').mount(layerOf(IMAGE), 'team/app');
    await repository.deleteManifest('1');
    assert.deepEqual(scopes, [
      'repository:team/app:pull,push',
      'repository:team/other:pull,push repository:team/app:pull',
      'repository:team/app:pull,delete',
    ]);
  });

  it('may not push: in docker’s words, with the way to log in', async () => {
    const auth = bearerAuth({ users: { me: 'secret' }, anonymous: true, actions: ['pull'] });
    const { repository, registry } = await open({ auth });
    const said = await fails(
      () => repository.put(contentOf(5).descriptor, bytesOf(contentOf(5).bytes)),
      'UNAUTHORIZED',
    );
    assert.match(said, /^denied: requested access to the resource is denied: push to .*team\/app: /);
    assert.match(said, new RegExp(`dray login ${registry.host}`));
    await fails(() => repository.putManifest('1', rootOf(IMAGE)), 'UNAUTHORIZED');
  });

  it('has the wrong password', async () => {
    const { repository } = await open({ auth: basicAuth({ me: 'other' }) }, { keychain: async () => USER });
    assert.match(
      await fails(() => repository.putManifest('1', rootOf(IMAGE)), 'UNAUTHORIZED'),
      /refuses the credentials/,
    );
  });
});

describe('a mirror', () => {
  it('is never written to', async () => {
    const registry = await startRegistry({ images: { 'team/app:1': IMAGE } });
    const repository = createRepository({
      endpoint: { url: registry.url, domain: 'docker.io', mirror: true },
      path: 'team/app',
    });
    closing.push(() => repository.close());
    closing.push(() => registry.close());
    const { descriptor, bytes } = contentOf(5);
    await fails(() => repository.put(descriptor, bytesOf(bytes)), 'UNSUPPORTED');
    await fails(() => repository.upload(descriptor, async () => bytesOf(bytes)), 'UNSUPPORTED');
    await fails(() => repository.mount(descriptor, 'team/base'), 'UNSUPPORTED');
    await fails(() => repository.putManifest('2', rootOf(IMAGE)), 'UNSUPPORTED');
    await fails(() => repository.deleteBlob(descriptor.digest), 'UNSUPPORTED');
    await fails(() => repository.deleteTag('1'), 'UNSUPPORTED');
    assert.equal(registry.requests.length, 0);
  });
});

describe('a mount', () => {
  for (const [name, from, uploads, expected] of [
    ['from a repository that has it', 'team/base', {}, true],
    ['from wherever it is', undefined, {}, true],
    ['from wherever it is, which the registry does not do', undefined, { anonymousMount: false }, false],
    ['from a repository that has nothing', 'team/none', {}, false],
    ['that the registry does not do', 'team/base', { mount: false }, false],
  ] as const) {
    it(`${name}: ${expected}`, async () => {
      const { registry, repository } = await open({ images: { 'team/base:1': IMAGE }, uploads });
      const layer = layerOf(IMAGE);
      assert.equal(await repository.mount(layer, from), expected);
      assert.equal(await repository.has(layer), expected);
      if (expected) return;
      // the upload that was opened instead is the one that is used
      await repository.upload(layer, async () => bytesOf(IMAGE.blobs.get(layer.digest) ?? new Uint8Array()));
      assert.equal(registry.requests.filter(({ method }) => method === 'POST').length, 1);
      assert.equal(await repository.has(layer), true);
    });
  }

  it('of another blob is none', async () => {
    const faults = [contentDigest(contentOf(3).descriptor.digest, { kind: 'upload' })];
    const { repository } = await open({ images: { 'team/base:1': IMAGE } }, { faults });
    assert.equal(await repository.mount(layerOf(IMAGE), 'team/base'), false);
  });

  for (const code of [400, 401, 403, 404, 405]) {
    it(`that is answered ${code} is none`, async () => {
      const faults = [status(code, { kind: 'upload', when: ({ query }) => query.has('mount') })];
      const { repository } = await open({ images: { 'team/base:1': IMAGE } }, { faults });
      assert.equal(await repository.mount(layerOf(IMAGE), 'team/base'), false);
    });
  }
});

describe('deletion', () => {
  it('takes a manifest with its tags, a tag alone, a blob', async () => {
    const { registry, repository } = await open({ images: { 'team/app:1': IMAGE } });
    await repository.tag('2', IMAGE.root);
    await repository.deleteTag('2');
    assert.deepEqual([registry.tag('team/app', '1'), registry.tag('team/app', '2')], [IMAGE.root.digest, undefined]);
    await repository.deleteManifest('1');
    assert.equal(registry.tag('team/app', '1'), undefined);
    const layer = layerOf(IMAGE);
    await repository.deleteBlob(layer.digest);
    assert.equal(await repository.has(layer), false);
    await fails(() => repository.deleteManifest('1'), 'MANIFEST_UNKNOWN');
    await fails(() => repository.deleteManifest(IMAGE.root.digest), 'MANIFEST_UNKNOWN');
    await fails(() => repository.deleteBlob(layer.digest), 'BLOB_UNKNOWN');
  });

  it('is not for every registry', async () => {
    const byDigest = await open({ images: { 'team/app:1': IMAGE }, deletes: 'digests' });
    assert.match(await fails(() => byDigest.repository.deleteTag('1'), 'UNSUPPORTED'), /manifests only/);
    const none = await open({ images: { 'team/app:1': IMAGE }, deletes: 'none' });
    assert.match(await fails(() => none.repository.deleteManifest('1'), 'UNSUPPORTED'), /configuration/);
    assert.equal(none.registry.tag('team/app', '1'), IMAGE.root.digest);
  });
});

describe('referrers', () => {
  const signature = buildArtifact({ subject: IMAGE.root, artifactType: 'application/x-signature' });
  const listing = buildArtifact({ subject: IMAGE.root, artifactType: 'application/x-listing' });

  for (const referrers of [true, false]) {
    it(referrers ? 'are listed by the registry' : 'are listed under a tag where the registry lists none', async () => {
      const { registry, repository } = await open({ images: { 'team/app:1': IMAGE }, referrers, pageSize: 1 });
      assert.deepEqual(await repository.referrers(IMAGE.root.digest), []);
      for (const artifact of [signature, listing]) await bring(repository, artifact);
      await Promise.all(
        [signature, listing, signature].map((artifact) =>
          repository.putManifest(artifact.root.digest, rootOf(artifact)),
        ),
      );
      const found = await repository.referrers(IMAGE.root.digest);
      assert.deepEqual(
        found.map(({ digest }) => digest).toSorted(),
        [signature.root.digest, listing.root.digest].toSorted(),
      );
      const [only, ...others] = await repository.referrers(IMAGE.root.digest, {
        artifactType: 'application/x-listing',
      });
      assert.deepEqual([only?.digest, only?.artifactType, others], [listing.root.digest, 'application/x-listing', []]);
      const tag = IMAGE.root.digest.replace(':', '-');
      assert.equal(registry.tag('team/app', tag) !== undefined, !referrers);
      await repository.deleteManifest(signature.root.digest);
      const left = await repository.referrers(IMAGE.root.digest);
      assert.deepEqual(
        left.map(({ digest }) => digest),
        [listing.root.digest],
      );
    });
  }

  it('of a list that loops, leads elsewhere or is none', async () => {
    for (const [fault, code] of [
      [header('link', '</v2/team/app/referrers/x>; rel="next"', { kind: 'referrers' }), 'BAD_RESPONSE'],
      [header('link', '<http://other.example/v2/>; rel="next"', { kind: 'referrers' }), 'BAD_RESPONSE'],
      [status(500, { kind: 'referrers' }), 'SERVER_FAILED'],
    ] as const) {
      const { repository } = await open({ images: { 'team/app:1': IMAGE } }, { faults: [fault] });
      await fails(() => repository.referrers(IMAGE.root.digest), code);
    }
  });
});

describe('the limit of a registry', () => {
  it('is read from the headers of a manifest', async () => {
    const faults = [
      header('ratelimit-limit', '100;w=21600', { kind: 'manifest' }),
      header('ratelimit-remaining', '76;w=21600', { kind: 'manifest' }),
      header('docker-ratelimit-source', '203.0.113.9', { kind: 'manifest' }),
    ];
    const { registry, repository } = await open({ images: { 'team/app:1': IMAGE } }, { faults });
    const found = { limit: 100, remaining: 76, window: 21_600, source: '203.0.113.9' };
    assert.deepEqual(await repository.rateLimit('1'), found);
    assert.deepEqual(
      registry.requests.map(({ method }) => method),
      ['HEAD'],
    );
  });

  it('is not there, or makes no sense', async () => {
    const place = await open({ images: { 'team/app:1': IMAGE } });
    assert.equal(await place.repository.rateLimit('1'), undefined);
    place.registry.inject(header('ratelimit-limit', 'many', { kind: 'manifest' }));
    assert.equal(await place.repository.rateLimit('1'), undefined);
    await fails(() => place.repository.rateLimit('2'), 'MANIFEST_UNKNOWN');
  });
});

function layerOf(graph: TestGraph): Descriptor {
  const [digest, bytes] = [...graph.blobs].find(([, { length }]) => length > 2000) ?? [];
  assert.ok(digest !== undefined && bytes !== undefined);
  return { mediaType: 'application/octet-stream', digest, size: bytes.length };
}

/** Says 202, and keeps nothing. */
function forgetful(): Fault {
  return async (request, next) => {
    if (request.kind !== 'manifest' || request.method !== 'PUT') return next(request);
    for await (const _ of request.content.read());
    return { status: 202, headers: {}, body: new Uint8Array(), delivery: {} };
  };
}
