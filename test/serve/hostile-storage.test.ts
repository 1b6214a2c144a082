import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fill, removeDisk, smallDisk } from '../small-disk.ts';
import { besieged } from './besieged.ts';
import { Client, checkError, digestOf, locationOf, OCI_MANIFEST, withQuery } from './client.ts';
import { RegistryProcess } from './registry-process.ts';

const MIB = 1 << 20;
const accept = { accept: OCI_MANIFEST };

const disk = smallDisk();

describe('a disk that is full', { skip: disk === undefined && 'only root can have a small disk' }, () => {
  const folder = String(disk);

  it('refuses what does not fit, keeps what it has, and goes on when there is space', async () => {
    const registry = await new RegistryProcess({ data: join(folder, 'full') }).start();
    const client = new Client(registry);
    const name = 'disk/full';
    try {
      const manifest = await client.pushImage(name, 'kept');
      const kept = randomBytes(6 * MIB);
      await client.pushBlob(name, kept);
      const checkKept = async (): Promise<void> => {
        assert.deepEqual((await client.get(`/v2/${name}/manifests/kept`, accept)).body, manifest);
        assert.ok((await client.get(`/v2/${name}/blobs/${digestOf(kept)}`)).body.equals(kept));
        registry.checkManners();
      };
      for (const way of ['POST', 'PUT', 'PATCH']) {
        const large = randomBytes(30 * MIB);
        const digest = digestOf(large);
        const location = way === 'POST' ? `/v2/${name}/blobs/uploads/?digest=${digest}` : await client.upload(name);
        const target = way === 'PUT' ? withQuery(location, { digest }) : location;
        const answer = await client.ask(way, target, { body: large }).catch((error: unknown) => error as Error);
        if (answer instanceof Error) assert.match(answer.message, /EPIPE|ECONNRESET|socket hang up/);
        else checkError(answer, [413, 503, 507]);
        assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).status, 404);
        await checkKept();
        if (way === 'PATCH') assert.ok([204, 404].includes((await client.ask('DELETE', location)).status));
        const small = randomBytes(2 * MIB);
        const path = `/v2/${name}/blobs/uploads/?digest=${digestOf(small)}`;
        const pushed = await client.ask('POST', path, { body: small });
        assert.equal(pushed.status, 201, `no space after ${way}: ${pushed.text}`);
        assert.ok((await client.get(`/v2/${name}/blobs/${digestOf(small)}`)).body.equals(small));
      }
      writeFileSync(join(folder, 'fill'), Buffer.alloc(2 * MIB));
      fill(join(folder, 'filler'));
      const refused = await client.putManifest(name, 'kept', {
        ...JSON.parse(manifest.toString()),
        annotations: { fill: 'x'.repeat(100_000) },
      });
      checkError(refused, [413, 503, 507]);
      await checkKept();
      const begun = await client.ask('POST', `/v2/${name}/blobs/uploads/`);
      assert.ok([202, 413, 503, 507].includes(begun.status), `${begun.status}`);
      rmSync(join(folder, 'fill'));
      rmSync(join(folder, 'filler'));
      await client.pushImage(name, 'after');
      await checkKept();
    } finally {
      client.close();
      await registry.remove();
      for (const each of readdirSync(folder)) rmSync(join(folder, each), { recursive: true });
    }
  });

  it('starts on a full disk and serves what it has', async () => {
    const registry = await new RegistryProcess({ data: join(folder, 'data') }).start();
    const client = new Client(registry);
    try {
      const manifest = await client.pushImage('disk/start', 'x');
      client.close();
      await registry.stop();
      fill(join(folder, 'filler'));
      await registry.start();
      const reader = new Client(registry);
      assert.deepEqual((await reader.get('/v2/disk/start/manifests/x', accept)).body, manifest);
      assert.equal((await reader.get('/v2/_catalog')).status, 200);
      reader.close();
    } finally {
      await registry.remove();
      removeDisk(folder);
    }
  });
});

const name = 'storage/here';
const client = besieged();

/** The file of a tag, a manifest or a blob, as docker-registry lays them out. */
const files = {
  root: (): string => join(client.registry.data, 'docker/registry/v2'),
  tag: (tag: string): string => join(files.root(), 'repositories', name, '_manifests/tags', tag, 'current/link'),
  blob: (digest: string): string => {
    const hex = digest.slice('sha256:'.length);
    return join(files.root(), 'blobs/sha256', hex.slice(0, 2), hex, 'data');
  },
};

describe('files that others have spoiled', () => {
  for (const [what, link] of [
    ['nothing', ''],
    ['a text', 'not a digest'],
    ['a digest of nothing', `sha256:${'4'.repeat(64)}`],
    ['a path', 'sha256:../../../../../../../../etc/passwd'],
    ['half a digest', 'sha256:abc'],
    ['a megabyte', 'x'.repeat(MIB)],
    ['bytes', '\u0000\u001b[31m\u0000'],
  ] as const)
    it(`has no manifest for a tag whose file holds ${what}`, async () => {
      await client.pushImage(name, 'spoiled');
      writeFileSync(files.tag('spoiled'), link);
      const answer = await client.get(`/v2/${name}/manifests/spoiled`, accept);
      checkError(answer, [404, 503], ['MANIFEST_UNKNOWN', 'UNAVAILABLE', 'UNKNOWN']);
      assert.equal((await client.get(`/v2/${name}/tags/list`)).status, 200);
      const manifest = await client.pushImage(name, 'spoiled');
      assert.deepEqual((await client.get(`/v2/${name}/manifests/spoiled`, accept)).body, manifest);
    });

  it('has no manifest for a tag that is a folder', async () => {
    await client.pushImage(name, 'folder');
    rmSync(files.tag('folder'));
    mkdirSync(files.tag('folder'));
    checkError(await client.get(`/v2/${name}/manifests/folder`, accept), [404, 503]);
    assert.equal((await client.get(`/v2/${name}/tags/list`)).status, 200);
  });

  it('has no blob whose file is gone, and takes it again', async () => {
    const digest = await client.pushBlob(name, 'gone');
    rmSync(files.blob(digest));
    checkError(await client.get(`/v2/${name}/blobs/${digest}`), [404, 503]);
    assert.notEqual((await client.ask('HEAD', `/v2/${name}/blobs/${digest}`)).status, 200);
    await client.pushBlob(name, 'gone');
    assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).text, 'gone');
  });

  it('gives no manifest whose file is cut', async () => {
    const manifest = await client.pushImage(name, 'cut');
    truncateSync(files.blob(digestOf(manifest)), 20);
    const answer = await client.get(`/v2/${name}/manifests/cut`, accept);
    assert.notEqual(answer.status, 200);
    assert.equal((await client.putManifest(name, 'cut', manifest)).status, 201);
    assert.deepEqual((await client.get(`/v2/${name}/manifests/cut`, accept)).body, manifest);
  });

  it('sees at once what another process tags and takes away', async () => {
    const [one, two] = [await client.pushImage(name, 'moved'), await client.pushImage(name, 'other')];
    assert.deepEqual((await client.get(`/v2/${name}/manifests/moved`, accept)).body, one);
    for (let round = 0; round < 20; round += 1)
      for (const manifest of [two, one]) {
        writeFileSync(files.tag('moved'), digestOf(manifest));
        assert.deepEqual((await client.get(`/v2/${name}/manifests/moved`, accept)).body, manifest);
      }
    rmSync(join(files.tag('moved'), '../..'), { recursive: true });
    assert.equal((await client.get(`/v2/${name}/manifests/moved`, accept)).status, 404);
  });

  it('lists repositories past files and folders that are none', async () => {
    const repositories = join(files.root(), 'repositories');
    writeFileSync(join(repositories, 'a-file'), 'x');
    mkdirSync(join(repositories, 'Not A Name/_manifests'), { recursive: true });
    mkdirSync(join(repositories, 'empty'), { recursive: true });
    symlinkSync('/etc', join(repositories, 'etc'));
    symlinkSync('.', join(repositories, 'circle'));
    const answer = await client.get('/v2/_catalog');
    const { repositories: listed } = JSON.parse(answer.text) as { readonly repositories: readonly string[] };
    for (const one of listed) assert.match(one, /^[a-z0-9]+([._/-]+[a-z0-9]+)*$/);
    assert.ok(listed.includes(name));
    assert.ok(listed.length < 20, listed.join());
  });
});

describe('the data folder', () => {
  it('may be a link to a folder', async () => {
    const registry = new RegistryProcess();
    const real = `${registry.folder}-real`;
    mkdirSync(real);
    symlinkSync(real, registry.data);
    await registry.start();
    const user = new Client(registry);
    try {
      const digest = await user.pushBlob(name, 'linked');
      assert.equal((await user.get(`/v2/${name}/blobs/${digest}`)).text, 'linked');
      assert.ok(readdirSync(real).length > 0);
    } finally {
      user.close();
      await registry.remove();
      rmSync(real, { recursive: true });
    }
  });

  it('is used by two servers at once', async () => {
    const other = await new RegistryProcess({ data: client.registry.data }).start();
    const neighbour = new Client(other);
    try {
      const manifest = await neighbour.pushImage(name, 'of-the-neighbour');
      assert.deepEqual((await client.get(`/v2/${name}/manifests/of-the-neighbour`, accept)).body, manifest);
      const patched = await client.ask('PATCH', await client.upload(name), { body: 'begun here, ' });
      const more = await neighbour.ask('PATCH', locationOf(patched), { body: 'ended there' });
      assert.equal(more.status, 202);
      const digest = digestOf('begun here, ended there');
      assert.equal((await neighbour.ask('PUT', withQuery(locationOf(more), { digest }))).status, 201);
      assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).status, 200);
      assert.equal((await neighbour.ask('DELETE', `/v2/${name}/manifests/of-the-neighbour`)).status, 202);
      assert.equal((await client.get(`/v2/${name}/manifests/of-the-neighbour`, accept)).status, 404);
    } finally {
      neighbour.close();
      await other.remove();
    }
  });

  it('holds bytes as they were sent, under their digests', async () => {
    const digest = await client.pushBlob(name, 'plain');
    assert.equal(readFileSync(files.blob(digest), 'utf8'), 'plain');
    assert.ok(existsSync(join(files.root(), 'repositories', name, '_layers/sha256', digest.slice(7), 'link')));
  });
});
