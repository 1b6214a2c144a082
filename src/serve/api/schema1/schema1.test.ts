import assert from 'node:assert/strict';
import { createHash, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { type Digest, digestOf, parseSchema1, schema1Payload } from '#oci';
import { EMPTY_LAYER } from '../empty-layer.ts';
import { buildSchema1 } from './build-schema1.ts';
import { goTime } from './go-time.ts';
import { signSchema1 } from './sign-schema1.ts';

const LAYERS: readonly Digest[] = [digestOf('a'), digestOf('b')];
const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const hexOf = (digest: Digest | undefined): string => digest?.slice(7) ?? '';

function configOf(history: readonly object[], layers: readonly Digest[] = LAYERS): Buffer {
  return Buffer.from(
    `{"os":"linux","rootfs":{"type":"layers","diff_ids":${JSON.stringify(layers)}},"architecture":"arm64","n":1.50,` +
      `"history":${JSON.stringify(history)},"config":{"Cmd":["a\\u0026\\/b"],"Env":["<&>"]}}`,
  );
}

const STEP = { created: '2026-01-02T03:04:05.600Z', created_by: 'a && b', author: 'me', comment: 'so' };

test('the ids are made of the blobs and of each other; the config keeps its words', () => {
  const config = configOf([STEP, { ...STEP, empty_layer: true }, {}]);
  const text = buildSchema1({ name: 'lay/out', tag: '1', layers: LAYERS, config }) ?? assert.fail();
  const document = JSON.parse(text) as Record<string, unknown> & { history: { v1Compatibility: string }[] };
  assert.deepEqual(Object.keys(document), ['schemaVersion', 'name', 'tag', 'architecture', 'fsLayers', 'history']);
  assert.deepEqual([document['name'], document['tag'], document['architecture']], ['lay/out', '1', 'arm64']);
  assert.deepEqual(
    document['fsLayers'],
    [LAYERS[1], EMPTY_LAYER, LAYERS[0]].map((blobSum) => ({ blobSum })),
  );
  const first = hex(`${hexOf(LAYERS[0])} `);
  const second = hex(`${hexOf(EMPTY_LAYER)} ${first}`);
  const third = hex(`${hexOf(LAYERS[1])} ${second} ${config.toString()}`);
  const step =
    '"comment":"so","created":"2026-01-02T03:04:05.6Z","container_config":{"Cmd":["a \\u0026\\u0026 b"]},"author":"me"';
  assert.deepEqual(
    document.history.map(({ v1Compatibility }) => v1Compatibility),
    [
      `{"architecture":"arm64","config":{"Cmd":["a\\u0026\\/b"],"Env":["\\u003c\\u0026\\u003e"]},"id":"${third}","n":1.50,"os":"linux","parent":"${second}"}`,
      `{"id":"${second}","parent":"${first}",${step},"throwaway":true}`,
      `{"id":"${first}",${step}}`,
    ],
  );
  assert.equal(parseSchema1(Buffer.from(text)).steps.length, 3);
});

test('what no schema1 can be made of', () => {
  const build = (history: readonly object[], layers: readonly Digest[] = LAYERS): string | undefined =>
    buildSchema1({ name: 'a', tag: 'b', layers, config: configOf(history) });
  assert.equal(build([]), undefined);
  assert.equal(build([STEP, STEP, STEP]), undefined);
  assert.equal(build([STEP, STEP], LAYERS.slice(1)), undefined);
  assert.equal(build(Array.from({ length: 10_001 }, () => ({ empty_layer: true }))), undefined);
  assert.throws(
    () => buildSchema1({ name: 'a', tag: 'b', layers: [], config: Buffer.from('[]') }),
    /MANIFEST_INVALID|array/,
  );
});

test('times are written as Go writes them', () => {
  for (const [created, expected] of [
    [undefined, '0001-01-01T00:00:00Z'],
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05.1200Z', '2026-01-02T03:04:05.12Z'],
    ['2026-01-02T03:04:05.123456789123Z', '2026-01-02T03:04:05.123456789Z'],
    ['2026-01-02T03:04:05.5+00:00', '2026-01-02T03:04:05.5Z'],
    ['2026-01-02T03:04:05-07:00', '2026-01-02T03:04:05-07:00'],
  ] as const) {
    assert.equal(goTime(created), expected);
  }
});

interface Signature {
  readonly header: { readonly alg: string; readonly jwk: Record<string, string> };
}

test('a signature can be read back, however the content is laid out', () => {
  const config = configOf([STEP, STEP]);
  const text = buildSchema1({ name: 'a', tag: 'b', layers: LAYERS, config }) ?? assert.fail();
  const document: unknown = JSON.parse(text);
  for (const payload of [
    text,
    `${text}\n`,
    JSON.stringify(document),
    JSON.stringify(document, null, '\t'),
    `${text.slice(0, -1)} \n }`,
  ]) {
    const signed = signSchema1(Buffer.from(payload));
    assert.equal(Buffer.from(schema1Payload(signed)).toString(), payload);
    const { signatures } = JSON.parse(Buffer.from(signed).toString()) as { readonly signatures: readonly Signature[] };
    const [signature] = signatures;
    assert.ok(signatures.length === 1 && signature !== undefined);
    const { alg, jwk } = signature.header;
    assert.deepEqual([alg, Object.keys(jwk)], ['ES256', ['crv', 'kid', 'kty', 'x', 'y']]);
    assert.match(jwk['kid'] ?? '', /^(?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
    assert.equal(createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails?.namedCurve, 'prime256v1');
  }
});
