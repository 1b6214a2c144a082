import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  answerWith,
  bearerAuth,
  buildImage,
  changeReply,
  type Fault,
  type Match,
  reply,
  startRegistry,
} from '#testing';
import { createRepository } from './repository.ts';
import type { OpenRepository } from './types.ts';

const image = buildImage({ layers: [{ fill: 100_000 }] });
const [layer] = image.layers;
assert.ok(layer !== undefined);
const target = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest: layer.digest,
  size: layer.bytes.length,
};
const closing: (() => unknown)[] = [];
after(() => Promise.all(closing.map((close) => close())));

async function open(...faults: readonly Fault[]): Promise<OpenRepository> {
  const registry = await startRegistry({ images: { 'app:1': image }, auth: bearerAuth(), faults });
  const endpoint = { url: registry.url, domain: registry.host, mirror: false };
  const repository = createRepository({ endpoint, path: 'app', retries: 0 });
  closing.push(
    () => registry.close(),
    () => repository.close(),
  );
  return repository;
}

const zipped = (match: Match, change: (bytes: Uint8Array) => Uint8Array = (bytes) => gzipSync(bytes)): Fault =>
  changeReply(match, (answer) => ({
    ...answer,
    headers: { ...answer.headers, 'content-encoding': 'gzip' },
    body: change(answer.body),
  }));

test('manifests, tags and tokens that come gzipped are what is inside', async () => {
  const repository = await open(zipped({ kind: 'manifest' }), zipped({ kind: 'tags' }), zipped({ kind: 'token' }));
  assert.equal((await repository.manifest('1')).descriptor.digest, image.root.digest);
  const tags: string[] = [];
  for await (const tag of repository.tags()) tags.push(tag);
  assert.deepEqual(tags, ['1']);
});

test('what only says that it is gzipped is taken as it is', async () => {
  const repository = await open(zipped({}, (bytes) => bytes));
  assert.equal((await repository.manifest('1')).descriptor.digest, image.root.digest);
  assert.equal((await read(repository)).length, target.size);
});

test('what is broken, or has no end when it is unpacked, is refused', async () => {
  const broken = await open(zipped({ kind: 'manifest' }, (bytes) => gzipSync(bytes).subarray(0, -9)));
  await assert.rejects(broken.manifest('1'), { code: 'BAD_RESPONSE', message: /came gzipped, and broken/ });
  const bomb = await open(zipped({ kind: 'manifest' }, () => gzipSync(Buffer.alloc(100 << 20))));
  await assert.rejects(bomb.manifest('1'), { code: 'TOO_LARGE' });
});

async function read(repository: OpenRepository): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await (await repository.fetch(target)).pour((chunk) => void chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

test('a blob that comes gzipped is what is inside', async () => {
  const repository = await open(zipped({ kind: 'blob' }));
  assert.deepEqual(await read(repository), Buffer.from(layer.bytes));
});

test('a blob that comes gzipped with too few or too many bytes is refused', async () => {
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [gzipSync(layer.bytes.subarray(0, -1)), /came gzipped and has/],
    [gzipSync(Buffer.concat([layer.bytes, Buffer.alloc(1)])), /sends more/],
    [Buffer.from('x'), /came gzipped and has 1/],
  ];
  for (const [body, message] of cases) {
    const repository = await open(answerWith({ kind: 'blob' }, () => reply(200, { 'content-encoding': 'gzip' }, body)));
    await assert.rejects(read(repository), { code: 'SIZE_MISMATCH', message });
  }
});
