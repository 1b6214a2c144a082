import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { bytesOf } from '#bytes';
import { ARCHIVE_SHAPES, buildImage, digestOf, helloImage, type TestImage, tarOf } from '#testing';
import { happened, startTestEngine, type TestAnswer, type TestEngine } from '../engine.test.fixture.ts';

const APP = buildImage({ layers: [{ files: [{ name: 'app', content: 'app' }], fill: 400_000 }] });
const OTHER = buildImage({ layers: [{ files: [{ name: 'other', content: 'other' }] }] });
const HEADERS = { 'content-type': 'application/x-tar' };

function archive(image: TestImage, names: readonly string[], shape = 'docker 25, both at once'): Uint8Array {
  return (ARCHIVE_SHAPES[shape] ?? assert.fail())([{ image, names }]);
}

function load(engine: TestEngine, body: Uint8Array | AsyncIterable<Uint8Array>, query = ''): Promise<TestAnswer> {
  return engine.ask('POST', `/v1.51/images/load${query}`, { headers: HEADERS, body });
}

async function namesIn({ dray }: TestEngine): Promise<readonly string[]> {
  const all = await dray.images();
  return all.map(({ id }) => id);
}

test('archives of all tools are loaded, and docker’s lines told', async (t) => {
  for (const shape of Object.keys(ARCHIVE_SHAPES)) {
    const engine = await startTestEngine(t);
    const answer = await load(engine, archive(APP, ['app:1'], shape), '?quiet=1');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.deepEqual(answer.lines(), [{ stream: 'Loaded image: app:1\n' }], shape);
    assert.deepEqual(await namesIn(engine), [APP.config.digest]);
  }
});

test('a name that stood for another image is told of; what has none is known by its ID', async (t) => {
  const engine = await startTestEngine(t);
  const compressed = gzipSync(archive(OTHER, ['app:1']));
  const stream = 'Loaded image: app:1\n';
  assert.deepEqual((await load(engine, bytesOf(compressed))).lines(), [{ stream }]);
  const from = OTHER.config.digest;
  assert.deepEqual((await load(engine, archive(APP, ['app:1']))).lines(), [
    { stream: `The image app:1 already exists, renaming the old one with ID ${from} to empty string\n` },
    { stream },
  ]);
  assert.deepEqual((await load(engine, archive(helloImage('amd64'), []))).lines(), [
    { stream: `Loaded image ID: ${helloImage('amd64').config.digest}\n` },
  ]);
});

test('of many images all are told of, and the store is not searched for each', async (t) => {
  const engine = await startTestEngine(t);
  const both = (ARCHIVE_SHAPES['docker 25, both at once'] ?? assert.fail())([
    { image: APP, names: ['app:1'] },
    { image: OTHER, names: ['other:1'] },
  ]);
  const inspect = t.mock.method(engine.dray, 'inspect');
  await load(engine, both);
  assert.equal((await engine.ask('GET', '/v1.51/images/get?names=app:1&names=other:1')).status, 200);
  const ids = [APP, OTHER].map(({ config }) => config.digest);
  const told = async (): Promise<readonly string[]> =>
    (await happened(engine)).map(({ Action, id }) => `${Action} ${id}`);
  const expected = ['load', 'save'].flatMap((action) => ids.map((id) => `${action} ${id}`)).toSorted();
  // those of a save come behind its answer
  while ((await told()).length < expected.length) await sleep(5);
  assert.deepEqual((await told()).toSorted(), expected);
  assert.equal(inspect.mock.callCount(), 0);
});

test('how far new layers are is told to those who do not want quiet', async (t) => {
  const engine = await startTestEngine(t);
  const [layer = assert.fail()] = APP.layers;
  const lines = (await load(engine, archive(APP, ['app:1']), '?quiet=0')).lines();
  assert.deepEqual(lines.at(-1), { stream: 'Loaded image: app:1\n' });
  const size = layer.bytes.length;
  const { progress, ...last } = lines.at(-2) ?? {};
  const id = layer.digest.slice(7, 19);
  assert.deepEqual(last, { status: 'Loading layer', id, progressDetail: { current: size, total: size } });
  assert.match(String(progress), /^\[=+>\] {2}/);
  assert.deepEqual((await load(engine, archive(APP, ['app:1']), '?quiet=false')).lines(), [
    { stream: 'Loaded image: app:1\n' },
  ]);
});

const GOOD = archive(APP, ['app:1']);
const BAD: readonly (readonly [name: string, body: Uint8Array, message: RegExp])[] = [
  ['text', Buffer.from('vm\n'), /^unexpected EOF$/],
  ['a tar that ends early', GOOD.subarray(0, 100_000), /^unexpected EOF$/],
  ['gzip that ends early', gzipSync(GOOD).subarray(0, 100_000), /^unexpected EOF$/],
  ['noise', Buffer.alloc(100_000, 'noise'), /^archive\/tar: invalid tar header$/],
  ['nothing', new Uint8Array(), /^unrecognized image format$/],
  ['zeros', Buffer.alloc(20_000), /^unrecognized image format$/],
  ['a tar of other things', tarOf([{ name: 'hello', content: 'hello' }]), /^unrecognized image format$/],
  ['xz', Buffer.from('fd377a585a000004', 'hex'), /^the archive is compressed with xz, which is not understood/],
  ['a path out of it', tarOf([{ name: '../../manifest.json', content: '[]' }]), /leads out of it/],
  ['a broken table', tarOf([{ name: 'manifest.json', content: '[{' }]), /manifest\.json/],
  ['a layer that is another one', flipped(GOOD), /^the bytes received for sha256:.* have the digest sha256:/],
];

test('what is no archive, or a damaged one, is refused in a message, and nothing is kept of it', async (t) => {
  const engine = await startTestEngine(t);
  for (const [name, body, message] of BAD) {
    const answer = await load(engine, body);
    assert.equal(answer.status, 200, name);
    const [line = assert.fail(name), ...others] = answer.lines();
    assert.deepEqual(others, []);
    assert.match(String(line['error']), message, name);
    assert.deepEqual(line['errorDetail'], { message: line['error'] });
    assert.deepEqual(await namesIn(engine), [], name);
    assert.equal(await blobsIn(engine), 0, name);
  }
});

test('platforms', async (t) => {
  const engine = await startTestEngine(t);
  const query = (platform: string): string => `?platform=${encodeURIComponent(platform)}`;
  const s390x = await load(engine, GOOD, query('{"os":"linux","architecture":"s390x"}'));
  const error = 'requested platform (linux/s390x) not found: image might be filtered out';
  assert.deepEqual(s390x.lines(), [{ errorDetail: { message: error }, error }]);
  const wrong = await load(engine, GOOD, query('linux/amd64'));
  assert.equal(wrong.status, 400);
  const right = await load(engine, GOOD, query('{"os":"linux","architecture":"amd64"}'));
  assert.deepEqual(right.lines(), [{ stream: 'Loaded image: app:1\n' }]);
});

test('a client that leaves in the middle leaves nothing', async (t) => {
  const engine = await startTestEngine(t);
  for (const part of [10, GOOD.length / 2, GOOD.length - 10]) {
    const sent = request({ socketPath: engine.socket, method: 'POST', path: '/images/load', agent: false });
    sent.on('error', () => {}).write(GOOD.subarray(0, part));
    if (process.platform === 'linux') await until(() => spooled(engine) === 1);
    sent.destroy();
    if (process.platform === 'linux') await until(() => spooled(engine) === 0);
  }
  assert.deepEqual(await namesIn(engine), []);
  assert.equal(await blobsIn(engine), 0);
  assert.deepEqual((await load(engine, GOOD)).lines(), [{ stream: 'Loaded image: app:1\n' }]);
});

test('a client that goes on sending what nobody wants gets its answer, and then an end', async (t) => {
  const engine = await startTestEngine(t);
  const sent = request({ socketPath: engine.socket, method: 'POST', path: '/images/load', agent: false });
  const closed = new Promise((resolve) => sent.once('close', resolve));
  sent.on('error', () => {});
  const noise = Buffer.alloc(1_000_000, 'noise');
  for (let count = 0; count < 20; count += 1) sent.write(noise);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.match(await text(response), /"error":"archive\/tar: invalid tar header"/);
  await closed;
});

/** How many archives are on their way into the store. */
function spooled({ folder }: TestEngine): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(folder) && target.includes('archive-')).length;
}

async function blobsIn({ folder }: TestEngine): Promise<number> {
  const blobs = join(folder, 'store', 'blobs', 'sha256');
  return existsSync(blobs) ? readdirSync(blobs).length : 0;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

function flipped(tar: Uint8Array): Uint8Array {
  const [layer = assert.fail()] = APP.layers;
  assert.equal(digestOf(layer.bytes), layer.digest);
  const at = Buffer.from(tar).indexOf(layer.bytes);
  assert.ok(at > 0);
  const changed = Buffer.from(tar);
  changed.writeUInt8(changed.readUInt8(at + 1000) ^ 1, at + 1000);
  return changed;
}
