import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bytesOf } from '#bytes';
import type { ErrorCode } from '#errors';
import { ARCHIVE_SHAPES, buildImage, digestOf, rejects, tarOf } from '#testing';
import {
  APP,
  BASE,
  CONFIG,
  CONFIG_FILE,
  docker,
  expectUntouched,
  flipped,
  hex,
  json,
  layout,
  load,
  TOOL,
  TOP,
} from './archives.test.fixture.ts';
import { loadArchive } from './load.ts';
import { TestPlaces } from './places.test.fixture.ts';

const world = new TestPlaces();
after(() => world.close());

const BAD: readonly (readonly [name: string, tar: () => Uint8Array, code: ErrorCode])[] = [
  ['nothing', () => Buffer.alloc(0), 'MANIFEST_INVALID'],
  ['text', () => Buffer.from('vm\n'), 'CORRUPT_LAYER'],
  ['a tar of other things', () => tarOf([{ name: 'hello', content: 'hello' }]), 'MANIFEST_INVALID'],
  ['a tar that ends early', () => layout(APP).subarray(0, 40_000), 'CORRUPT_LAYER'],
  ['gzip that ends early', () => gzipSync(layout(APP)).subarray(0, 10_000), 'CORRUPT_LAYER'],
  ['docker before 1.10', () => tarOf([{ name: 'repositories', content: '{}' }]), 'UNSUPPORTED'],
  [
    'a layout of another version',
    () =>
      tarOf([
        { name: 'oci-layout', content: '{"imageLayoutVersion":"2.0.0"}' },
        { name: 'index.json', content: '{}' },
      ]),
    'UNSUPPORTED',
  ],
  ['no image at all', () => tarOf([{ name: 'manifest.json', content: '[]' }]), 'MANIFEST_INVALID'],
  ['an index.json without a layout', () => tarOf([{ name: 'index.json', content: '{}' }]), 'MANIFEST_INVALID'],
  ['a manifest.json that is no array', () => tarOf([{ name: 'manifest.json', content: '{}' }]), 'MANIFEST_INVALID'],
  [
    'a manifest.json with more behind its end',
    () => tarOf([{ name: 'manifest.json', content: '[], "more": 1' }]),
    'MANIFEST_INVALID',
  ],
  [
    'a manifest.json that says Config twice',
    () => tarOf([{ name: 'manifest.json', content: '[{"Config":"a","Config":"b"}]' }]),
    'MANIFEST_INVALID',
  ],
  [
    'a manifest.json that says config too',
    () => docker({ Config: 'config.json', config: 'x', RepoTags: null, Layers: [] }, [CONFIG_FILE]),
    'MANIFEST_INVALID',
  ],
  [
    'a manifest.json that is huge',
    () => tarOf([{ name: 'manifest.json', content: Buffer.alloc(5 * 1024 * 1024, ' ') }]),
    'TOO_LARGE',
  ],
  [
    'an index.json that is huge',
    () =>
      tarOf([
        { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
        { name: 'index.json', content: Buffer.alloc(5 * 1024 * 1024, ' ') },
      ]),
    'TOO_LARGE',
  ],
  [
    'two tables that differ',
    () => layout(APP, { more: [{ name: './index.json', content: '{"schemaVersion":2,"manifests":[]}' }] }),
    'MANIFEST_INVALID',
  ],
  [
    'a name that is two images',
    () => {
      const item = { Config: `blobs/sha256/${hex(TOOL.config.digest)}`, RepoTags: ['app:1'], Layers: [] };
      return layout(APP, { more: [{ name: 'manifest.json', content: json([item]) }] });
    },
    'MANIFEST_INVALID',
  ],
  [
    'a name that leads out',
    () => layout(APP, { more: [{ name: '../../etc/passwd', content: 'root' }] }),
    'MANIFEST_INVALID',
  ],
  [
    'a config that leads out',
    () => docker({ Config: '../../../etc/passwd', RepoTags: null, Layers: [] }),
    'BLOB_UNKNOWN',
  ],
  ['a config of this machine', () => docker({ Config: '/etc/passwd', RepoTags: null, Layers: [] }), 'BLOB_UNKNOWN'],
  [
    'a config that is a link out',
    () =>
      docker({ Config: 'config.json', RepoTags: null, Layers: [] }, [
        { name: 'config.json', link: '../../../../etc/passwd' },
      ]),
    'BLOB_UNKNOWN',
  ],
  [
    'a config that is a link to this machine',
    () => docker({ Config: 'config.json', RepoTags: null, Layers: [] }, [{ name: 'config.json', link: '/etc/passwd' }]),
    'BLOB_UNKNOWN',
  ],
  [
    'a config that is a link to itself',
    () => docker({ Config: 'config.json', RepoTags: null, Layers: [] }, [{ name: 'config.json', link: 'config.json' }]),
    'BLOB_UNKNOWN',
  ],
  [
    'a layer that is a link out',
    () =>
      docker({ Config: 'config.json', RepoTags: ['app:1'], Layers: ['a', 'b'] }, [
        CONFIG_FILE,
        { name: 'a', link: '/etc/passwd' },
        { name: 'b', link: '/etc/passwd' },
      ]),
    'BLOB_UNKNOWN',
  ],
  [
    'a layer that is a device',
    () =>
      docker({ Config: 'config.json', RepoTags: ['app:1'], Layers: ['a', 'a'] }, [
        CONFIG_FILE,
        { name: 'a', type: '3' },
      ]),
    'BLOB_UNKNOWN',
  ],
  [
    'a config of another digest than its name',
    () =>
      docker({ Config: `${'0'.repeat(64)}.json`, RepoTags: null, Layers: [] }, [
        { name: `${'0'.repeat(64)}.json`, content: CONFIG },
      ]),
    'DIGEST_MISMATCH',
  ],
  [
    'fewer layers than diff_ids',
    () =>
      docker({ Config: 'config.json', RepoTags: null, Layers: ['a'] }, [
        CONFIG_FILE,
        { name: 'a', content: TOP.bytes },
      ]),
    'MANIFEST_INVALID',
  ],
  [
    'diff_ids that are paths',
    () =>
      docker({ Config: 'c', RepoTags: null, Layers: ['a'] }, [
        { name: 'c', content: json({ rootfs: { diff_ids: ['sha256:../../../../etc/cron.d/x'] } }) },
        { name: 'a', content: 'x' },
      ]),
    'MANIFEST_INVALID',
  ],
  [
    'layers in the wrong order',
    () =>
      docker({ Config: 'config.json', RepoTags: ['app:1'], Layers: ['b', 'a'] }, [
        CONFIG_FILE,
        { name: 'a', content: BASE.bytes },
        { name: 'b', content: TOP.bytes },
      ]),
    'DIFF_ID_MISMATCH',
  ],
  [
    'a name that is none',
    () => docker({ Config: 'config.json', RepoTags: ['App:1'], Layers: [] }, [CONFIG_FILE]),
    'INVALID_REFERENCE',
  ],
  [
    'a name without a tag',
    () => docker({ Config: 'config.json', RepoTags: ['app'], Layers: [] }, [CONFIG_FILE]),
    'INVALID_REFERENCE',
  ],
  ['a name in index.json that is none', () => layout(APP, { names: ['../../x:1'] }), 'INVALID_REFERENCE'],
  [
    'a layer with a flipped bit',
    () => layout(APP, { change: new Map([[BASE.digest, flipped(BASE.bytes, 40_000)]]) }),
    'DIGEST_MISMATCH',
  ],
  [
    'a config with a flipped bit',
    () => layout(APP, { change: new Map([[APP.config.digest, flipped(CONFIG, 30)]]) }),
    'DIGEST_MISMATCH',
  ],
  [
    'a manifest with a flipped bit',
    () => layout(APP, { change: new Map([[APP.root.digest, flipped(APP.blobs.get(APP.root.digest) ?? CONFIG, 30)]]) }),
    'DIGEST_MISMATCH',
  ],
  [
    'a layer that is longer',
    () => layout(APP, { change: new Map([[BASE.digest, Buffer.concat([BASE.bytes, Buffer.alloc(1)])]]) }),
    'BLOB_UNKNOWN',
  ],
  ['a layer that is not there', () => layout(APP, { without: [BASE.digest] }), 'BLOB_UNKNOWN'],
  ['a config that is not there', () => layout(APP, { without: [APP.config.digest] }), 'BLOB_UNKNOWN'],
  ['a manifest that is not there', () => layout(APP, { without: [APP.root.digest] }), 'BLOB_UNKNOWN'],
];

describe('load: what is wrong changes nothing', () => {
  for (const [name, tar, code] of BAD) {
    it(name, async () => {
      const places = world.next();
      await rejects(load(tar(), places), code);
      await expectUntouched(places);
      const path = world.path('bad.tar');
      writeFileSync(path, tar());
      await rejects(loadArchive({ path }, places), code);
      await expectUntouched(places);
    });
  }

  it('the second image of an archive', async () => {
    const write = ARCHIVE_SHAPES['crane'] ?? assert.fail();
    const diffIds = [BASE.diffId, digestOf(Buffer.from('x'))];
    const editConfig = (config: Record<string, unknown>): unknown => {
      return { ...config, rootfs: { type: 'layers', diff_ids: diffIds } };
    };
    const broken = buildImage({ layers: [BASE, { files: [{ name: 'new', content: 'new' }] }], editConfig });
    const places = world.next();
    const tar = write([
      { image: APP, names: ['app:1'] },
      { image: broken, names: ['tool:1'] },
    ]);
    await rejects(load(tar, places), 'DIFF_ID_MISMATCH');
    await expectUntouched(places);
  });

  it('an image that says of its layer what it is not', async () => {
    const image = buildImage({
      editConfig: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [digestOf(Buffer.from('x'))] } }),
    });
    const places = world.next();
    await rejects(load(layout(image), places), 'DIFF_ID_MISMATCH');
    await expectUntouched(places);
  });

  it('more entries than allowed', async () => {
    const { openArchive } = await import('#store');
    const origin = { stream: bytesOf(layout(APP)) };
    await rejects(openArchive(origin, { folder: async () => world.folder, limits: { entries: 4 } }), 'TOO_LARGE');
    const zeros = { stream: bytesOf(gzipSync(Buffer.alloc(2_000_000))) };
    await rejects(
      openArchive(zeros, { folder: async () => world.folder, limits: { unpacked: 1_000_000 } }),
      'TOO_LARGE',
    );
  });

  it('a file that is not there, or a folder', async () => {
    await rejects(loadArchive({ path: world.path('nothing') }, world.next()), 'NOT_FOUND');
    await rejects(loadArchive({ path: world.folder }, world.next()), 'IO_FAILED');
  });
});
