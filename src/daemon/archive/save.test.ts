import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readlinkSync, writeSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesOf } from '#bytes';
import { ARCHIVE_SHAPES, buildImage, buildIndex, helloImage, type NamedImage, type TestImage } from '#testing';
import { happened, startTestEngine, type TestEngine } from '../engine.test.fixture.ts';

const ONE = buildImage({
  layers: [{ files: [{ name: 'one', content: '1' }] }],
  config: { Labels: { version: '0.1' } },
});
const TWO = buildImage({ layers: [{ files: [{ name: 'two', content: '2' }] }] });
/** More than is written at once, or fits into a socket. */
const LARGE = buildImage({ layers: [{ files: [], fill: 12_000_000, compression: 'none' }] });
const INDEX = { ...helloImage('amd64'), ...buildIndex([helloImage('amd64'), helloImage('arm64')]) };

async function filled(t: TestContext, ...images: readonly NamedImage[]): Promise<TestEngine> {
  const engine = await startTestEngine(t);
  const write = ARCHIVE_SHAPES['ctr and nerdctl'] ?? assert.fail();
  await engine.dray.load({ stream: bytesOf(write(images)) });
  return engine;
}

const idOf = (image: TestImage): string => image.config.digest;

test('images become an archive that holds them, under the names that were asked for', async (t) => {
  const engine = await filled(t, { image: ONE, names: ['app:1', 'app:other'] }, { image: TWO, names: ['two:2'] });
  const cases: readonly (readonly [path: string, names: readonly string[]])[] = [
    ['/images/get?names=app:1', ['app:1']],
    ['/v1.24/images/get?names=app:1&names=two:2', ['app:1', 'two:2']],
    ['/v1.51/images/app:1/get', ['app:1']],
    ['/images/two:2/get', ['two:2']],
    [`/images/${idOf(ONE)}/get`, []],
    ['/images/get?names=app', ['app:1', 'app:other']],
  ];
  for (const [path, names] of cases) {
    const answer = await engine.ask('GET', path);
    assert.equal(answer.status, 200, `${path}: ${answer.text.slice(0, 300)}`);
    assert.equal(answer.headers['content-type'], 'application/x-tar');
    const other = await startTestEngine(t);
    const { images } = await other.dray.load({ stream: bytesOf(answer.bytes) });
    assert.deepEqual(images.flatMap((image) => image.names).toSorted(), names, path);
  }
});

test('an image of several names is told of once', async (t) => {
  const engine = await filled(t, { image: ONE, names: ['app:1', 'app:other'] }, { image: TWO, names: ['two:2'] });
  const answer = await engine.ask('GET', '/images/get?names=app&names=app:1&names=two:2');
  assert.equal(answer.status, 200);
  const told = async (): Promise<readonly string[]> =>
    (await happened(engine)).map(({ Action, id }) => `${Action} ${id}`);
  const last = `save ${idOf(TWO)}`;
  while (!(await told()).includes(last)) await sleep(5);
  assert.deepEqual(await told(), [`save ${idOf(ONE)}`, last]);
});

test('one platform of several', async (t) => {
  const engine = await filled(t, { image: INDEX, names: ['multi:1'] });
  const arm = encodeURIComponent('{"os":"linux","architecture":"arm64"}');
  const answer = await engine.ask('GET', `/v1.48/images/get?names=multi:1&platform=${arm}`);
  const other = await startTestEngine(t);
  const { images } = await other.dray.load({ stream: bytesOf(answer.bytes) });
  assert.deepEqual(
    images.map(({ id }) => id),
    [idOf(helloImage('arm64'))],
  );
});

test('what cannot be saved is told before anything is', async (t) => {
  const engine = await filled(t, { image: ONE, names: ['app:1'] });
  const platform = (text: string): string => `/v1.48/images/get?names=app:1&platform=${encodeURIComponent(text)}`;
  const missing = `sha256:${'0'.repeat(64)}`;
  const cases: readonly (readonly [path: string, status: number, message: RegExp])[] = [
    ['/images/get', 400, /^no image is named/],
    ['/images/get?names=', 400, /^invalid reference format$/],
    ['/images/get?names=app:1,app:2', 400, /^invalid reference format$/],
    ['/images/get?names=app:1&names=nosuch', 404, /^No such image: nosuch:latest$/],
    ['/images/nosuch:1/get', 404, /^No such image: nosuch:1$/],
    [`/images/${missing}/get`, 404, new RegExp(`^No such image: ${missing}$`)],
    ['/images/Upper/get', 400, /^invalid reference format: repository name \(library\/Upper\) must be lowercase$/],
    ['/images/../../../etc/passwd/get', 400, /^invalid reference format$/],
    ['/images/%2e%2e/get', 400, /^invalid reference format$/],
    ['/images/get?names=oci:/etc', 400, /^invalid reference format$/],
    ['/images/get?names=docker://app:1', 400, /^invalid reference format$/],
    ['/images/app%zz/get', 400, /percent/],
    [platform('linux/arm64'), 400, /^failed to parse platform: it is no JSON object$/],
    [platform('[]'), 400, /^failed to parse platform: it is no JSON object$/],
    [platform('{"os":1,"architecture":"arm64"}'), 400, /^failed to parse platform: its os is no text$/],
    [platform('{"os":"linux"}'), 400, /^both OS and Architecture must be provided$/],
    [platform('{"os":"linux","architecture":"ar m"}'), 400, /^invalid platform/],
    [`${platform('{}')}&platform=%7B%7D`, 400, /^multiple platform parameters not supported$/],
    [
      platform('{"os":"linux","architecture":"s390x"}'),
      404,
      /^no suitable export target found for platform linux\/s390x$/,
    ],
  ];
  for (const [path, status, message] of cases) {
    const answer = await engine.ask('GET', path);
    assert.equal(answer.status, status, `${path}: ${answer.text.slice(0, 300)}`);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.match((answer.json() as { message: string }).message, message);
  }
  // Those who came before the parameter are not asked for it.
  const older = await engine.ask('GET', '/v1.47/images/get?names=app:1&platform=linux/arm64');
  assert.equal(older.status, 200);
});

test('an archive that fails in the middle is cut, not ended', async (t) => {
  const engine = await filled(t, { image: LARGE, names: ['large:1'] });
  const layer = LARGE.layers[0] ?? assert.fail();
  const blob = join(engine.folder, 'store', 'blobs', 'sha256', layer.digest.slice('sha256:'.length));
  const fd = openSync(blob, 'r+');
  writeSync(fd, Buffer.from('damaged'), 0, 7, layer.bytes.length - 2000);
  closeSync(fd);
  await assert.rejects(engine.ask('GET', '/images/get?names=large:1'), { code: 'ECONNRESET' });
  assert.equal((await engine.ask('GET', '/_ping')).status, 200);
});

test('a client that stops reading and leaves is waited for, then forgotten', async (t) => {
  const engine = await filled(t, { image: LARGE, names: ['large:1'] });
  const sent = request({ socketPath: engine.socket, path: '/images/get?names=large:1', agent: false });
  sent.on('error', () => {}).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await once(response, 'readable');
  const layer = LARGE.layers[0]?.digest.slice('sha256:'.length) ?? assert.fail();
  if (process.platform === 'linux') await until(() => opened(layer) > 0);
  response.on('error', () => {}).destroy();
  if (process.platform === 'linux') await until(() => opened(layer) === 0);
  assert.equal((await engine.ask('GET', '/images/large:1/get')).status, 200);
});

/** How many files of this process have the text in their path. */
function opened(text: string): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.includes(text)).length;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}
