import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { besieged } from './besieged.ts';
import {
  checkError,
  DOCKER_MANIFEST,
  described,
  digestOf,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
} from './client.ts';
import { sendRaw, statusesOf } from './raw-connection.ts';

const name = 'manifests/here';
const config = '{}';
const client = besieged({}, async (pusher) => {
  await pusher.pushBlob(name, config);
});
const CONFIG = described(config, OCI_CONFIG);
const image = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: CONFIG, layers: [] as readonly unknown[] };

/** Bodies that are no image. */
const WRONG: Readonly<Record<string, string | Buffer>> = {
  nothing: '',
  null: 'null',
  'an array': '[]',
  'a number': '7',
  'a text': '"x"',
  true: 'true',
  'an object without anything': '{}',
  'half an object': '{"schemaVersion":2',
  'an object and more': `${JSON.stringify(image)}}`,
  'two objects': `${JSON.stringify(image)}${JSON.stringify(image)}`,
  'no JSON': '<html>',
  'a comment': `/* x */${JSON.stringify(image)}`,
  NaN: '{"schemaVersion":NaN}',
  'wrong UTF-8': Buffer.concat([
    Buffer.from('{"schemaVersion":2,"x":"'),
    Buffer.from([0xff, 0xfe, 0xc0, 0x80]),
    Buffer.from('"}'),
  ]),
  'UTF-16': Buffer.from(JSON.stringify(image), 'utf16le'),
  'a control character': '{"schemaVersion":2,"x":"\u0001"}',
  '100,000 arrays in each other': '['.repeat(100_000) + ']'.repeat(100_000),
  '500,000 objects in each other': `{"a":`.repeat(500_000),
  'layers that are an object': JSON.stringify({ ...image, layers: {} }),
  'layers that are a text': JSON.stringify({ ...image, layers: 'x' }),
  'layers of null': JSON.stringify({ ...image, layers: [null] }),
  'layers of texts': JSON.stringify({ ...image, layers: ['sha256:abc'] }),
  'a config that is null': JSON.stringify({ ...image, config: null }),
  'a config that is an array': JSON.stringify({ ...image, config: [] }),
  'a config without a digest': JSON.stringify({ ...image, config: { mediaType: OCI_CONFIG, size: 2 } }),
  'a digest that is a path': JSON.stringify({ ...image, config: { ...CONFIG, digest: '../../../../etc/passwd' } }),
  'a digest that is a path, with an algorithm': JSON.stringify({
    ...image,
    config: { ...CONFIG, digest: 'sha256:../../../../etc/passwd' },
  }),
  'a digest that is a number': JSON.stringify({ ...image, config: { ...CONFIG, digest: 7 } }),
  'a digest of an unknown algorithm': JSON.stringify({
    ...image,
    config: { ...CONFIG, digest: `md5:${'0'.repeat(32)}` },
  }),
  'a digest in capital letters': JSON.stringify({
    ...image,
    config: { ...CONFIG, digest: CONFIG.digest.toUpperCase() },
  }),
  'a negative size': JSON.stringify({ ...image, config: { ...CONFIG, size: -1 } }),
  'a size that is a fraction': JSON.stringify({ ...image, config: { ...CONFIG, size: 1.5 } }),
  'a size that is a text': JSON.stringify({ ...image, config: { ...CONFIG, size: '2' } }),
  'a size beyond all': JSON.stringify(image).replace('"size":2', `"size":1${'0'.repeat(400)}`),
  'a media type that is a number': JSON.stringify({ ...image, mediaType: 7 }),
  'another media type than the header': JSON.stringify({ ...image, mediaType: OCI_INDEX }),
  'an image and an index': JSON.stringify({ ...image, manifests: [] }),
  'a version of 1': JSON.stringify({ ...image, schemaVersion: 1 }),
};

describe('bodies that are no image', () => {
  for (const [what, body] of Object.entries(WRONG))
    it(`refuses ${what}`, async () => {
      const bytes = Buffer.from(body);
      for (const reference of ['wrong', digestOf(bytes)]) {
        const answer = await client.putManifest(name, reference, bytes, OCI_MANIFEST);
        checkError(answer, 400, [
          'MANIFEST_INVALID',
          'SIZE_INVALID',
          'DIGEST_INVALID',
          'MANIFEST_BLOB_UNKNOWN',
          'UNSUPPORTED',
        ]);
        assert.ok(answer.text.length < 5_000, 'it repeats what it was sent');
        assert.equal((await client.get(`/v2/${name}/manifests/${reference}`)).status, 404);
      }
    });

  for (const [what, body] of [
    ['keys that are there twice', JSON.stringify(image).replace('{', '{"layers":[],')],
    ['media types that are there twice', JSON.stringify(image).replace('{', `{"mediaType":"${OCI_INDEX}",`)],
    ['a size that is another one', JSON.stringify({ ...image, config: { ...CONFIG, size: 3 } })],
    ['a size of 2^53 + 1', JSON.stringify(image).replace('"size":2', '"size":9007199254740993')],
    ['data that is another one', JSON.stringify({ ...image, config: { ...CONFIG, data: 'AAAA' } })],
    ['__proto__', JSON.stringify(image).replace('{', '{"__proto__":{"layers":[1]},')],
    ['a byte order mark', `\ufeff${JSON.stringify(image)}`],
    ['half a surrogate', JSON.stringify(image).replace('{', '{"x":"\\ud800",')],
    [
      '100,000 layers',
      JSON.stringify({ ...image, layers: Array.from({ length: 15_000 }, () => ({ ...CONFIG, mediaType: OCI_LAYER })) }),
    ],
    ['itself as its subject', JSON.stringify({ ...image, subject: { ...CONFIG, mediaType: OCI_MANIFEST } })],
  ] as const)
    it(`refuses ${what}, or gives it as it came`, async () => {
      const answer = await client.putManifest(name, 'odd', body);
      if (answer.status === 201) {
        const got = await client.get(`/v2/${name}/manifests/odd`, { accept: OCI_MANIFEST });
        assert.equal(got.text, body);
        assert.equal(got.headers['content-type'], OCI_MANIFEST);
      } else checkError(answer, 400, ['MANIFEST_INVALID', 'SIZE_INVALID', 'DIGEST_INVALID', 'MANIFEST_BLOB_UNKNOWN']);
    });
});

describe('indexes that are none', () => {
  const entry = { mediaType: OCI_MANIFEST, digest: `sha256:${'3'.repeat(64)}`, size: 7 };
  for (const [what, index] of Object.entries({
    'manifests that are null': { manifests: null },
    'manifests of null': { manifests: [null] },
    'manifests that are an object': { manifests: {} },
    'a digest that is a path': { manifests: [{ ...entry, digest: 'sha256:../../x' }] },
    'a negative size': { manifests: [{ ...entry, size: -7 }] },
    'layers besides': { manifests: [entry], layers: [], config: CONFIG },
    'no manifests': {},
  }))
    it(`refuses ${what}`, async () => {
      const document = { schemaVersion: 2, mediaType: OCI_INDEX, ...index };
      checkError(await client.putManifest(name, 'index', document, OCI_INDEX), 400, 'MANIFEST_INVALID');
    });
});

describe('media types that are none', () => {
  for (const [what, type] of [
    ['a line break', 'text/x\r\nSet-Cookie: a=b'],
    ['a zero byte', 'text/x\0'],
    ['10,000 characters', `text/${'x'.repeat(10_000)}`],
    ['a path', '../../etc/passwd'],
    ['an escape sequence', 'text/x\u001b[2J'],
    ['quotes', 'text/"><script>'],
    ['no slash', 'nothing'],
    ['parameters', `${OCI_MANIFEST}; charset=utf-8`],
    ['a page of HTML', 'text/html'],
  ])
    it(`gives no header that was put in by ${what}`, async () => {
      for (const inBody of [true, false]) {
        const body = inBody
          ? JSON.stringify({ ...image, mediaType: type })
          : JSON.stringify({ ...image, mediaType: undefined });
        const header = inBody ? OCI_MANIFEST : String(type);
        const request = `PUT /v2/${name}/manifests/typed HTTP/1.1\r\nHost: x\r\nContent-Type: ${header}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
        const [status = 400] = statusesOf(await sendRaw(client.registry.port, request));
        assert.ok(status === 201 || (status >= 400 && status < 500), `${status}`);
        const text = await sendRaw(
          client.registry.port,
          `GET /v2/${name}/manifests/typed HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
        );
        const [head = ''] = text.split('\r\n\r\n');
        // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
        assert.doesNotMatch(head, /^set-cookie:|[\0\u001b]|content-type: text\/html/im);
        assert.match(head, /x-content-type-options: nosniff/i);
        await client.ask('DELETE', `/v2/${name}/manifests/typed`);
      }
    });

  it('gives an image as an image, whatever header it came with', async () => {
    const docker = { ...image, mediaType: DOCKER_MANIFEST };
    const answer = await client.putManifest(name, 'mixed', docker, OCI_INDEX);
    checkError(answer, 400, 'MANIFEST_INVALID');
    const none = await client.ask('PUT', `/v2/${name}/manifests/untold`, { body: JSON.stringify(image) });
    if (none.status === 201)
      assert.equal((await client.get(`/v2/${name}/manifests/untold`)).headers['content-type'], OCI_MANIFEST);
    else checkError(none, [400, 415]);
  });

  it('keeps annotations of referrers out of headers', async () => {
    const subject = { mediaType: OCI_MANIFEST, digest: digestOf('s'), size: 1 };
    const artifactType = 'a/b\r\nSet-Cookie: x';
    const answer = await client.putManifest(name, 'sly', { ...image, artifactType, subject });
    if (answer.status !== 201) checkError(answer, 400, 'MANIFEST_INVALID');
    const query = encodeURIComponent(artifactType);
    const listed = await client.get(`/v2/${name}/referrers/${subject.digest}?artifactType=${query}`);
    assert.equal(listed.headers['set-cookie'], undefined);
    assert.ok([200, 400].includes(listed.status));
  });
});
