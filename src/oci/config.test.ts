import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDrayError } from '#errors';
import { checkConfigMatches, hasLabel, labelsOf, parseConfig } from './config.ts';
import type { Manifest } from './manifest.ts';
import { OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST } from './media-types.ts';

const digest = (fill: string): `sha256:${string}` => `sha256:${fill.repeat(64)}`;
const bytes = (document: unknown): Uint8Array => Buffer.from(JSON.stringify(document));
const ROOTFS = { type: 'layers', diff_ids: [digest('a')] };

test('reads a config', () => {
  const runtime = { Env: ['PATH=/bin'], Cmd: ['sh'], Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} } };
  const document = {
    architecture: 'arm64',
    os: 'linux',
    variant: 'v8',
    'os.version': '1',
    'os.features': ['x'],
    author: 'me',
    created: '2024-01-02T03:04:05.678901234Z',
    config: runtime,
    container_config: { Cmd: ['x'] },
    rootfs: { type: 'layers', diff_ids: [digest('a'), `sha512:${'b'.repeat(128)}`] },
    history: [
      { created: '2024-01-02T03:04:05+02:00', created_by: 'ADD x', author: 'me', comment: 'c' },
      { created_by: 'ENV', empty_layer: true },
      {},
    ],
    unknown: null,
  };
  assert.deepEqual(parseConfig(bytes(document)), {
    os: 'linux',
    architecture: 'arm64',
    variant: 'v8',
    osVersion: '1',
    osFeatures: ['x'],
    created: '2024-01-02T03:04:05.678901234Z',
    author: 'me',
    rootfs: { diffIds: [digest('a'), `sha512:${'b'.repeat(128)}`] },
    history: [
      { created: '2024-01-02T03:04:05+02:00', createdBy: 'ADD x', author: 'me', comment: 'c', emptyLayer: false },
      { createdBy: 'ENV', emptyLayer: true },
      { emptyLayer: false },
    ],
    config: runtime,
  });
});

test('what writers leave out is no error', () => {
  const plain = { os: 'linux', architecture: 'amd64', rootfs: { diffIds: [] as string[] }, history: [] as object[] };
  const rows: readonly (readonly [object, object])[] = [
    [{ rootfs: {} }, plain],
    [{ rootfs: { type: 'layers', diff_ids: null }, history: null, config: null, created: null }, plain],
    [{ os: '', architecture: '', variant: '', author: '', rootfs: { type: 'layers', diff_ids: [] } }, plain],
    [{ rootfs: {}, created: 'yesterday' }, plain],
    [
      { rootfs: {}, created: '0001-01-01T00:00:00Z' },
      { ...plain, created: '0001-01-01T00:00:00Z' },
    ],
    [
      { rootfs: {}, created: '1970-01-01T00:00:01+00:00' },
      { ...plain, created: '1970-01-01T00:00:01+00:00' },
    ],
    [
      { os: 'windows', architecture: 's390x', rootfs: {} },
      { ...plain, os: 'windows', architecture: 's390x' },
    ],
  ];
  for (const [document, expected] of rows) assert.deepEqual(parseConfig(bytes(document)), expected);
});

test('refuses what is wrong', () => {
  const rows: readonly (readonly [unknown, RegExp, string?])[] = [
    [null, /null/],
    [[], /an array/],
    [{}, /rootfs is missing/],
    [{ rootfs: null }, /rootfs is null/],
    [{ rootfs: [] }, /rootfs is an array/],
    [{ rootfs: { type: 'base' } }, /rootfs\.type is the string "base"/],
    [{ rootfs: { diff_ids: {} } }, /diff_ids is an object/],
    [{ rootfs: { diff_ids: [null] } }, /diff_ids\[0\] is null/],
    [{ rootfs: { diff_ids: ['sha256:../../x'] } }, /diff_ids\[0\] is the string/],
    [{ rootfs: { diff_ids: [`${digest('a')}\n`] } }, /not a digest/],
    [{ rootfs: { diff_ids: [`md5:${'a'.repeat(32)}`] } }, /unsupported digest algorithm/, 'UNSUPPORTED'],
    [{ rootfs: { diff_ids: Array(10_001).fill(digest('a')) } }, /diff_ids has 10001 entries/],
    [{ rootfs: ROOTFS, Rootfs: ROOTFS }, /"Rootfs" is ambiguous/],
    [{ rootfs: { ...ROOTFS, DIFF_IDS: [] } }, /"DIFF_IDS" is ambiguous/],
    [{ rootfs: ROOTFS, os: 5 }, /os is 5/],
    [{ rootfs: ROOTFS, architecture: {} }, /architecture is an object/],
    [{ rootfs: ROOTFS, os: '../../x' }, /os is the string "\.\.\/\.\.\/x", not part of a platform/],
    [{ rootfs: ROOTFS, architecture: '..' }, /architecture is the string/],
    [{ rootfs: ROOTFS, variant: 'a/b' }, /variant is the string/],
    [{ rootfs: ROOTFS, os: 'linux\u001b[2J' }, /os is the string "linux \[2J"/],
    [{ rootfs: ROOTFS, os: 'x'.repeat(65) }, /os is the string/],
    [{ rootfs: ROOTFS, created: 5 }, /created is 5/],
    [{ rootfs: ROOTFS, history: {} }, /history is an object/],
    [{ rootfs: ROOTFS, history: [null] }, /history\[0\] is null/],
    [{ rootfs: ROOTFS, history: [{ empty_layer: 'yes' }] }, /history\[0\]\.empty_layer is the string/],
    [{ rootfs: ROOTFS, history: [{ created_by: [] }] }, /created_by is an array/],
    [{ rootfs: ROOTFS, config: 'x' }, /config is the string/],
    [{ rootfs: ROOTFS, config: [] }, /config is an array/],
  ];
  for (const [document, message, code = 'MANIFEST_INVALID'] of rows) {
    assert.throws(() => parseConfig(bytes(document)), { code, message }, JSON.stringify(document).slice(0, 100));
  }
  assert.throws(() => parseConfig(Buffer.from('{"rootfs":{},"rootfs":{}}')), {
    code: 'MANIFEST_INVALID',
    message: /twice/,
  });
});

test('as many diff_ids as layers', () => {
  const layer = { mediaType: OCI_LAYER_GZIP, digest: digest('1'), size: 1 };
  const of = (count: number): Manifest => ({
    mediaType: OCI_MANIFEST,
    config: { ...layer, mediaType: OCI_CONFIG },
    layers: Array(count).fill(layer),
  });
  const config = parseConfig(bytes({ rootfs: { diff_ids: [digest('a'), digest('b')] } }));
  checkConfigMatches(of(2), config);
  for (const count of [0, 1, 3]) {
    assert.throws(() => checkConfigMatches(of(count), config, 'alpine'), {
      code: 'MANIFEST_INVALID',
      message: `cannot read alpine: its manifest has ${count} layers, but its config 2 diff_ids`,
    });
  }
});

test('labels are text or left out', () => {
  const of = (config: unknown): unknown => labelsOf(parseConfig(bytes({ rootfs: {}, config })));
  assert.deepEqual(of({ Labels: { a: 'b', n: 1, o: {}, z: null } }), { a: 'b' });
  for (const config of [undefined, null, {}, { Labels: null }, { Labels: [] }, { Labels: 'x' }])
    assert.deepEqual(of(config), {});
});

test('whatever a config holds, it is read or refused with an error of ours', () => {
  const member = fc.constantFrom(
    'os',
    'architecture',
    'created',
    'rootfs',
    'history',
    'config',
    'variant',
    'os.features',
    'x',
  );
  fc.assert(
    fc.property(fc.dictionary(member, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }), (change) => {
      try {
        labelsOf(parseConfig(bytes({ rootfs: ROOTFS, ...change })));
      } catch (error) {
        assert.ok(isDrayError(error) && error.code !== 'BUG', String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test('labels are asked for by key, or with their value', () => {
  const labels = { version: '0.1', empty: '', 'a=b': 'c' };
  for (const wanted of ['version', 'version=0.1', 'empty', 'empty='])
    assert.equal(hasLabel(labels, wanted), true, wanted);
  for (const wanted of ['version=0.2', 'version=', 'other', 'toString', '', '=0.1', 'a=b=c']) {
    assert.equal(hasLabel(labels, wanted), false, wanted);
  }
});
