import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { type Content, contentOf, holds, lacks, type OpenStore, rejects, storeSuite } from '#testing';
import { systemOwners } from '../disk/owner.ts';
import { type OciLayout, openOciLayout } from './open.ts';

const lockTimings = { beat: 100, stale: 800, poll: 5 };

async function open(): Promise<OpenStore> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-layout-'));
  const root = join(folder, 'image');
  const again = (): ReturnType<typeof openOciLayout> => openOciLayout(root, { lockTimings });
  return { store: await again(), reopen: again, close: async () => rmSync(folder, { recursive: true }) };
}

storeSuite('OCI layout', open, { ingest: true, layers: true, names: true });

const MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const ROOT = withType(contentOf(300, 61));
const OTHER = withType(contentOf(301, 62));
const BLOB = contentOf(900_000, 63);

function withType({ descriptor, bytes }: Content): Content {
  return { descriptor: { ...descriptor, mediaType: MEDIA_TYPE }, bytes };
}

/** A case in a folder of its own. */
function test(title: string, body: (root: string, layout: OciLayout) => Promise<void>): void {
  it(title, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dray-layout-'));
    try {
      const root = join(folder, 'image');
      await body(root, await openOciLayout(root, { lockTimings, sync: false }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

interface IndexFile {
  readonly manifests: readonly Readonly<Record<string, unknown>>[];
  readonly [key: string]: unknown;
}

const indexOf = (root: string): IndexFile => JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')) as IndexFile;

const pathOf = (root: string, { descriptor }: Content): string =>
  join(root, 'blobs', descriptor.digest.replace(':', '/'));

describe('an OCI layout', () => {
  test('is made when something is kept, for others to read', async (root, layout) => {
    assert.deepEqual(await layout.roots(), []);
    assert.throws(() => statSync(root));
    await layout.put(ROOT.descriptor, bytesOf(ROOT.bytes));
    assert.deepEqual(readdirSync(root).sort(), ['blobs', 'index.json', 'oci-layout']);
    assert.equal(readFileSync(join(root, 'oci-layout'), 'utf8'), '{"imageLayoutVersion":"1.0.0"}');
    assert.deepEqual(indexOf(root).manifests, []);
    const umask = process.umask();
    assert.equal(statSync(join(root, 'blobs', 'sha256')).mode & 0o777, 0o777 & ~umask);
    assert.equal(statSync(pathOf(root, ROOT)).mode & 0o777, 0o666 & ~umask);
  });
  test('lists a root with its names and its platform', async (root, layout) => {
    await layout.put(ROOT.descriptor, bytesOf(ROOT.bytes));
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    await layout.list(ROOT.descriptor, { fullName: 'docker.io/library/app:1', tag: '1', platform });
    const annotations = {
      'io.containerd.image.name': 'docker.io/library/app:1',
      'org.opencontainers.image.ref.name': '1',
    };
    const { mediaType, digest, size } = ROOT.descriptor;
    assert.deepEqual(indexOf(root).manifests, [{ mediaType, digest, size, annotations, platform }]);
    for (const name of ['docker.io/library/app:1', '1', digest]) {
      assert.deepEqual(await layout.resolve(name), { ...ROOT.descriptor, platform });
    }
    await rejects(layout.resolve('2'), 'MANIFEST_UNKNOWN');
  });
  test('keeps what others have listed', async (root, layout) => {
    for (const { descriptor, bytes } of [ROOT, OTHER]) await layout.put(descriptor, bytesOf(bytes));
    const foreign = { mediaType: 'application/x', digest: BLOB.descriptor.digest, size: 5, annotations: { a: 'b' } };
    const index = { schemaVersion: 2, annotations: { of: 'theirs' }, manifests: [foreign] };
    writeFileSync(join(root, 'index.json'), JSON.stringify(index));
    await layout.tag('docker.io/library/app:1', ROOT.descriptor);
    await layout.tag('docker.io/library/app:2', ROOT.descriptor);
    await layout.tag('docker.io/library/app:1', OTHER.descriptor);
    assert.deepEqual(indexOf(root)['annotations'], { of: 'theirs' });
    const digests = indexOf(root).manifests.map(({ digest }) => digest);
    assert.deepEqual(digests, [foreign.digest, ROOT.descriptor.digest, OTHER.descriptor.digest]);
    assert.deepEqual(indexOf(root).manifests[0], foreign);
  });
  test('takes over a tag that has no full name', async (root, layout) => {
    for (const { descriptor, bytes } of [ROOT, OTHER]) await layout.put(descriptor, bytesOf(bytes));
    await layout.tag('1', ROOT.descriptor);
    await layout.tag('docker.io/library/app:1', OTHER.descriptor);
    assert.equal(indexOf(root).manifests.length, 1);
    assert.equal((await layout.resolve('1')).digest, OTHER.descriptor.digest);
  });
  test('lists a root without a name once, and not beside its name', async (root, layout) => {
    await layout.put(ROOT.descriptor, bytesOf(ROOT.bytes));
    await layout.list(ROOT.descriptor, {});
    await layout.list(ROOT.descriptor, {});
    assert.equal(indexOf(root).manifests.length, 1);
    await layout.tag('app:1', ROOT.descriptor);
    await layout.list(ROOT.descriptor, {});
    assert.equal(indexOf(root).manifests.length, 1);
    assert.equal((await layout.resolve('app:1')).digest, ROOT.descriptor.digest);
  });
  test('loses no name when many are given at once', async (root, layout) => {
    await layout.put(ROOT.descriptor, bytesOf(ROOT.bytes));
    const again = await openOciLayout(root, { lockTimings, sync: false });
    const names = Array.from({ length: 12 }, (_, i) => `docker.io/library/app:${i}`);
    await Promise.all(names.map((name, i) => (i % 2 === 0 ? layout : again).tag(name, ROOT.descriptor)));
    for (const name of names) assert.equal((await layout.resolve(name)).digest, ROOT.descriptor.digest);
  });
  test('has partial blobs under hidden names, and only until they are whole', async (root, layout) => {
    const first = await layout.ingest(BLOB.descriptor);
    first?.write(0, BLOB.bytes.subarray(0, 500_000));
    await lacks(layout, BLOB);
    await first?.release();
    const folder = join(root, 'blobs', 'sha256');
    assert.deepEqual(readdirSync(folder), [`.dray-${BLOB.descriptor.digest.slice(7)}.part`]);
    const second = await (await openOciLayout(root, { lockTimings })).ingest(BLOB.descriptor);
    assert.deepEqual(second?.have(), [{ start: 0, end: 500_000 }]);
    second?.write(500_000, BLOB.bytes.subarray(500_000));
    await second?.commit();
    assert.deepEqual(readdirSync(folder), [BLOB.descriptor.digest.slice(7)]);
    await holds(layout, BLOB);
  });
  test('is rid of what killed runs left beside whole blobs', async (root, layout) => {
    await layout.put(BLOB.descriptor, bytesOf(BLOB.bytes));
    const folder = join(root, 'blobs', 'sha256');
    const [hex, other] = [BLOB, ROOT].map(({ descriptor }) => descriptor.digest.slice(7));
    const dead = { ...systemOwners.self(), id: 'dead-1', beat: 1, started: '1' };
    const alive = { ...systemOwners.self(), id: 'alive-1', beat: 1 };
    const write = (name: string, text: unknown = 'x'): void => writeFileSync(join(folder, name), JSON.stringify(text));
    write(`.dray-${hex}.lock`, dead);
    write(`.dray-${hex}.dead-1.part`);
    write(`.dray-${hex}.abc-1.tmp`);
    write(`.dray-${other}.lock`, dead);
    write(`.dray-${other}.dead-1.part`);
    const again = async (): Promise<void> => {
      await (await openOciLayout(root, { lockTimings, sync: false })).put(BLOB.descriptor, bytesOf(BLOB.bytes));
    };
    await again();
    const kept = [`.dray-${hex}.abc-1.tmp`, `.dray-${other}.dead-1.part`, `.dray-${other}.lock`];
    assert.deepEqual(new Set(readdirSync(folder)), new Set([...kept, hex]));
    write(`.dray-${hex}.lock`, alive);
    write(`.dray-${hex}.alive-1.part`);
    utimesSync(join(folder, `.dray-${hex}.abc-1.tmp`), 1, 1);
    await again();
    assert.ok(readdirSync(folder).includes(`.dray-${hex}.alive-1.part`));
    rmSync(join(folder, `.dray-${hex}.lock`));
    await again();
    assert.deepEqual(new Set(readdirSync(folder)), new Set([...kept.slice(1), hex]));
  });
  test('uses blobs that are there, if their size is right', async (root, layout) => {
    await layout.put(ROOT.descriptor, bytesOf(ROOT.bytes));
    writeFileSync(pathOf(root, BLOB), BLOB.bytes.subarray(1));
    await lacks(layout, BLOB);
    const ingest = await layout.ingest(BLOB.descriptor);
    ingest?.write(0, BLOB.bytes);
    await ingest?.commit();
    await holds(layout, BLOB);
    assert.equal(await layout.ingest(BLOB.descriptor), undefined);
  });
});

describe('a folder that is no OCI layout', () => {
  for (const [what, name, content, code] of [
    ['has other files', 'photo.jpg', 'x', 'STORE_INCOMPATIBLE'],
    ['is of another version', 'oci-layout', '{"imageLayoutVersion":"2.0.0"}', 'STORE_INCOMPATIBLE'],
    ['has a broken mark', 'oci-layout', '{', 'MANIFEST_INVALID'],
  ] as const) {
    test(`is refused: it ${what}`, async (root) => {
      mkdirSync(root);
      writeFileSync(join(root, name), content);
      await rejects(openOciLayout(root), code);
      assert.deepEqual(readdirSync(root), [name]);
    });
  }
  test('is refused: it is a file', async (root) => {
    writeFileSync(root, 'x');
    const layout = openOciLayout(root).then((opened) => opened.put(ROOT.descriptor, bytesOf(ROOT.bytes)));
    await rejects(layout, 'IO_FAILED');
  });
  for (const index of ['', 'null', '{"manifests":[{"digest":"x"}]}', '{"manifests":[],"manifests":[]}']) {
    test(`has an index.json that is refused: ${JSON.stringify(index)}`, async (root, layout) => {
      await layout.put(ROOT.descriptor, bytesOf(ROOT.bytes));
      writeFileSync(join(root, 'index.json'), index);
      await rejects(layout.roots(), 'MANIFEST_INVALID', 'UNSUPPORTED', 'INVALID_REFERENCE');
    });
  }
});
