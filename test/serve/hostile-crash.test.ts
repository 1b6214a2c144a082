import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type Answer, Client, described, digestOf, OCI_CONFIG, OCI_MANIFEST } from './client.ts';
import { RegistryProcess } from './registry-process.ts';

/** Pushes before each kill; `PUSHES=10000` for a long run. */
const PUSHES = Number(process.env['PUSHES'] ?? 300);
const ROUNDS = 3;
const CLIENTS = 16;
const accept = { accept: OCI_MANIFEST };

/** The content of push `index`: each its own, 100 to 8,000 bytes. */
function contentOf(index: number): Buffer {
  const seed = createHash('sha256').update(`content ${index}`).digest();
  return Buffer.concat(Array.from({ length: 4 + (index % 246) }, () => seed)).subarray(0, 100 + ((index * 37) % 7_900));
}

interface Pushed {
  /** Contents whose push was acknowledged, by number. */
  readonly blobs: Set<number>;
  /** Manifests that were acknowledged, by tag. */
  readonly tags: Map<string, Buffer>;
}

/** `undefined`: the connection broke. */
async function attempt(asked: Promise<Answer>): Promise<Answer | undefined> {
  const answer = await asked.catch((error: unknown) => {
    if (error instanceof assert.AssertionError) throw error;
    return undefined;
  });
  return answer;
}

/** Pushes blobs and manifests until the connection breaks; in three ways, as clients do. */
async function pushOn(client: Client, next: () => number, { blobs, tags }: Pushed): Promise<void> {
  for (;;) {
    const index = next();
    const name = `crash/r${index % 7}`;
    const bytes = contentOf(index);
    const digest = digestOf(bytes);
    const answer = await attempt(pushOne(client, { name, bytes, digest, chunked: index % 3 === 0 }));
    if (answer === undefined) return;
    assert.equal(answer.status, 201, answer.text);
    blobs.add(index);
    if (index % 4 !== 0) continue;
    const config = { ...described(bytes, OCI_CONFIG) };
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] }));
    const put = await attempt(client.putManifest(name, `t${index}`, manifest));
    if (put === undefined) return;
    assert.equal(put.status, 201, put.text);
    tags.set(`${name}:t${index}`, manifest);
  }
}

async function pushOne(
  client: Client,
  {
    name,
    bytes,
    digest,
    chunked,
  }: { readonly name: string; readonly bytes: Buffer; readonly digest: string; readonly chunked: boolean },
): Promise<Answer> {
  if (!chunked) return client.ask('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: bytes });
  const started = await client.ask('POST', `/v2/${name}/blobs/uploads/`);
  const half = bytes.length >> 1;
  const location = String(started.headers.location);
  const patched = await client.ask('PATCH', location, {
    body: bytes.subarray(0, half),
    headers: { 'content-range': `0-${half - 1}` },
  });
  const query = String(patched.headers.location).includes('?') ? '&' : '?';
  return client.ask('PUT', `${String(patched.headers.location)}${query}digest=${digest}`, {
    body: bytes.subarray(half),
  });
}

/** Everything that was acknowledged from push `start` on is there and right; what was not is whole or not there. */
async function checkKept(
  client: Client,
  { blobs, tags }: Pushed,
  [start, end]: readonly [number, number],
): Promise<void> {
  const numbers = Array.from({ length: end - start }, (_, index) => start + index);
  await inParallel(numbers, async (index) => {
    const bytes = contentOf(index);
    const got = await client.get(`/v2/crash/r${index % 7}/blobs/${digestOf(bytes)}`);
    if (got.status === 404) assert.ok(!blobs.has(index), `blob ${index} was acknowledged and is lost`);
    else {
      assert.equal(got.status, 200);
      assert.ok(got.body.equals(bytes), `blob ${index} is another one: ${got.body.length} bytes of ${bytes.length}`);
    }
  });
  const recent = [...tags].filter(([reference]) => Number(reference.split(':t')[1]) >= start);
  await inParallel(recent, async ([reference, manifest]) => {
    const [name = '', tag = ''] = reference.split(':');
    for (const each of [tag, digestOf(manifest)]) {
      const got = await client.get(`/v2/${name}/manifests/${each}`, accept);
      assert.equal(got.status, 200, `${reference} was acknowledged and is lost`);
      assert.ok(got.body.equals(manifest), `${reference} is another one`);
    }
  });
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

describe('a server that is killed', () => {
  it('has everything that it acknowledged, each time', async () => {
    const registry = new RegistryProcess();
    const pushed: Pushed = { blobs: new Set(), tags: new Map() };
    let count = 0;
    const next = (): number => {
      count += 1;
      if (count % PUSHES === 0) process.kill(registry.pid, 'SIGKILL');
      return count - 1;
    };
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await registry.start();
        const client = new Client(registry);
        const start = round === ROUNDS - 1 ? 0 : count;
        await Promise.all(Array.from({ length: CLIENTS }, () => pushOn(client, next, pushed)));
        client.close();
        await registry.kill();
        await registry.start();
        const reader = new Client(registry);
        await checkKept(reader, pushed, [start, count]);
        const { repositories } = JSON.parse((await reader.get('/v2/_catalog')).text) as {
          readonly repositories: readonly string[];
        };
        assert.equal(repositories.length, 7);
        reader.close();
        registry.checkManners();
        await registry.kill();
      }
      assert.ok(pushed.blobs.size > PUSHES * ROUNDS * 0.8, `${pushed.blobs.size} pushes`);
    } finally {
      await registry.remove();
    }
  });

  it('has its tags at the last manifest that it acknowledged, or at the one behind', async () => {
    const registry = new RegistryProcess();
    const config = described('{}', OCI_CONFIG);
    const manifest = (tag: string, version: number): string =>
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config,
        layers: [],
        annotations: { tag, version: `${version}` },
      });
    const versions = new Map(['a', 'b', 'c', 'd'].map((tag) => [tag, 0]));
    try {
      for (let round = 0; round < 3; round += 1) {
        await registry.start();
        const client = new Client(registry);
        await client.pushBlob('crash/tags', '{}');
        let left = 60 + round * 17;
        await Promise.all(
          [...versions.keys()].map(async (tag) => {
            for (;;) {
              const version = (versions.get(tag) ?? 0) + 1;
              const put = await attempt(client.putManifest('crash/tags', tag, manifest(tag, version)));
              if (put === undefined) return;
              assert.equal(put.status, 201);
              versions.set(tag, version);
              left -= 1;
              if (left === 0) process.kill(registry.pid, 'SIGKILL');
            }
          }),
        );
        client.close();
        await registry.kill();
        await registry.start();
        const reader = new Client(registry);
        for (const [tag, version] of versions) {
          const got = await reader.get(`/v2/crash/tags/manifests/${tag}`, accept);
          assert.equal(got.status, 200, `${tag} is lost after version ${version}`);
          const right = [version, version + 1].find((each) => manifest(tag, each) === got.text);
          assert.ok(right !== undefined, `${tag} is ${got.text.slice(-40)} after version ${version}`);
          versions.set(tag, right);
          const byDigest = await reader.get(`/v2/crash/tags/manifests/${digestOf(got.body)}`, accept);
          assert.equal(byDigest.status, 200);
        }
        const list = await reader.get('/v2/crash/tags/tags/list');
        assert.deepEqual((JSON.parse(list.text) as { readonly tags: unknown }).tags, ['a', 'b', 'c', 'd']);
        reader.close();
        await registry.kill();
      }
    } finally {
      await registry.remove();
    }
  });

  it('goes on with an upload where it was', async () => {
    const registry = await new RegistryProcess().start();
    try {
      const client = new Client(registry);
      const patched = await client.ask('PATCH', await client.upload('crash/upload'), {
        body: Buffer.alloc(100_000, 'a'),
      });
      assert.equal(patched.status, 202);
      client.close();
      await registry.kill();
      await registry.start();
      const again = new Client(registry);
      const status = await again.get(String(patched.headers.location));
      if (status.status === 204) {
        const size = status.headers.range === undefined ? 0 : Number(status.headers.range.slice(2)) + 1;
        const rest = Buffer.alloc(100_010 - size, 'a');
        const headers = { 'content-range': `${size}-100009` };
        const more = await again.ask('PATCH', String(status.headers.location), { body: rest, headers });
        assert.equal(more.status, 202, more.text);
        const digest = digestOf(Buffer.alloc(100_010, 'a'));
        const query = String(more.headers.location).includes('?') ? '&' : '?';
        assert.equal((await again.ask('PUT', `${String(more.headers.location)}${query}digest=${digest}`)).status, 201);
      } else assert.equal(status.status, 404);
      again.close();
    } finally {
      await registry.remove();
    }
  });

  it('ends well when it is told to, in the middle of pushes', async () => {
    const registry = await new RegistryProcess().start();
    try {
      const client = new Client(registry);
      const pushed: Pushed = { blobs: new Set(), tags: new Map() };
      let count = 0;
      const next = (): number => {
        count += 1;
        if (count === 200) process.kill(registry.pid, 'SIGTERM');
        return count - 1;
      };
      await Promise.all(Array.from({ length: CLIENTS }, () => pushOn(client, next, pushed)));
      client.close();
      assert.equal(await registry.ended(), 0, registry.said);
      await registry.start();
      const reader = new Client(registry);
      await checkKept(reader, pushed, [0, count]);
      reader.close();
      registry.checkManners();
    } finally {
      await registry.remove();
    }
  });
});
