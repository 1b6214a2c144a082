import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as types from './media-types.ts';

const all = Object.entries(types).flatMap(([name, value]) =>
  typeof value === 'string' ? [[name, value] as const] : [],
);
const where = (predicate: (type: string) => boolean): string[] =>
  all.filter(([, type]) => predicate(type)).map(([name]) => name);

test('every type is one of its kind', () => {
  assert.equal(new Set(all.map(([, type]) => type)).size, all.length);
  assert.deepEqual(where(types.isIndexType), ['DOCKER_LIST', 'OCI_INDEX']);
  assert.deepEqual(where(types.isManifestType), ['DOCKER_MANIFEST', 'OCI_MANIFEST']);
  assert.deepEqual(where(types.isSchema1Type), ['SCHEMA1_MANIFEST', 'SCHEMA1_SIGNED_MANIFEST']);
  assert.deepEqual(where(types.isImageConfigType), ['DOCKER_CONFIG', 'OCI_CONFIG']);
  assert.deepEqual(
    where(types.isLayerType),
    all.map(([name]) => name).filter((name) => name.includes('LAYER')),
  );
  assert.deepEqual(
    where(types.isForeignLayerType),
    all.map(([name]) => name).filter((name) => name.includes('FOREIGN')),
  );
  assert.deepEqual(
    where(types.isDocumentType).sort(),
    [...where(types.isIndexType), ...where(types.isManifestType), ...where(types.isSchema1Type)].sort(),
  );
});

test('a type is known by its exact name alone', () => {
  for (const type of [
    '',
    'application/json',
    types.OCI_INDEX.toUpperCase(),
    `${types.OCI_INDEX}; charset=utf-8`,
    'constructor',
  ]) {
    assert.deepEqual(
      [types.isDocumentType, types.isIndexType, types.isManifestType, types.isLayerType, types.isForeignLayerType].map(
        (is) => is(type),
      ),
      [false, false, false, false, false],
    );
  }
});

test('every document is asked for, schema1 last, and nothing needs quoting in a header', () => {
  assert.equal(types.MANIFEST_ACCEPT.length, 6);
  assert.deepEqual(types.MANIFEST_ACCEPT.slice(-2), [types.SCHEMA1_SIGNED_MANIFEST, types.SCHEMA1_MANIFEST]);
  for (const type of types.MANIFEST_ACCEPT) assert.match(type, /^[a-z0-9.+/-]+$/);
});
