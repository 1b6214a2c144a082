import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDrayError } from '#errors';
import { children } from './graph.ts';
import { type ImageIndex, parseIndex } from './image-index.ts';
import { isArtifact, type Manifest, parseManifest } from './manifest.ts';
import {
  DOCKER_CONFIG,
  DOCKER_FOREIGN_LAYER_GZIP,
  DOCKER_LAYER_GZIP,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  DOCKER_PLUGIN_CONFIG,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
  SCHEMA1_MANIFEST,
} from './media-types.ts';

const digest = (fill: string): string => `sha256:${fill.repeat(64)}`;
const CONFIG = { mediaType: OCI_CONFIG, digest: digest('c'), size: 702 };
const LAYER = { mediaType: OCI_LAYER_GZIP, digest: digest('1'), size: 32_654 };
const IMAGE = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: CONFIG, layers: [LAYER] };
const ENTRY = { mediaType: OCI_MANIFEST, digest: digest('e'), size: 7143 };
const INDEX = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [ENTRY] };

const bytes = (document: unknown): Uint8Array => Buffer.from(JSON.stringify(document));
const manifest = (document: unknown, mediaType = OCI_MANIFEST): Manifest => parseManifest(bytes(document), mediaType);
const index = (document: unknown, mediaType = OCI_INDEX): ImageIndex => parseIndex(bytes(document), mediaType);

test('reads a manifest', () => {
  const annotations = { 'org.opencontainers.image.version': '1', __x: 'y' };
  const subject = { mediaType: OCI_MANIFEST, digest: `sha512:${'5'.repeat(128)}`, size: 1 };
  const foreign = { ...LAYER, digest: digest('2'), size: 0, urls: ['https://x.example/a'], annotations };
  assert.deepEqual(manifest({ ...IMAGE, layers: [LAYER, foreign, LAYER], annotations, subject, artifactType: 'a/b' }), {
    mediaType: OCI_MANIFEST,
    config: CONFIG,
    layers: [LAYER, foreign, LAYER],
    annotations,
    subject,
    artifactType: 'a/b',
  });
  assert.deepEqual(manifest({ ...IMAGE, layers: [], unknown: { deep: [1] } }).layers, []);
  assert.equal(manifest({ ...IMAGE, layers: [{ ...LAYER, size: 2 ** 53 - 1 }] }).layers[0]?.size, 2 ** 53 - 1);
});

test('members that may be left out may be null', () => {
  const layer = { ...LAYER, urls: null, annotations: null, platform: null, artifactType: null };
  const document = { ...IMAGE, layers: [layer], annotations: null, subject: null, artifactType: '' };
  assert.deepEqual(manifest(document), { mediaType: OCI_MANIFEST, config: CONFIG, layers: [LAYER] });
});

test("docker's descriptors may leave their media type out", () => {
  const { mediaType: _c, ...config } = CONFIG;
  const { mediaType: _l, ...layer } = LAYER;
  const read = manifest({ ...IMAGE, mediaType: DOCKER_MANIFEST, config, layers: [layer] }, DOCKER_MANIFEST);
  assert.equal(read.config.mediaType, DOCKER_CONFIG);
  assert.equal(read.layers[0]?.mediaType, DOCKER_LAYER_GZIP);
  assert.throws(() => manifest({ ...IMAGE, config }), {
    code: 'MANIFEST_INVALID',
    message: /config\.mediaType is missing/,
  });
  assert.throws(() => manifest({ ...IMAGE, layers: [layer] }), { message: /layers\[0\]\.mediaType is missing/ });
});

test('reads an index', () => {
  const platform = {
    os: 'windows',
    architecture: 'amd64',
    'os.version': '10.0.1',
    'os.features': ['win32k'],
    variant: 'v2',
  };
  const manifests = [
    { ...ENTRY, platform },
    { ...ENTRY, digest: digest('f'), platform: {} },
    { ...ENTRY, digest: digest('d'), platform: { os: 'linux', architecture: '', variant: 'v8' } },
    { ...ENTRY, digest: digest('7'), platform: { os: 'linux', architecture: '../../x' } },
    { ...ENTRY, digest: digest('8'), platform: { os: 'li\u001bnux', architecture: 'amd64' } },
    { ...ENTRY, digest: digest('9'), platform: { os: 'linux', architecture: 'arm', variant: 'v 7' } },
    { ...ENTRY, digest: digest('b'), mediaType: OCI_INDEX },
  ];
  assert.deepEqual(index({ ...INDEX, manifests, annotations: { a: 'b' } }), {
    mediaType: OCI_INDEX,
    manifests: [
      {
        ...ENTRY,
        platform: { os: 'windows', architecture: 'amd64', variant: 'v2', osVersion: '10.0.1', osFeatures: ['win32k'] },
      },
      { ...ENTRY, digest: digest('f') },
      { ...ENTRY, digest: digest('d') },
      { ...ENTRY, digest: digest('7') },
      { ...ENTRY, digest: digest('8') },
      { ...ENTRY, digest: digest('9') },
      { ...ENTRY, digest: digest('b'), mediaType: OCI_INDEX },
    ],
    annotations: { a: 'b' },
  });
  assert.deepEqual(index({ ...INDEX, manifests: [] }).manifests, []);
  assert.equal(index({ ...INDEX, mediaType: DOCKER_LIST }, DOCKER_LIST).mediaType, DOCKER_LIST);
});

test('refuses descriptors that are wrong, in a manifest and in an index', () => {
  const rows: readonly (readonly [change: unknown, message: RegExp, code?: string])[] = [
    [null, /is null, not an object/],
    [[], /is an array, not an object/],
    ['sha256:abc', /is the string/],
    [7, /is 7, not an object/],
    [{ size: -1 }, /size is -1/],
    [{ size: 1.5 }, /size is 1\.5/],
    [{ size: 2 ** 53 }, /size is 9007199254740992/],
    [{ size: 1e300 }, /size is 1e\+300/],
    [{ size: '702' }, /size is the string/],
    [{ size: null }, /size is null/],
    [{ size: undefined }, /size is missing/],
    [{ size: [1] }, /size is an array/],
    [{ digest: undefined }, /digest is missing/],
    [{ digest: null }, /digest is null/],
    [{ digest: 5 }, /digest is 5/],
    [{ digest: '' }, /digest is the string ""/],
    [{ digest: 'a'.repeat(64) }, /not a digest/],
    [{ digest: digest('A') }, /not a digest/],
    [{ digest: `${digest('a')}\r\nX-Evil: 1` }, /not a digest/],
    [{ digest: digest('a').slice(0, -1) }, /not a digest/],
    [{ digest: 'sha256:../../../../../etc/passwd' }, /not a digest/],
    [{ digest: '../../../../../etc/passwd' }, /not a digest/],
    [{ digest: `sha256:${'../'.repeat(21)}x` }, /not a digest/],
    [{ digest: `sha256:${'%2e'.repeat(21)}x` }, /not a digest/],
    [{ digest: `md5:${'a'.repeat(32)}` }, /unsupported digest algorithm/, 'UNSUPPORTED'],
    [{ digest: `sha384:${'a'.repeat(96)}` }, /unsupported digest algorithm/, 'UNSUPPORTED'],
    [{ mediaType: 5 }, /mediaType is 5/],
    [{ mediaType: 'a\r\nb' }, /not a media type/],
    [{ mediaType: ' ' }, /not a media type/],
    [{ mediaType: 'a'.repeat(300) }, /not a media type/],
    [{ mediaType: 'é/x' }, /not a media type/],
    [{ annotations: [] }, /annotations is an array/],
    [{ annotations: { a: 1 } }, /annotations\.a is 1/],
    [{ annotations: { a: null } }, /annotations\.a is null/],
    [{ urls: 'https://x' }, /urls is the string/],
    [{ urls: [1] }, /urls\[0\] is 1/],
    [{ urls: Array(1001).fill('x') }, /urls has 1001 entries/],
    [{ platform: 'linux' }, /platform is the string/],
    [{ platform: { os: 1, architecture: 'amd64' } }, /platform\.os is 1/],
    [{ platform: { os: 'linux', architecture: 'amd64', 'os.features': 'x' } }, /os\.features is the string/],
    [{ platform: { OS: 'linux', architecture: 'amd64' } }, /"OS" is ambiguous/],
    [{ Size: 1 }, /"Size" is ambiguous/],
    [{ DIGEST: digest('a') }, /"DIGEST" is ambiguous/],
    [{ artifactType: {} }, /artifactType is an object/],
  ];
  const changed = (base: object, change: unknown): unknown =>
    typeof change === 'object' && change !== null && !Array.isArray(change) ? { ...base, ...change } : change;
  for (const [change, message, code = 'MANIFEST_INVALID'] of rows) {
    const shown = JSON.stringify(change);
    assert.throws(() => manifest({ ...IMAGE, config: changed(CONFIG, change) }), { code, message }, shown);
    assert.throws(() => manifest({ ...IMAGE, layers: [changed(LAYER, change)] }), { code, message }, shown);
    assert.throws(() => index({ ...INDEX, manifests: [changed(ENTRY, change)] }), { code, message }, shown);
    if (change !== null) {
      assert.throws(() => manifest({ ...IMAGE, subject: changed(ENTRY, change) }), { code, message }, shown);
    }
  }
});

test('refuses documents that are wrong', () => {
  const same = { ...LAYER, size: 1 };
  const rows: readonly (readonly [document: unknown, message: RegExp])[] = [
    [null, /is null, not an object/],
    [[], /an array/],
    [{ ...IMAGE, layers: {} }, /layers is an object, not an array/],
    [{ ...IMAGE, layers: null }, /layers is null/],
    [{ ...IMAGE, layers: 'x' }, /layers is the string/],
    [{ ...IMAGE, layers: undefined }, /layers is missing/],
    [{ ...IMAGE, layers: [null] }, /layers\[0\] is null/],
    [{ ...IMAGE, layers: [LAYER, [LAYER]] }, /layers\[1\] is an array/],
    [{ ...IMAGE, layers: Array(10_001).fill(LAYER) }, /layers has 10001 entries; at most 10000/],
    [{ ...IMAGE, layers: [LAYER, same] }, /layers\[1\]\.size is 1, not 32654, which the same digest has before/],
    [{ ...IMAGE, config: undefined }, /config is missing/],
    [{ ...IMAGE, annotations: 'x' }, /annotations is the string/],
    [{ ...IMAGE, subject: 'x' }, /subject is the string/],
    [{ ...IMAGE, Subject: ENTRY }, /"Subject" is ambiguous/],
    [{ ...IMAGE, manifests: [ENTRY] }, /ambiguous/],
    [{ ...IMAGE, fsLayers: [] }, /ambiguous/],
    [{ ...IMAGE, schemaVersion: 1 }, /schemaVersion is 1/],
  ];
  for (const [document, message] of rows) {
    assert.throws(
      () => manifest(document),
      { code: 'MANIFEST_INVALID', message },
      JSON.stringify(document).slice(0, 80),
    );
  }
  for (const manifests of [null, {}, 'x', [null], [[]], Array(10_001).fill(ENTRY), [ENTRY, { ...ENTRY, size: 1 }]]) {
    assert.throws(() => index({ ...INDEX, manifests }), { code: 'MANIFEST_INVALID' });
  }
});

test('a document of another kind is not taken for the one that was asked for', () => {
  assert.throws(() => manifest(INDEX), { code: 'MANIFEST_INVALID' });
  assert.throws(() => manifest(INDEX, OCI_INDEX), { code: 'UNSUPPORTED' });
  assert.throws(() => index(IMAGE), { code: 'MANIFEST_INVALID' });
  assert.throws(() => index(IMAGE, OCI_MANIFEST), { code: 'UNSUPPORTED' });
  assert.throws(() => manifest(IMAGE, DOCKER_MANIFEST), { code: 'MANIFEST_INVALID' });
  assert.throws(() => manifest(IMAGE, SCHEMA1_MANIFEST), { code: 'MANIFEST_INVALID' });
  assert.throws(() => manifest(IMAGE, 'application/vnd.example+json'), { code: 'UNSUPPORTED' });
});

test('the error names the document', () => {
  assert.throws(() => parseManifest(bytes([]), OCI_MANIFEST, 'the manifest of alpine:3.20'), {
    message: 'cannot read the manifest of alpine:3.20: it is an array, not an object',
  });
});

test('tells artifacts from images', () => {
  const of = (change: object, mediaType = OCI_MANIFEST): boolean =>
    isArtifact(manifest({ ...IMAGE, mediaType, ...change }, mediaType));
  const layer = (mediaType: string): object => ({ layers: [{ ...LAYER, mediaType }] });
  const config = (mediaType: string): object => ({ config: { ...CONFIG, mediaType } });
  const images: readonly [object, string?][] = [
    [{}],
    [{ layers: [] }],
    [layer(OCI_LAYER_ZSTD)],
    [config(DOCKER_CONFIG), DOCKER_MANIFEST],
    [{ ...layer(DOCKER_FOREIGN_LAYER_GZIP), ...config(DOCKER_CONFIG) }, DOCKER_MANIFEST],
    [config('application/octet-stream'), DOCKER_MANIFEST],
    [{ layers: [LAYER, { ...LAYER, mediaType: 'application/x-odd' }] }],
  ];
  const artifacts: readonly [object, string?][] = [
    [config(OCI_EMPTY)],
    [config('application/vnd.cncf.helm.config.v1+json')],
    [config(DOCKER_PLUGIN_CONFIG), DOCKER_MANIFEST],
    [config('application/octet-stream')],
    [{ artifactType: 'application/vnd.example' }],
    [layer('application/vnd.dev.cosign.simplesigning.v1+json')],
    [layer('application/vnd.in-toto+json')],
  ];
  for (const [change, type] of images) assert.equal(of(change, type), false, JSON.stringify(change));
  for (const [change, type] of artifacts) assert.equal(of(change, type), true, JSON.stringify(change));
});

test('what a document needs', () => {
  const read = manifest({ ...IMAGE, subject: ENTRY });
  assert.deepEqual(children(read), [CONFIG, LAYER]);
  assert.deepEqual(children(index(INDEX)), [ENTRY]);
});

test('ten thousand layers take little time', () => {
  const layers = Array.from({ length: 10_000 }, (_, at) => ({
    ...LAYER,
    digest: `sha256:${at.toString(16).padStart(64, '0')}`,
  }));
  const start = process.cpuUsage();
  assert.equal(manifest({ ...IMAGE, layers }).layers.length, 10_000);
  assert.ok(process.cpuUsage(start).user < 5_000_000);
});

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    [],
    {},
    -1,
    1.5,
    2 ** 53,
    '',
    digest('a'),
    'sha256:../x',
    OCI_MANIFEST,
    OCI_INDEX,
    [null],
    [{}],
    [LAYER],
    ENTRY,
  ),
);
const member = fc.constantFrom(
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'manifests',
  'fsLayers',
  'annotations',
  'subject',
  'Layers',
  'x',
);

test('whatever a document holds, it is read or refused with an error of ours', () => {
  const document = fc.tuple(fc.constantFrom<object>(IMAGE, INDEX, {}), fc.dictionary(member, odd, { maxKeys: 3 }));
  const mediaType = fc.constantFrom(OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST, '', 'text/plain');
  fc.assert(
    fc.property(document, mediaType, ([base, change], type) => {
      for (const parse of [parseManifest, parseIndex]) ownError(() => parse(bytes({ ...base, ...change }), type));
    }),
    { numRuns: 3000 },
  );
  fc.assert(fc.property(fc.uint8Array(), (value) => ownError(() => parseManifest(value, OCI_MANIFEST))));
});

test('a document with one byte changed is read or refused with an error of ours', () => {
  const original = bytes({ ...IMAGE, annotations: { a: 'b' } });
  fc.assert(
    fc.property(fc.nat(original.length - 1), fc.nat(255), (at, value) => {
      const changed = Uint8Array.from(original);
      changed[at] = value;
      ownError(() => parseManifest(changed, OCI_MANIFEST));
    }),
    { numRuns: 3000 },
  );
});

function ownError(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    assert.ok(isDrayError(error) && (error.code === 'MANIFEST_INVALID' || error.code === 'UNSUPPORTED'), String(error));
  }
}
