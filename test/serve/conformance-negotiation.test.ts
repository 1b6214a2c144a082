import assert from 'node:assert/strict';
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { buildImage, buildIndex, helloImage, helloIndex, type TestGraph } from 'dray/testing';
import {
  type Answer,
  type Client,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  DOCKER_SCHEMA1,
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
} from './client.ts';
import { served } from './served.ts';

const name = 'negotiated/image';
const amd64 = helloImage('amd64', { flavour: 'docker' });
const armOnly = buildIndex([helloImage('arm64', { flavour: 'docker' })], { flavour: 'docker' });
const graphs: Readonly<Record<string, TestGraph>> = {
  image: amd64,
  list: helloIndex({ flavour: 'docker' }),
  arm: armOnly,
  layers: buildImage({
    flavour: 'docker',
    layers: ['one', 'two', 'three'].map((each) => ({ files: [{ name: each, content: each }] })),
  }),
  oci: helloImage('amd64'),
  index: helloIndex(),
};

const client = served({}, async (pusher) => {
  for (const [tag, graph] of Object.entries(graphs)) await push(pusher, graph, tag);
});

async function push(pusher: Client, graph: TestGraph, tag: string): Promise<void> {
  for (const [digest, bytes] of graph.blobs) if (!graph.manifests.has(digest)) await pusher.pushBlob(name, bytes);
  for (const [digest, type] of graph.manifests)
    assert.equal((await pusher.putManifest(name, digest, graph.blobs.get(digest), type)).status, 201);
  const root = await pusher.putManifest(name, tag, graph.blobs.get(graph.root.digest), graph.root.mediaType);
  assert.equal(root.status, 201, root.text);
}

function ask(reference: string, accept?: string | readonly string[]): Promise<Answer> {
  return client.get(`/v2/${name}/manifests/${reference}`, accept === undefined ? {} : { accept: accept as string });
}

/** The answer is what was pushed, as it was. */
function checkStored(answer: Answer, { root, blobs }: TestGraph): void {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['content-type'], root.mediaType);
  assert.equal(answer.headers['docker-content-digest'], root.digest);
  assert.deepEqual(answer.body, Buffer.from(blobs.get(root.digest) ?? ''));
}

interface Schema1 {
  readonly schemaVersion: number;
  readonly name: string;
  readonly tag: string;
  readonly architecture: string;
  readonly fsLayers: readonly { readonly blobSum: string }[];
  readonly history: readonly { readonly v1Compatibility: string }[];
  readonly signatures: readonly {
    readonly header: { readonly jwk: JsonWebKey & { readonly kid?: string }; readonly alg: string };
    readonly signature: string;
    readonly protected: string;
  }[];
}

/** The answer is schema1 with a signature that is right, and a digest of what is signed. */
function checkSigned(answer: Answer, tag: string): Schema1 {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['content-type'], DOCKER_SCHEMA1);
  const document = JSON.parse(answer.text) as Schema1;
  assert.equal(document.schemaVersion, 1);
  assert.equal(document.name, name);
  assert.equal(document.tag, tag);
  assert.equal(document.fsLayers.length, document.history.length);
  const [signature] = document.signatures;
  assert.ok(signature !== undefined);
  const protectedPart = JSON.parse(Buffer.from(signature.protected, 'base64url').toString()) as {
    readonly formatLength: number;
    readonly formatTail: string;
  };
  const head = answer.body.subarray(0, protectedPart.formatLength);
  const payload = Buffer.concat([head, Buffer.from(protectedPart.formatTail, 'base64url')]);
  assert.equal(answer.headers['docker-content-digest'], digestOf(payload));
  assert.equal(signature.header.alg, 'ES256');
  assert.match(String(signature.header.jwk.kid), /^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
  const key = createPublicKey({ key: signature.header.jwk, format: 'jwk' });
  const signed = Buffer.from(`${signature.protected}.${payload.toString('base64url')}`);
  const value = Buffer.from(signature.signature, 'base64url');
  assert.ok(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, value), 'the signature is wrong');
  const { signatures: _, ...plain } = document;
  assert.deepEqual(JSON.parse(payload.toString()), plain);
  const ids = document.history.map(
    ({ v1Compatibility }) => JSON.parse(v1Compatibility) as { id: string; parent?: string },
  );
  for (const [index, { id, parent }] of ids.entries()) {
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.equal(parent, ids[index + 1]?.id);
  }
  return document;
}

describe('manifests for what the client takes', () => {
  for (const accept of [DOCKER_MANIFEST, `${DOCKER_LIST}, ${DOCKER_MANIFEST}`, `${OCI_INDEX},${DOCKER_MANIFEST};q=0.5`])
    it(`gives schema2 for ${accept.slice(-40)}`, async () => checkStored(await ask('image', accept), amd64));

  it('reads several Accept headers', async () => {
    checkStored(await ask('image', [OCI_MANIFEST, DOCKER_MANIFEST]), amd64);
  });

  for (const accept of [undefined, '*/*'])
    it(`gives signed schema1 for schema2 and ${accept ?? 'no Accept'}`, async () => {
      const document = checkSigned(await ask('image', accept), 'image');
      assert.equal(document.architecture, 'amd64');
      assert.equal(document.fsLayers.length, 1);
    });

  it('gives layers newest first, each of which can be pulled and unpacked', async () => {
    const document = checkSigned(await ask('layers'), 'layers');
    const { layers } = JSON.parse(
      Buffer.from(graphs['layers']?.blobs.get(graphs['layers'].root.digest) ?? '').toString(),
    ) as {
      readonly layers: readonly { readonly digest: string }[];
    };
    assert.deepEqual(
      document.fsLayers.map(({ blobSum }) => blobSum),
      layers.map(({ digest }) => digest).toReversed(),
    );
    for (const { blobSum } of document.fsLayers) {
      const blob = await client.get(`/v2/${name}/blobs/${blobSum}`);
      assert.equal(blob.status, 200);
      assert.equal(gunzipSync(blob.body).subarray(257, 262).toString(), 'ustar');
    }
  });

  it('gives an empty layer that can be pulled for history without one', async () => {
    const image = buildImage({
      flavour: 'docker',
      editConfig: (config) => ({
        ...config,
        history: [
          { created_by: 'ENV', empty_layer: true },
          { created_by: 'COPY' },
          { created_by: 'CMD', empty_layer: true },
        ],
      }),
    });
    await push(client, image, 'empties');
    const document = checkSigned(await ask('empties'), 'empties');
    const empty = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';
    assert.deepEqual(
      document.fsLayers.map(({ blobSum }) => blobSum === empty),
      [true, false, true],
    );
    const blob = await client.get(`/v2/${name}/blobs/${empty}`);
    assert.equal(blob.status, 200);
    assert.equal(digestOf(blob.body), empty);
    assert.equal(gunzipSync(blob.body).length, 1024);
  });

  it('answers HEAD with what it says of the schema1 that GET gives', async () => {
    const head = await client.ask('HEAD', `/v2/${name}/manifests/image`);
    assert.equal(head.status, 200);
    assert.equal(head.headers['content-type'], DOCKER_SCHEMA1);
    const got = await ask('image');
    assert.equal(head.headers['docker-content-digest'], got.headers['docker-content-digest']);
  });

  it('gives a list to those who take it', async () => {
    checkStored(await ask('list', `${DOCKER_LIST}, ${DOCKER_MANIFEST}`), graphs['list'] ?? amd64);
  });

  it('gives the image for linux/amd64 to those who take only schema2', async () => {
    checkStored(await ask('list', DOCKER_MANIFEST), amd64);
  });

  it('gives signed schema1 of that image to those who take anything', async () => {
    assert.equal(checkSigned(await ask('list'), 'list').architecture, 'amd64');
  });

  it('has no image for linux/amd64 where the list has none', async () => {
    assert.equal((await ask('arm', DOCKER_MANIFEST)).status, 404);
  });

  for (const tag of ['image', 'list', 'arm', 'oci', 'index'])
    it(`converts nothing that is asked for by digest: ${tag}`, async () => {
      const graph = graphs[tag] ?? amd64;
      for (const accept of [undefined, '*/*', DOCKER_MANIFEST, OCI_MANIFEST]) {
        checkStored(await ask(graph.root.digest, accept), graph);
      }
    });

  for (const tag of ['oci', 'index'])
    it(`gives OCI content as it is: ${tag}`, async () => {
      for (const accept of [undefined, '*/*', `${OCI_INDEX}, ${OCI_MANIFEST}`]) {
        checkStored(await ask(tag, accept), graphs[tag] ?? amd64);
      }
    });
});
