import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTar } from '#archive';
import { bytesOf } from '#bytes';
import { contentOf, rejects } from '#testing';
import { documentOf, imageOf, LAYERS, planOf } from './fixtures.test.ts';
import { type ArchiveImage, type ArchivePlan, planArchive } from './plan.ts';

const layers = LAYERS.map(({ descriptor }) => descriptor);
const [first, second, third] = LAYERS;
if (first === undefined || second === undefined || third === undefined) assert.fail();

interface Entry {
  readonly name: string;
  readonly text: string;
  readonly offset: number;
  readonly size: number;
}

/** The archive with zeros for layers. */
async function entriesOf(plan: ArchivePlan): Promise<Entry[]> {
  const parts = plan.pieces.map(({ bytes, blob }) => bytes ?? new Uint8Array(blob.size));
  assert.equal(
    parts.reduce((sum, { length }) => sum + length, 0),
    plan.size,
  );
  const entries: Entry[] = [];
  for await (const entry of readTar(bytesOf(...parts), 'the plan')) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.bytes) chunks.push(new Uint8Array(chunk));
    entries.push({ name: entry.name, text: Buffer.concat(chunks).toString(), offset: entry.offset, size: entry.size });
  }
  return entries;
}

async function tableOf(plan: ArchivePlan, name: string): Promise<unknown> {
  const entry = (await entriesOf(plan)).find((one) => one.name === name);
  return entry === undefined ? undefined : JSON.parse(entry.text);
}

const pathOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

describe('the plan of an archive', () => {
  it('has the tables first, then what is small, then the layers in order', async () => {
    const image = imageOf(layers);
    const names = (await entriesOf(planArchive([image], 'docker-archive'))).map(({ name }) => name);
    assert.deepEqual(names, [
      'oci-layout',
      'index.json',
      'manifest.json',
      'repositories',
      'blobs/',
      'blobs/sha256/',
      pathOf(image.root.digest),
      pathOf(image.images[0]?.config.descriptor.digest ?? ''),
      ...layers.map(({ digest }) => pathOf(digest)),
    ]);
  });
  it('says where each blob is', async () => {
    const plan = planOf(...layers);
    const entries = new Map((await entriesOf(plan)).map((entry) => [entry.name, entry]));
    assert.equal(plan.blobs.length, 5);
    for (const { descriptor, offset } of plan.blobs) {
      const entry = entries.get(pathOf(descriptor.digest));
      assert.deepEqual([entry?.offset, entry?.size], [offset, descriptor.size]);
    }
  });
  it('is the same every time, and another for other images and formats', () => {
    assert.deepEqual(planOf(...layers), planOf(...layers));
    const others = [
      planOf(...layers.slice(1)),
      planArchive([imageOf(layers)], 'oci-archive'),
      planArchive([imageOf(layers, 'app', '2')], 'docker-archive'),
      planArchive([{ ...imageOf(layers), names: ['other:1'] }], 'docker-archive'),
    ];
    const digests = new Set([planOf(...layers), ...others].map(({ digest }) => digest));
    assert.equal(digests.size, 5);
  });
  it('has docker tables in a docker archive alone', async () => {
    const plan = planArchive([imageOf(layers)], 'oci-archive');
    assert.equal(await tableOf(plan, 'manifest.json'), undefined);
    assert.equal(await tableOf(plan, 'repositories'), undefined);
    assert.deepEqual(await tableOf(plan, 'oci-layout'), { imageLayoutVersion: '1.0.0' });
  });
  it('keeps a layer once that several images share, or that an image has twice', async () => {
    const [a, b, c] = layers;
    if (a === undefined || b === undefined || c === undefined) assert.fail();
    const plan = planArchive([imageOf([a, b, a]), imageOf([b, c], 'other')], 'docker-archive');
    const names = (await entriesOf(plan)).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    const items = (await tableOf(plan, 'manifest.json')) as { Layers: string[] }[];
    assert.deepEqual(
      items.map((item) => item.Layers),
      [[a, b, a].map(({ digest }) => pathOf(digest)), [b, c].map(({ digest }) => pathOf(digest))],
    );
  });
  it('keeps blobs of sha512 in a folder of their own', async () => {
    const long = contentOf(1000, 9, 'sha512').descriptor;
    const entries = await entriesOf(planOf(long, ...layers));
    assert.ok(entries.some(({ name }) => name === 'blobs/sha512/'));
    assert.ok(entries.some(({ name, size }) => name === pathOf(long.digest) && size === 1000));
  });
  it('places layers of more than 8 GiB', async () => {
    const huge = { ...contentOf(1, 9).descriptor, size: 9 * 2 ** 30 };
    const { pieces, size } = planOf(huge);
    assert.ok(size > huge.size && pieces.length === 3);
    const header = Buffer.from(pieces[0]?.bytes ?? []).toString('latin1');
    assert.ok(header.includes(`size=${huge.size}\n`));
  });
  it('refuses sizes that contradict each other', async () => {
    const [a] = layers;
    if (a === undefined) assert.fail();
    const liar = { ...a, size: a.size + 1 };
    await rejects((async () => planOf(a, liar))(), 'MANIFEST_INVALID');
    const image = imageOf([a]);
    const document = { ...image.documents[0], descriptor: { ...image.root, size: 3 } } as ArchiveImage['documents'][0];
    await rejects(
      (async () => planArchive([{ ...image, documents: [document] }], 'oci-archive'))(),
      'MANIFEST_INVALID',
    );
  });
});

describe('the tables of an archive', () => {
  it('names the image for docker, containerd and skopeo', async () => {
    const image = imageOf(layers, 'localhost:5000/team/app', '1.2');
    const plan = planArchive([{ ...image, fullName: 'localhost:5000/team/app:1.2' }], 'docker-archive');
    assert.deepEqual(await tableOf(plan, 'manifest.json'), [
      {
        Config: pathOf(image.images[0]?.config.descriptor.digest ?? ''),
        RepoTags: ['localhost:5000/team/app:1.2'],
        Layers: layers.map(({ digest }) => pathOf(digest)),
      },
    ]);
    assert.deepEqual(await tableOf(plan, 'repositories'), {
      'localhost:5000/team/app': { '1.2': third.descriptor.digest.slice(7) },
    });
    const { mediaType, digest, size } = image.root;
    assert.deepEqual(await tableOf(plan, 'index.json'), {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        {
          mediaType,
          digest,
          size,
          annotations: {
            'io.containerd.image.name': 'localhost:5000/team/app:1.2',
            'org.opencontainers.image.ref.name': '1.2',
          },
          platform: { architecture: 'amd64', os: 'linux' },
        },
      ],
    });
  });
  it('gives no name to an image that was asked for by digest', async () => {
    const image = { ...imageOf(layers), names: [], tag: undefined };
    const plan = planArchive([image], 'docker-archive');
    assert.equal(await tableOf(plan, 'repositories'), undefined);
    const [item] = (await tableOf(plan, 'manifest.json')) as { RepoTags: unknown }[];
    assert.equal(item?.RepoTags, null);
    const index = (await tableOf(plan, 'index.json')) as { manifests: { annotations?: unknown }[] };
    assert.deepEqual(
      index.manifests.map(({ annotations }) => annotations),
      [undefined],
    );
  });
  it('has an entry for each platform, and the name on the first alone', async () => {
    const [amd64] = imageOf([first.descriptor]).images;
    const [arm64] = imageOf([second.descriptor], 'arm').images;
    if (amd64 === undefined || arm64 === undefined) assert.fail();
    const platform = {
      os: 'windows',
      architecture: 'arm64',
      variant: 'v8',
      osVersion: '10.0.1',
      osFeatures: ['win32k'],
    };
    const root = documentOf('application/vnd.oci.image.index.v1+json', { index: true });
    const image = {
      ...imageOf([]),
      root: { ...root.descriptor, platform },
      documents: [root],
      images: [amd64, { ...arm64, platform }],
    };
    const plan = planArchive([image], 'docker-archive');
    const items = (await tableOf(plan, 'manifest.json')) as { RepoTags: unknown }[];
    assert.deepEqual(
      items.map(({ RepoTags }) => RepoTags),
      [['app:1'], null],
    );
    const index = (await tableOf(plan, 'index.json')) as { manifests: { platform?: unknown }[] };
    assert.deepEqual(
      index.manifests.map((entry) => entry.platform),
      [{ architecture: 'arm64', os: 'windows', 'os.version': '10.0.1', 'os.features': ['win32k'], variant: 'v8' }],
    );
  });
  it('has one entry with both names where two names stand for one image', async () => {
    const one = imageOf(layers);
    const two = { ...one, names: ['app:latest'], fullName: 'docker.io/library/app:latest', tag: 'latest' };
    const plan = planArchive([one, two, one], 'docker-archive');
    const items = (await tableOf(plan, 'manifest.json')) as { RepoTags: unknown }[];
    assert.deepEqual(
      items.map(({ RepoTags }) => RepoTags),
      [['app:1', 'app:latest']],
    );
    const index = (await tableOf(plan, 'index.json')) as { manifests: unknown[] };
    assert.equal(index.manifests.length, 2);
    assert.deepEqual(Object.keys((await tableOf(plan, 'repositories')) as object), ['app']);
  });
});
