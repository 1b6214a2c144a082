import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from './classify.ts';
import {
  DOCKER_CONFIG,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
  SCHEMA1_MANIFEST,
  SCHEMA1_SIGNED_MANIFEST,
} from './media-types.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const config = (mediaType: string): object => ({ mediaType, digest: DIGEST, size: 2 });
const image = (mediaType?: string, configType = OCI_CONFIG): object => ({
  schemaVersion: 2,
  mediaType,
  config: config(configType),
  layers: [],
});
const index = (mediaType?: string, entryType = OCI_MANIFEST): object => ({
  schemaVersion: 2,
  mediaType,
  manifests: [config(entryType)],
});
const schema1 = { schemaVersion: 1, name: 'a', tag: 'b', architecture: 'amd64', fsLayers: [], history: [] };
const signed = { ...schema1, signatures: [] };

const GENERIC = [
  undefined,
  '',
  ' ',
  'text/plain',
  'text/plain; charset=utf-8',
  'application/json',
  'application/json; charset=utf-8',
  'Application/JSON',
  'application/octet-stream',
  'binary/octet-stream',
  'text/html',
  'nonsense',
  ';',
];

const run = (document: unknown, contentType?: string): string =>
  classify(Buffer.from(JSON.stringify(document)), contentType);

test('a Content-Type that says nothing leaves the decision to the document', () => {
  const rows: readonly (readonly [object, string])[] = [
    [image(OCI_MANIFEST), OCI_MANIFEST],
    [image(DOCKER_MANIFEST, DOCKER_CONFIG), DOCKER_MANIFEST],
    [image(undefined), OCI_MANIFEST],
    [image(''), OCI_MANIFEST],
    [image(undefined, DOCKER_CONFIG), DOCKER_MANIFEST],
    [image(undefined, 'application/vnd.cncf.helm.config.v1+json'), OCI_MANIFEST],
    [index(OCI_INDEX), OCI_INDEX],
    [index(DOCKER_LIST, DOCKER_MANIFEST), DOCKER_LIST],
    [index(undefined), OCI_INDEX],
    [index(undefined, DOCKER_MANIFEST), DOCKER_LIST],
    [{ schemaVersion: 2, manifests: [] }, OCI_INDEX],
    [{ schemaVersion: 2, manifests: null }, OCI_INDEX],
    [schema1, SCHEMA1_MANIFEST],
    [signed, SCHEMA1_SIGNED_MANIFEST],
    [{ ...schema1, mediaType: SCHEMA1_MANIFEST }, SCHEMA1_MANIFEST],
  ];
  for (const contentType of GENERIC) {
    for (const [document, expected] of rows) assert.equal(run(document, contentType), expected);
  }
});

test('a Content-Type that says the same is taken, with parameters and in any case', () => {
  const rows: readonly (readonly [object, string])[] = [
    [image(OCI_MANIFEST), OCI_MANIFEST],
    [image(undefined), OCI_MANIFEST],
    [image(DOCKER_MANIFEST), DOCKER_MANIFEST],
    [index(OCI_INDEX), OCI_INDEX],
    [index(DOCKER_LIST), DOCKER_LIST],
    [signed, SCHEMA1_SIGNED_MANIFEST],
    [schema1, SCHEMA1_MANIFEST],
  ];
  for (const [document, type] of rows) {
    for (const written of [type, `${type}; charset=utf-8`, `${type};charset=utf-8`, type.toUpperCase(), ` ${type} `]) {
      assert.equal(run(document, written), type, written);
    }
  }
});

test('where the document does not name its type, the Content-Type may choose between those of its shape', () => {
  assert.equal(run(image(undefined), DOCKER_MANIFEST), DOCKER_MANIFEST);
  assert.equal(run(image(undefined, DOCKER_CONFIG), OCI_MANIFEST), OCI_MANIFEST);
  assert.equal(run(index(undefined), DOCKER_LIST), DOCKER_LIST);
  assert.equal(run(signed, SCHEMA1_MANIFEST), SCHEMA1_SIGNED_MANIFEST);
  assert.equal(run(schema1, SCHEMA1_SIGNED_MANIFEST), SCHEMA1_MANIFEST);
});

test('refuses contradictions', () => {
  const rows: readonly (readonly [what: string, document: unknown, contentType?: string])[] = [
    ['an index served as a manifest', index(OCI_INDEX), OCI_MANIFEST],
    ['an index served as a docker manifest', index(OCI_INDEX), DOCKER_MANIFEST],
    ['an unnamed index served as a manifest', index(undefined), OCI_MANIFEST],
    ['a manifest served as an index', image(OCI_MANIFEST), OCI_INDEX],
    ['an unnamed manifest served as a list', image(undefined), DOCKER_LIST],
    ['an OCI manifest served as docker', image(OCI_MANIFEST), DOCKER_MANIFEST],
    ['a docker manifest served as OCI', image(DOCKER_MANIFEST), OCI_MANIFEST],
    ['a docker list served as an OCI index', index(DOCKER_LIST), OCI_INDEX],
    ['a manifest served as schema1', image(OCI_MANIFEST), SCHEMA1_SIGNED_MANIFEST],
    ['an unnamed manifest served as schema1', image(undefined), SCHEMA1_MANIFEST],
    ['schema1 served as schema2', signed, DOCKER_MANIFEST],
    ['schema1 served as an index', schema1, OCI_INDEX],
    ['an index that names itself a manifest', index(OCI_MANIFEST)],
    ['a manifest that names itself an index', image(OCI_INDEX)],
    ['a manifest that names itself schema1', image(SCHEMA1_MANIFEST)],
    ['schema1 that names itself an index', { ...schema1, mediaType: OCI_INDEX }],
    ['layers and manifests', { ...image(OCI_MANIFEST), ...index(OCI_MANIFEST) }],
    ['layers and manifests, unnamed', { ...image(undefined), manifests: [] }],
    ['layers and null manifests', { ...image(undefined), manifests: null }],
    ['manifests and a config', { ...index(OCI_INDEX), config: config(OCI_CONFIG) }],
    ['manifests and layers', { ...index(OCI_INDEX), layers: [] }],
    ['layers and fsLayers', { ...image(OCI_MANIFEST), fsLayers: [] }],
    ['manifests and fsLayers', { ...schema1, manifests: [] }],
    ['nothing', {}],
    ['only a version', { schemaVersion: 2 }],
    ['only a version and a type', { schemaVersion: 2, mediaType: OCI_MANIFEST }],
    ["a registry's errors", { errors: [{ code: 'MANIFEST_UNKNOWN' }] }],
    ['a tag list', { name: 'a', tags: ['b'] }],
    ['no version', { ...image(OCI_MANIFEST), schemaVersion: undefined }],
    ['version 1 of a manifest', { ...image(OCI_MANIFEST), schemaVersion: 1 }],
    ['version 3', { ...image(OCI_MANIFEST), schemaVersion: 3 }],
    ['a version that is text', { ...image(OCI_MANIFEST), schemaVersion: '2' }],
    ['version 1 of an index', { ...index(OCI_INDEX), schemaVersion: 1 }],
    ['version 2 of schema1', { ...schema1, schemaVersion: 2 }],
    ['a media type that is no text', { ...image(undefined), mediaType: 5 }],
    ['Layers in another case', { ...index(OCI_INDEX), Layers: [] }],
    ['LAYERS beside layers', { ...image(OCI_MANIFEST), LAYERS: [] }],
    ['Manifests in another case', { ...image(OCI_MANIFEST), Manifests: [] }],
    ['layers with a long s', { ...index(OCI_INDEX), layerſ: [] }],
    ['MediaType beside mediaType', { ...image(OCI_MANIFEST), MediaType: OCI_INDEX }],
    ['null', null],
    ['an array', [image(OCI_MANIFEST)]],
    ['a string', 'manifest'],
    ['a number', 2],
  ];
  for (const [what, document, contentType] of rows) {
    assert.throws(() => run(document, contentType), { code: 'MANIFEST_INVALID' }, what);
  }
});

test('a media type of something else is not supported', () => {
  const other = 'application/vnd.oci.artifact.manifest.v1+json';
  assert.throws(() => run({ mediaType: other, blobs: [] }), {
    code: 'UNSUPPORTED',
    message: /oci\.artifact\.manifest/,
  });
  assert.throws(() => run(image(other), other), { code: 'UNSUPPORTED' });
  assert.throws(() => run(image(undefined), other), { code: 'UNSUPPORTED' });
  assert.throws(() => run(image(OCI_MANIFEST), other), { code: 'UNSUPPORTED' });
  assert.throws(() => run({ ...image(undefined), mediaType: 'text/plain' }), { code: 'UNSUPPORTED' });
});

test('an endless Content-Type is no trouble', () => {
  assert.equal(run(image(OCI_MANIFEST), `a/${'b'.repeat(1 << 20)}`), OCI_MANIFEST);
  assert.throws(() => run(image(OCI_MANIFEST), `application/vnd.${'\u001b[2J'.repeat(1 << 18)}`), {
    code: 'UNSUPPORTED',
    message: /^[ -~…]{1,300}$/,
  });
});
