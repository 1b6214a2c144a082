import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDrayError } from '#errors';
import { parseConfig } from './config.ts';
import { digestOf } from './digest.ts';
import { parseManifest } from './manifest.ts';
import { DOCKER_LAYER, DOCKER_LAYER_GZIP, DOCKER_LAYER_ZSTD } from './media-types.ts';
import { parseSchema1, schema1Layers } from './schema1.ts';
import { convertSchema1 } from './schema1-convert.ts';
import { schema1Payload } from './schema1-signature.ts';

/** What docker-registry 2.8.3 made of a schema2 image of two layers with an ENV between them, and signed. */
const SIGNED = Buffer.from(String.raw`{
   "schemaVersion": 1,
   "name": "app",
   "tag": "v1",
   "architecture": "amd64",
   "fsLayers": [
      {
         "blobSum": "sha256:0450e22abd66ef28ab0409c3b647f92a957fa1afbe71750f9c97bc4b78812daa"
      },
      {
         "blobSum": "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"
      },
      {
         "blobSum": "sha256:8f118085247f0248b0872dabc898621430c3b04aeec7b16d776e6fe105e365bd"
      }
   ],
   "history": [
      {
         "v1Compatibility": "{\"architecture\":\"amd64\",\"author\":\"Zoë \\u003cz@example.com\\u003e\",\"config\":{\"Env\":[\"PATH=/bin\"],\"Cmd\":[\"/one\"],\"Labels\":{\"a\":\"x \\u0026 y\"},\"ExposedPorts\":{\"8080/tcp\":{}}},\"created\":\"2024-05-06T07:08:09.123456789Z\",\"docker_version\":\"24.0.7\",\"id\":\"7ef666edddb6502590ea5d1e01c3a946558e56a7f2a82b762df3a4dafe40ba08\",\"os\":\"linux\",\"parent\":\"2461a3d76372e4f118b10aa405aae9c3db866be53a8f2c42941e56489db7aefa\"}"
      },
      {
         "v1Compatibility": "{\"id\":\"2461a3d76372e4f118b10aa405aae9c3db866be53a8f2c42941e56489db7aefa\",\"parent\":\"22058ffd58c1ec6ffed36ae75242c0613784570d5c02afef6b110958c890da1f\",\"created\":\"2024-05-06T07:08:08Z\",\"container_config\":{\"Cmd\":[\"ENV PATH=/bin\"]},\"throwaway\":true}"
      },
      {
         "v1Compatibility": "{\"id\":\"22058ffd58c1ec6ffed36ae75242c0613784570d5c02afef6b110958c890da1f\",\"created\":\"2024-05-06T07:08:07Z\",\"container_config\":{\"Cmd\":[\"ADD one /\"]}}"
      }
   ],
   "signatures": [
      {
         "header": {
            "jwk": {
               "crv": "P-256",
               "kid": "6CF4:TUID:2T6I:3B7Z:FVRK:2NCL:QLHL:GCBR:PRF4:YG7G:GNGK:O56Y",
               "kty": "EC",
               "x": "XuWJcUQRydCbpRgrQjozA1R-7w2c4OszIXGn-vzBqP4",
               "y": "7vSja9satt_RHOXC3oKCN3DRkLgMPN1RPf4BYtm3Xms"
            },
            "alg": "ES256"
         },
         "signature": "yu2zLGPS2iA22mCWKZk8ZWU1_qaHIj8INXqEMTml1_UMRMz_EfT7gxng2JUPB3OxrSZf4GZTKD3Usca3_gUeIA",
         "protected": "eyJmb3JtYXRMZW5ndGgiOjE0ODIsImZvcm1hdFRhaWwiOiJDbjAiLCJ0aW1lIjoiMjAyNi0xMS0yMVQwOTo0NzowOVoifQ"
      }
   ]
}`);
/** The Docker-Content-Digest that the registry gave with it. */
const SIGNED_DIGEST = 'sha256:090ecf76ec34048224c10073d7eb216143ee3736f05526b7af4f49a7e13986d9';
const BASE_BLOB = 'sha256:8f118085247f0248b0872dabc898621430c3b04aeec7b16d776e6fe105e365bd';
const EMPTY_BLOB = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';
const TOP_BLOB = 'sha256:0450e22abd66ef28ab0409c3b647f92a957fa1afbe71750f9c97bc4b78812daa';

const id = (fill: string): string => fill.repeat(64);
const digest = (fill: string): `sha256:${string}` => `sha256:${id(fill)}`;

/** An unsigned manifest of images, newest first, each with its blob. */
function manifestOf(images: readonly object[], change: object = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 1,
      name: 'app',
      tag: 'v1',
      architecture: 'amd64',
      fsLayers: images.map((_, index) => ({ blobSum: digest(String(index)) })),
      history: images.map((image) => ({ v1Compatibility: JSON.stringify(image) })),
      ...change,
    }),
  );
}
const CHAIN = [{ id: id('c'), parent: id('b') }, { id: id('b'), parent: id('a'), throwaway: true }, { id: id('a') }];

test("a registry's signed manifest: its digest is of what stands before the signatures", () => {
  const payload = schema1Payload(SIGNED);
  assert.equal(digestOf(payload), SIGNED_DIGEST);
  assert.notEqual(digestOf(SIGNED), SIGNED_DIGEST);
  assert.equal(Object.hasOwn(JSON.parse(Buffer.from(payload).toString()) as object, 'signatures'), false);
});

test("a registry's signed manifest is read, oldest layer first", () => {
  const parsed = parseSchema1(SIGNED);
  assert.deepEqual([parsed.name, parsed.tag, parsed.architecture], ['app', 'v1', 'amd64']);
  assert.deepEqual(schema1Layers(parsed), [
    { digest: BASE_BLOB, empty: false },
    { digest: EMPTY_BLOB, empty: true },
    { digest: TOP_BLOB, empty: false },
  ]);
});

test('an unsigned manifest is its own payload', () => {
  const bytes = manifestOf(CHAIN);
  assert.equal(schema1Payload(bytes), bytes);
  assert.equal(parseSchema1(bytes).steps.length, 3);
});

test('the conversion gives the image that was, as docker gave it', () => {
  const layers = [
    { digest: BASE_BLOB, size: 105, diffId: digest('1') },
    { digest: TOP_BLOB, size: 106, diffId: digest('2') },
  ] as const;
  const { config, manifest } = convertSchema1(parseSchema1(SIGNED), layers);
  assert.equal(
    Buffer.from(config.bytes).toString(),
    '{"architecture":"amd64","author":"Zoë \\u003cz@example.com\\u003e",' +
      '"config":{"Env":["PATH=/bin"],"Cmd":["/one"],"Labels":{"a":"x \\u0026 y"},"ExposedPorts":{"8080/tcp":{}}},' +
      '"created":"2024-05-06T07:08:09.123456789Z","docker_version":"24.0.7","history":[' +
      '{"created":"2024-05-06T07:08:07Z","created_by":"ADD one /"},' +
      '{"created":"2024-05-06T07:08:08Z","created_by":"ENV PATH=/bin","empty_layer":true},' +
      '{"created":"2024-05-06T07:08:09.123456789Z","author":"Zoë \\u003cz@example.com\\u003e"}],' +
      `"os":"linux","rootfs":{"type":"layers","diff_ids":["${digest('1')}","${digest('2')}"]}}`,
  );
  assert.equal(
    Buffer.from(manifest.bytes).toString(),
    `{
   "schemaVersion": 2,
   "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
   "config": {
      "mediaType": "application/vnd.docker.container.image.v1+json",
      "size": ${config.bytes.length},
      "digest": "${digestOf(config.bytes)}"
   },
   "layers": [
      {
         "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
         "size": 105,
         "digest": "${BASE_BLOB}"
      },
      {
         "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
         "size": 106,
         "digest": "${TOP_BLOB}"
      }
   ]
}`,
  );
  for (const { bytes, descriptor } of [config, manifest]) {
    assert.deepEqual([descriptor.digest, descriptor.size], [digestOf(bytes), bytes.length]);
  }
});

test('what is converted can be read, and is the same each time', () => {
  const layers = [
    { digest: digest('2'), size: 3, diffId: digest('2') },
    { digest: digest('0'), size: 4, diffId: digest('d'), mediaType: DOCKER_LAYER_ZSTD },
  ] as const;
  const convert = (): ReturnType<typeof convertSchema1> => convertSchema1(parseSchema1(manifestOf(CHAIN)), layers);
  const { config, manifest } = convert();
  assert.deepEqual(convert(), { config, manifest });
  const read = parseManifest(manifest.bytes, manifest.descriptor.mediaType);
  assert.deepEqual(read.config, config.descriptor);
  assert.deepEqual(
    read.layers.map((layer) => layer.mediaType),
    [DOCKER_LAYER, DOCKER_LAYER_ZSTD],
  );
  const image = parseConfig(config.bytes);
  assert.deepEqual(image.rootfs.diffIds, [digest('2'), digest('d')]);
  assert.deepEqual(
    image.history.map((entry) => entry.emptyLayer),
    [false, true, false],
  );
});

test('the converted config: members sorted, those of the chain dropped, values as they were written', () => {
  const top =
    `{"z":1.0,"id":"${id('b')}","parent":"${id('a')}","Size":5,"parent_id":"x","layer_id":"y","throwaway":false,` +
    '"rootfs":{},"history":[],"config":{"80":1,"7":2,"big":123456789012345678901234567890,"s":"\\/<&>\u2028"},"Z":null,"é":[ ]}';
  const bytes = manifestOf([{}, { id: id('a') }], {
    architecture: 'arm64',
    history: [{ v1Compatibility: top }, { v1Compatibility: `{"id":"${id('a')}"}` }],
  });
  const layers = [digest('1'), digest('0')].map((each) => ({ digest: each, size: 1, diffId: digest('f') }));
  const { config, manifest } = convertSchema1(parseSchema1(bytes), layers);
  assert.equal(
    Buffer.from(config.bytes).toString(),
    '{"Z":null,"architecture":"arm64",' +
      '"config":{"80":1,"7":2,"big":123456789012345678901234567890,"s":"\\/\\u003c\\u0026\\u003e\\u2028"},' +
      `"history":[{},{}],"os":"linux","rootfs":{"type":"layers","diff_ids":["${digest('f')}","${digest('f')}"]},"z":1.0,"é":[]}`,
  );
  assert.equal(parseManifest(manifest.bytes, manifest.descriptor.mediaType).layers[0]?.mediaType, DOCKER_LAYER_GZIP);
});

test('history is told from the old configs', () => {
  const steps = [
    { id: id('c'), parent: id('b'), container_config: { Cmd: null }, comment: 'c', author: 'me' },
    { id: id('b'), parent: id('a'), container_config: { Cmd: 'one string' }, created: '2016-01-02T03:04:05Z' },
    { id: id('a'), container_config: { Cmd: ['/bin/sh', '-c', '#(nop) ADD'] } },
  ];
  const layers = [2, 1, 0].map((at) => ({ digest: digest(String(at)), size: 1, diffId: digest('f') }));
  const { config } = convertSchema1(parseSchema1(manifestOf(steps)), layers);
  assert.deepEqual(parseConfig(config.bytes).history, [
    { createdBy: '/bin/sh -c #(nop) ADD', emptyLayer: false },
    { created: '2016-01-02T03:04:05Z', createdBy: 'one string', emptyLayer: false },
    { author: 'me', comment: 'c', emptyLayer: false },
  ]);
});

test('the same blob twice is two layers', () => {
  const bytes = manifestOf(CHAIN.with(1, { id: id('b'), parent: id('a') }), {
    fsLayers: ['1', '1', '1'].map((fill) => ({ blobSum: digest(fill) })),
  });
  const layer = { digest: digest('1'), size: 1, diffId: digest('f') };
  const { config } = convertSchema1(parseSchema1(bytes), [layer, layer, layer]);
  assert.equal(parseConfig(config.bytes).rootfs.diffIds.length, 3);
});

test('other layers than those of the manifest are a bug', () => {
  const parsed = parseSchema1(manifestOf(CHAIN));
  const layer = (fill: string): { digest: `sha256:${string}`; size: number; diffId: `sha256:${string}` } => ({
    digest: digest(fill),
    size: 1,
    diffId: digest('f'),
  });
  for (const layers of [[], [layer('0')], [layer('0'), layer('2')], [layer('2'), layer('1'), layer('0')]]) {
    assert.throws(() => convertSchema1(parsed, layers), { code: 'BUG' });
  }
});

test('an image that stands twice in a row is taken once', () => {
  const repeated = [CHAIN[0], { ...CHAIN[1], throwaway: false }, CHAIN[1], CHAIN[2]].map((image) => image ?? {});
  assert.deepEqual(schema1Layers(parseSchema1(manifestOf(repeated))), [
    { digest: digest('3'), empty: false },
    { digest: digest('2'), empty: true },
    { digest: digest('0'), empty: false },
  ]);
});

test('the base of a Windows image may have a parent outside', () => {
  const base = { id: id('a'), parent: id('f') };
  assert.equal(parseSchema1(manifestOf([{ ...base, os: 'windows' }])).steps.length, 1);
  assert.throws(() => parseSchema1(manifestOf([base])), { code: 'MANIFEST_INVALID', message: /being the base/ });
});

test('refuses manifests that are wrong', () => {
  const history = (...texts: unknown[]): object => ({ history: texts.map((text) => ({ v1Compatibility: text })) });
  const one = [{ id: id('a') }];
  const rows: readonly (readonly [bytes: Uint8Array, message: RegExp])[] = [
    [manifestOf([]), /has no layers/],
    [manifestOf(one, { schemaVersion: 2 }), /schemaVersion is 2/],
    [manifestOf(one, { schemaVersion: undefined }), /schemaVersion is missing/],
    [manifestOf(one, { layers: [] }), /ambiguous/],
    [manifestOf(one, { manifests: null }), /ambiguous/],
    [manifestOf(one, { FSLayers: [] }), /"FSLayers" is ambiguous/],
    [manifestOf(one, { History: [] }), /"History" is ambiguous/],
    [manifestOf(one, { fsLayers: {} }), /fsLayers is an object/],
    [manifestOf(one, { fsLayers: null }), /fsLayers is null/],
    [manifestOf(one, { fsLayers: [null] }), /fsLayers\[0\] is null/],
    [manifestOf(one, { fsLayers: [{}] }), /blobSum is missing/],
    [manifestOf(one, { fsLayers: [{ blobSum: 'sha256:../../x' }] }), /not a digest/],
    [manifestOf(one, { fsLayers: [] }), /0 layers, but a history of 1/],
    [manifestOf(one, { history: [] }), /1 layers, but a history of 0/],
    [manifestOf(one, { history: undefined }), /history is missing/],
    [manifestOf(one, { history: [null] }), /history\[0\] is null/],
    [manifestOf(one, { history: [{}] }), /v1Compatibility is missing/],
    [manifestOf(one, history({ id: id('a') })), /v1Compatibility is an object/],
    [manifestOf(one, history('')), /not JSON/],
    [manifestOf(one, history('null')), /null, not an object/],
    [manifestOf(one, history(`{"id":"${id('a')}","id":"${id('b')}"}`)), /stands twice/],
    [manifestOf(one, history('['.repeat(100_000))), /deeper than 64/],
    [manifestOf(one, { name: 5 }), /name is 5/],
    [manifestOf(one, { tag: undefined }), /tag is missing/],
    [manifestOf(one, { architecture: null }), /architecture is null/],
    [manifestOf([{}]), /id is missing/],
    [manifestOf([{ id: '../../etc' }]), /id is the string/],
    [manifestOf([{ id: id('A') }]), /not an image ID/],
    [manifestOf([{ id: id('a'), parent: 5 }]), /parent is 5/],
    [manifestOf([{ id: id('a'), throwaway: 'yes' }]), /throwaway is the string/],
    [manifestOf([{ id: id('b') }, { id: id('a') }]), /ought to be/],
    [manifestOf([{ id: id('b'), parent: id('c') }, { id: id('a') }]), /ought to be/],
    [
      manifestOf([
        { id: id('a'), parent: id('b') },
        { id: id('b'), parent: id('a') },
      ]),
      /being the base/,
    ],
    [
      manifestOf([{ id: id('a'), parent: id('b') }, { id: id('b'), parent: id('a') }, { id: id('a') }]),
      /more than once/,
    ],
    [manifestOf(one, { signatures: [] }), /signatures/],
    [manifestOf(one, { signatures: {} }), /signatures is an object/],
    [manifestOf(one, { signatures: null }), /signatures is null/],
    [manifestOf(one, { signatures: [null] }), /signatures\[0\] is null/],
    [manifestOf(one, { signatures: [{}] }), /protected is missing/],
    [manifestOf(one, { signatures: Array(33).fill({}) }), /signatures has 33 entries/],
    [Buffer.from('null'), /null/],
  ];
  for (const [bytes, message] of rows) {
    assert.throws(() => parseSchema1(bytes), { code: 'MANIFEST_INVALID', message }, bytes.toString().slice(0, 200));
  }
  assert.throws(() => parseSchema1(manifestOf(one, { fsLayers: [{ blobSum: `md5:${'a'.repeat(32)}` }] })), {
    code: 'UNSUPPORTED',
  });
  assert.throws(() => parseSchema1(Buffer.from('{"schemaVersion":2,"manifests":[]}')), { code: 'UNSUPPORTED' });
});

const base64url = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url');

interface Signer {
  readonly alg: string;
  readonly hash: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
const signer = (alg: string, hash: string, keys: { privateKey: KeyObject; publicKey: KeyObject }): Signer => ({
  alg,
  hash,
  ...keys,
});
const P256 = signer('ES256', 'sha256', generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const P384 = signer('ES384', 'sha384', generateKeyPairSync('ec', { namedCurve: 'P-384' }));
const RSA = signer('RS256', 'sha256', generateKeyPairSync('rsa', { modulusLength: 2048 }));

/** Signs a manifest as libtrust did, with `change` made to the signature. */
function signWith(by: Signer, payload: Buffer, change: (signature: SignatureParts) => void = () => undefined): object {
  const length = payload.toString().trimEnd().length - 1;
  const parts: SignatureParts = {
    formatLength: length,
    formatTail: base64url(payload.subarray(length)),
    alg: by.alg,
    jwk: { ...by.publicKey.export({ format: 'jwk' }), kid: 'ABCD' },
    signed: payload,
  };
  change(parts);
  const { formatLength, formatTail } = parts;
  const header = base64url(JSON.stringify({ formatLength, formatTail, time: '2024-01-01T00:00:00Z' }));
  const input = Buffer.from(`${header}.${base64url(parts.signed)}`);
  const value = sign(by.hash, input, { key: by.privateKey, dsaEncoding: 'ieee-p1363' });
  return {
    header: { jwk: parts.jwk, alg: parts.alg },
    signature: parts.signature ?? base64url(value),
    protected: header,
  };
}
interface SignatureParts {
  formatLength: unknown;
  formatTail: unknown;
  alg: unknown;
  jwk: Record<string, unknown>;
  signed: Buffer;
  signature?: unknown;
}

function withSignatures(payload: Buffer, signatures: readonly object[]): Buffer {
  const text = payload.toString().trimEnd().slice(0, -1);
  return Buffer.from(`${text},"signatures":${JSON.stringify(signatures)}}`);
}

const PAYLOAD = Buffer.from(`${manifestOf(CHAIN).toString()}\n`);

test('signatures of every kind that libtrust made are checked', () => {
  for (const signers of [[P256], [P384], [RSA], [P256, RSA, P384]]) {
    const bytes = withSignatures(
      PAYLOAD,
      signers.map((by) => signWith(by, PAYLOAD)),
    );
    assert.deepEqual(Buffer.from(schema1Payload(bytes)), PAYLOAD);
    assert.equal(parseSchema1(bytes).steps.length, 3);
  }
});

test('padded base64url is read too', () => {
  const pad = (parts: SignatureParts): void => {
    const text = String(parts.formatTail);
    parts.formatTail = text.padEnd(Math.ceil(text.length / 4) * 4, '=');
  };
  assert.deepEqual(Buffer.from(schema1Payload(withSignatures(PAYLOAD, [signWith(P256, PAYLOAD, pad)]))), PAYLOAD);
});

test('refuses signatures that are wrong', () => {
  const rows: readonly (readonly [what: string, change: (parts: SignatureParts) => void, message?: RegExp])[] = [
    ['of other content', (parts) => (parts.signed = Buffer.from('{}')), /not of its content/],
    ['an empty signature', (parts) => (parts.signature = ''), /not of its content/],
    ['half a signature', (parts) => (parts.signature = 'AAAA'), /not of its content/],
    ['a signature of zeros', (parts) => (parts.signature = base64url(new Uint8Array(64))), /not of its content/],
    ['no base64url', (parts) => (parts.signature = '!!!!'), /base64url/],
    ['base64url of an impossible length', (parts) => (parts.signature = 'AAAAA'), /base64url/],
    ['a number', (parts) => (parts.signature = 5), /signature is 5/],
    ['no algorithm', (parts) => (parts.alg = undefined), /alg is missing/],
    ['none', (parts) => (parts.alg = 'none'), /alg is the string "none"/],
    ['a shared secret', (parts) => (parts.alg = 'HS256'), /alg is the string "HS256"/],
    ['an inherited name', (parts) => (parts.alg = 'constructor'), /alg is the string/],
    ['another algorithm for the key', (parts) => (parts.alg = 'RS256'), /kty is the string "EC"/],
    ['another hash', (parts) => (parts.alg = 'ES384'), /not of its content/],
    [
      "another's key",
      (parts) => (parts.jwk = P384.publicKey.export({ format: 'jwk' }) as Record<string, unknown>),
      /not of its content/,
    ],
    ['no key', (parts) => (parts.jwk = {}), /kty is missing/],
    ['a point that is not on the curve', (parts) => (parts.jwk['x'] = base64url(new Uint8Array(32))), /is no key/],
    ['a curve that nobody knows', (parts) => (parts.jwk['crv'] = 'P-1'), /is no key/],
    ['a number for a point', (parts) => (parts.jwk['x'] = 5), /x is 5/],
    ['a length behind the end', (parts) => (parts.formatLength = 1e9), /within the document/],
    ['a negative length', (parts) => (parts.formatLength = -1), /formatLength is -1/],
    ['a length that is text', (parts) => (parts.formatLength = '5'), /formatLength is the string/],
    ['no length', (parts) => (parts.formatLength = undefined), /formatLength is missing/],
    ['no tail', (parts) => (parts.formatTail = undefined), /formatTail is missing/],
    ['a tail that is no base64url', (parts) => (parts.formatTail = '***'), /base64url/],
    ['another tail', (parts) => (parts.formatTail = base64url(',"x":1}')), /not of its content/],
    ['a shorter length', (parts) => (parts.formatLength = Number(parts.formatLength) - 1), /not of its content/],
  ];
  for (const [what, change, message] of rows) {
    const bytes = withSignatures(PAYLOAD, [signWith(P256, PAYLOAD, change)]);
    assert.throws(() => schema1Payload(bytes), { code: 'MANIFEST_INVALID', ...(message && { message }) }, what);
  }
});

test('one wrong signature beside a right one is refused', () => {
  const right = signWith(P256, PAYLOAD);
  const wrong = signWith(RSA, PAYLOAD, (parts) => (parts.signed = Buffer.from('{}')));
  const shorter = signWith(RSA, PAYLOAD, (parts) => (parts.formatLength = 5));
  assert.throws(() => schema1Payload(withSignatures(PAYLOAD, [right, wrong])), { message: /not of its content/ });
  assert.throws(() => schema1Payload(withSignatures(PAYLOAD, [right, shorter])), { message: /different content/ });
});

test('what is read is what was signed, not what stands around the signatures', () => {
  const other = JSON.parse(PAYLOAD.toString()) as Record<string, unknown>;
  const text = PAYLOAD.toString().trimEnd().slice(0, -1);
  const bytes = Buffer.from(
    `${text},"signatures":[${JSON.stringify(signWith(P256, PAYLOAD))}],"extra":${JSON.stringify(other['history'])}}`,
  );
  assert.deepEqual(Buffer.from(schema1Payload(bytes)), PAYLOAD);
  assert.equal(parseSchema1(bytes).name, 'app');
});

test("one byte changed in a registry's manifest: read as it was, or refused", () => {
  const original = parseSchema1(SIGNED);
  fc.assert(
    fc.property(fc.nat(SIGNED.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
      const changed = Uint8Array.from(SIGNED);
      changed[at] = (SIGNED[at] ?? 0) ^ difference;
      try {
        assert.deepEqual(parseSchema1(changed), original);
      } catch (error) {
        assert.ok(isDrayError(error) && error.code !== 'BUG', String(error));
      }
    }),
    { numRuns: 1500 },
  );
});
