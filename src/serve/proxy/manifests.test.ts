import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { digestOf } from '#oci';
import { basicAuth, bearerAuth, buildArtifact, flipByte, noHead, startRegistry, status } from '#testing';
import { served } from '../api/served.test.fixture.ts';
import { createMemoryStorage } from '../storage/memory/memory-storage.ts';
import { type Cache, imageOf, receive, startCache, until } from './cache.test.fixture.ts';

const { image } = imageOf(2000);
const other = imageOf(2000, 'two').image;
const PATH = '/v2/app/manifests/1';
const ACCEPT = { headers: { accept: image.root.mediaType } };

function get(cache: Cache, path = PATH): ReturnType<Cache['ask']> {
  return cache.ask('GET', path, ACCEPT);
}

function hello(options: Parameters<typeof startCache>[1] = {}): Parameters<typeof startCache>[1] {
  return { ...options, registry: { images: { 'app:1': image }, ...options.registry } };
}

describe('a tag of an upstream', () => {
  it('is what it was for a while, then asked for by HEAD alone, and fetched when it has moved', async (t) => {
    const cache = await startCache(t, hello());
    const first = await get(cache);
    assert.deepEqual([first.status, first.headers['docker-content-digest']], [200, image.root.digest]);
    assert.ok(first.body.equals(image.blobs.get(image.root.digest) ?? new Uint8Array()));
    await get(cache);
    assert.deepEqual([cache.asked('GET', 'manifest'), cache.asked('HEAD', 'manifest')], [1, 0]);
    cache.clock.advance(61_000);
    await get(cache);
    await get(cache);
    assert.deepEqual([cache.asked('GET', 'manifest'), cache.asked('HEAD', 'manifest')], [1, 1]);
    cache.registry.add('app:1', other);
    assert.equal((await get(cache)).headers['docker-content-digest'], image.root.digest);
    cache.clock.advance(61_000);
    assert.equal((await get(cache)).headers['docker-content-digest'], other.root.digest);
    assert.deepEqual([cache.asked('GET', 'manifest'), cache.asked('HEAD', 'manifest')], [2, 2]);
    assert.equal((await cache.storage.tagged('app', '1'))?.digest, other.root.digest);
  });

  it('is always asked for where it may have no age', async (t) => {
    const cache = await startCache(t, hello({ tagAge: 0 }));
    await get(cache);
    cache.registry.add('app:1', other);
    assert.equal((await get(cache)).headers['docker-content-digest'], other.root.digest);
  });

  it('is fetched once for twenty clients', async (t) => {
    const cache = await startCache(t, hello());
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(cache)));
    for (const answer of answers) assert.equal(answer.status, 200);
    assert.equal(cache.asked('GET', 'manifest'), 1);
  });

  it('is gone when the upstream says so, and asked for again after a while', async (t) => {
    const cache = await startCache(t, hello());
    await get(cache);
    cache.clock.advance(61_000);
    let isGone = true;
    cache.registry.inject(status(404, { kind: 'manifest', when: () => isGone }));
    assert.equal((await get(cache)).status, 404);
    assert.equal(await cache.storage.tagged('app', '1'), undefined);
    const before = cache.registry.requests.length;
    assert.equal((await get(cache)).status, 404);
    assert.equal(cache.registry.requests.length, before, 'nobody asks again at once');
    assert.equal((await get(cache, `/v2/app/manifests/${image.root.digest}`)).status, 200, 'by digest it stays');
    isGone = false;
    cache.clock.advance(11_000);
    assert.equal((await get(cache)).status, 200);
  });

  for (const code of [500, 503, 429, 401, 403]) {
    it(`is served as it was when the upstream answers ${code}`, async (t) => {
      const cache = await startCache(t, hello());
      await get(cache);
      cache.clock.advance(61_000);
      cache.registry.inject(status(code, { kind: 'manifest' }));
      assert.equal((await get(cache)).status, 200);
      const before = cache.registry.requests.length;
      assert.equal((await get(cache)).status, 200);
      assert.equal(cache.registry.requests.length, before, 'nobody asks again at once');
      assert.ok(cache.events.some(({ kind }) => kind === 'stale'));
    });
  }

  it('is served with its blobs when the upstream is gone, also by another process', async (t) => {
    const storage = createMemoryStorage();
    const cache = await startCache(t, hello({ storage }));
    const [layer] = image.layers;
    const path = `/v2/app/blobs/${layer?.digest}`;
    await get(cache);
    await receive(cache.port, path);
    await until(async () => (await storage.blob('app', layer?.digest ?? digestOf(new Uint8Array()))) !== undefined);
    await cache.registry.close();
    cache.clock.advance(61_000);
    assert.equal((await get(cache)).status, 200);
    const next = await startCache(t, { storage, upstream: { url: cache.registry.url } });
    assert.equal((await get(next)).status, 200);
    assert.ok((await receive(next.port, path)).body.equals(layer?.bytes ?? new Uint8Array()));
    assert.equal((await next.ask('GET', '/v2/app/tags/list')).body.toString(), '{"name":"app","tags":["1"]}\n');
    const none = await get(next, '/v2/app/manifests/2');
    assert.deepEqual([none.status, none.codes], [502, ['UNAVAILABLE']]);
    const unknown = await next.ask('GET', '/v2/never/asked/tags/list');
    assert.deepEqual([unknown.status, unknown.codes], [502, ['UNAVAILABLE']]);
  });

  it('does not wait for an upstream that says nothing', async (t) => {
    const cache = await startCache(t, hello({ patience: 20 }));
    await get(cache);
    cache.clock.advance(61_000);
    let answer: (() => void) | undefined;
    cache.registry.inject(async (request, next) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return next(request);
    });
    assert.equal((await get(cache)).status, 200);
    assert.ok(cache.events.some(({ kind }) => kind === 'stale'));
    answer?.();
  });

  it('can be had where the upstream knows no HEAD', async (t) => {
    const cache = await startCache(t, hello({ registry: { images: { 'app:1': image }, faults: [noHead()] } }));
    await get(cache);
    cache.clock.advance(61_000);
    assert.equal((await get(cache)).status, 200);
  });

  it('that was removed here comes again', async (t) => {
    const cache = await startCache(t, hello());
    await get(cache);
    assert.equal((await cache.ask('DELETE', `/v2/app/manifests/${image.root.digest}`)).status, 202);
    assert.equal(await cache.storage.tagged('app', '1'), undefined);
    assert.equal((await get(cache)).status, 200);
  });

  it('of a manifest that is not what its digest says is refused, and not kept', async (t) => {
    const cache = await startCache(t, hello());
    cache.registry.inject(flipByte(20, { kind: 'manifest' }));
    const answer = await get(cache);
    assert.deepEqual([answer.status, answer.codes], [502, ['UNAVAILABLE']]);
    assert.equal((await cache.storage.repositories()).names.length, 0);
  });
});

describe('an upstream that wants credentials', () => {
  for (const [name, auth] of [
    ['tokens', bearerAuth({ users: { me: 'secret' } })],
    ['a password', basicAuth({ me: 'secret' })],
  ] as const) {
    it(`gets them by ${name}, and clients do not need any`, async (t) => {
      const registry = { images: { 'app:1': image }, auth };
      const cache = await startCache(t, {
        registry,
        upstream: { credential: { username: 'me', password: 'secret' } },
      });
      assert.equal((await get(cache)).status, 200);
      const [layer] = image.layers;
      assert.ok((await receive(cache.port, `/v2/app/blobs/${layer?.digest}`)).body.equals(layer?.bytes ?? Buffer.of()));
      const keychain = await startCache(t, {
        registry,
        upstream: { useKeychain: true },
        keychain: async (host) => (host === 'hub.example' ? { username: 'me', password: 'secret' } : undefined),
      });
      assert.equal((await get(keychain)).status, 200);
    });

    it(`tells clients nothing of the ones it refuses (${name})`, async (t) => {
      const cache = await startCache(t, {
        registry: { images: { 'app:1': image }, auth },
        upstream: { credential: { username: 'me', password: 'outdated-password' } },
      });
      const answer = await get(cache);
      assert.deepEqual([answer.status, answer.codes], [404, ['NAME_UNKNOWN']]);
      assert.equal(answer.headers['www-authenticate'], undefined);
      assert.doesNotMatch(`${answer.body.toString()} ${JSON.stringify(cache.events)}`, /outdated/);
    });
  }
});

describe('the lists of an upstream', () => {
  it('are what it says now, with what is here of referrers', async (t) => {
    const artifact = buildArtifact({ artifactType: 'text/x', subject: image.root });
    const cache = await startCache(t, hello());
    cache.registry.add('app:0', image);
    cache.registry.add('app', artifact);
    assert.equal((await cache.ask('GET', '/v2/app/tags/list?n=1')).body.toString(), '{"name":"app","tags":["0"]}\n');
    const { body } = await cache.ask('GET', `/v2/app/referrers/${image.root.digest}`);
    const { manifests } = JSON.parse(body.toString()) as { manifests: { digest: string }[] };
    assert.deepEqual(
      manifests.map(({ digest }) => digest),
      [artifact.root.digest],
    );
    assert.equal((await cache.ask('GET', '/v2/none/tags/list')).status, 404);
  });
});

describe('several upstreams in one server', () => {
  it('are told apart by prefix, by namespace and by rule, beside what is kept here', async (t) => {
    const quay = await startRegistry({ images: { 'team/app:1': other } });
    t.after(() => quay.close());
    const hub = await startRegistry({ images: { 'library/app:1': image, 'secret/app:1': image } });
    t.after(() => hub.close());
    const cache = await startCache(t, {
      upstreams: [
        { domain: 'docker.io', url: hub.url, prefix: 'hub', deny: ['secret/**'] },
        { domain: 'quay.example:5000', url: quay.url },
      ],
      rules: [
        { match: 'team/**', to: 'quay.example:5000' },
        { match: 'hub/local/**', to: 'local' },
      ],
    });
    const digestAt = async (path: string): Promise<unknown> => {
      const answer = await get(cache, path);
      return answer.headers['docker-content-digest'] ?? answer.status;
    };
    assert.equal(await digestAt('/v2/hub/app/manifests/1'), image.root.digest);
    assert.equal(await digestAt('/v2/hub/library/app/manifests/1'), image.root.digest);
    assert.equal(await digestAt('/v2/library/app/manifests/1?ns=docker.io'), image.root.digest);
    assert.equal(await digestAt('/v2/quay.example_5000/team/app/manifests/1'), other.root.digest);
    assert.equal(await digestAt('/v2/team/app/manifests/1'), other.root.digest);
    assert.equal(await digestAt('/v2/team/app/manifests/1?ns=quay.example:5000'), other.root.digest);
    assert.equal(await digestAt('/v2/team/app/manifests/1?ns=ghcr.example'), 404);
    assert.equal(await digestAt('/v2/hub/secret/app/manifests/1'), 403);
    assert.equal(await digestAt('/v2/secret/app/manifests/1?ns=docker.io'), 403);
    assert.equal(await digestAt('/v2/mine/manifests/1'), 404);
    assert.equal(hub.requests.filter(({ kind, method }) => kind === 'manifest' && method === 'GET').length, 1);
    const { headers } = await get(cache, '/v2/library/app/manifests/1?ns=docker.io');
    assert.equal(headers['oci-namespace'], 'docker.io');
    const names = ['hub/library/app', 'quay.example_5000/team/app', 'team/app'];
    assert.deepEqual((await cache.storage.repositories()).names, names);

    const content = Buffer.from('content');
    for (const [repository, allowed] of [
      ['mine', true],
      ['hub/local/mine', true],
      ['hub/app', false],
      ['team/app', false],
    ] as const) {
      const pushed = cache.cache.uploads.put(repository, digestOf(content), bytesOf(content));
      if (allowed) await pushed;
      else await assert.rejects(pushed, { status: 405 });
      assert.equal((await cache.ask('POST', `/v2/${repository}/blobs/uploads/`)).status, allowed ? 202 : 405);
    }
  });
});

it('asks for rights to the repository that is meant, by whatever name it is asked for', async (t) => {
  const cache = await startCache(t, { ...hello(), upstream: { domain: 'docker.io', prefix: 'hub' } });
  const asked: unknown[] = [];
  const { ask } = await served(t, {
    storage: cache.cache,
    repositoryFor: (name, namespace) => cache.cache.repositoryFor(name, namespace),
    access: {
      admit({ needs }) {
        asked.push(...needs.map((need) => (need.kind === 'repository' ? need.repository : need.kind)));
        return { actor: { name: undefined, may: () => true } };
      },
    },
  });
  for (const path of ['hub/app/manifests/1', 'app/manifests/1?ns=docker.io', 'mine/manifests/1', '']) {
    await ask('GET', `/v2/${path}`);
  }
  assert.deepEqual(asked, ['hub/library/app', 'hub/library/app', 'mine', 'base']);
});
