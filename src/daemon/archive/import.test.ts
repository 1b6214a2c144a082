import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { tarOf } from '#testing';
import { happened, startTestEngine, type TestAnswer, type TestEngine } from '../engine.test.fixture.ts';

const ROOTFS = tarOf([{ name: 'bin/' }, { name: 'bin/app', content: 'app' }]);

function create(engine: TestEngine, query: Readonly<Record<string, string>>, body: Uint8Array): Promise<TestAnswer> {
  const path = `/v1.50/images/create?${new URLSearchParams(query).toString()}`;
  return engine.ask('POST', path, { headers: { 'content-type': 'text/plain' }, body });
}

test('a file system becomes an image, as the parameters say', async (t) => {
  const engine = await startTestEngine(t);
  const path = '/v1.50/images/create?fromSrc=-&repo=app:0&tag=1&message=hello&changes=CMD+a&changes=ENV+A%3Db';
  const answer = await engine.ask('POST', `${path}&platform=linux/s390x`, { body: gzipSync(ROOTFS) });
  assert.equal(answer.status, 200, answer.text);
  const [line = assert.fail(), ...others] = answer.lines();
  assert.deepEqual(others, []);
  const { Id, Comment, Architecture, Config, RepoTags } = await engine.dray.inspect('app:1');
  assert.deepEqual(line, { status: Id });
  assert.deepEqual([RepoTags, Comment, Architecture], [['app:1'], 'hello', 's390x']);
  assert.deepEqual([Config['Cmd'], Config['Env']], [['/bin/sh', '-c', 'a'], ['A=b']]);
});

test('without a name it is known by its ID', async (t) => {
  const engine = await startTestEngine(t);
  const answer = await create(engine, { fromSrc: '-', repo: '', tag: '' }, ROOTFS);
  const [image] = await engine.dray.images();
  assert.deepEqual(answer.lines(), [{ status: image?.id }]);
  const { Comment, RepoTags } = await engine.dray.inspect(image?.id ?? '');
  assert.deepEqual([RepoTags, Comment], [[], 'Imported from -']);
});

test('what cannot be imported is refused with a status, and nothing is kept', async (t) => {
  const engine = await startTestEngine(t);
  const digest = `app@sha256:${'0'.repeat(64)}`;
  const cases: readonly (readonly [
    query: Readonly<Record<string, string>>,
    body: Uint8Array,
    status: number,
    message: RegExp,
  ])[] = [
    [{ repo: 'Bad' }, ROOTFS, 400, /^invalid reference format: repository name \(library\/Bad\) must be lowercase$/],
    [{ repo: 'app', tag: 'a:b' }, ROOTFS, 400, /^invalid tag format$/],
    [{ repo: digest }, ROOTFS, 400, /^cannot import digest reference$/],
    [{ changes: 'FOO bar' }, ROOTFS, 400, /^FOO is not a valid change command$/],
    [{ changes: 'ENV b' }, ROOTFS, 400, /^ENV must have two arguments$/],
    [{ platform: '*' }, ROOTFS, 400, /^invalid platform/],
    [{}, ROOTFS.subarray(0, 700), 500, /^unexpected EOF$/],
    [{}, Buffer.alloc(20_000, 'noise'), 500, /^archive\/tar: invalid tar header$/],
    [{}, Buffer.from('BZh91AY&SY'), 415, /^the archive is compressed with bzip2/],
    [{ fromSrc: 'http://127.0.0.1:1/rootfs.tar' }, ROOTFS, 501, /^this engine fetches no files to import/],
    [{ fromSrc: '/etc/passwd' }, ROOTFS, 501, /^this engine fetches no files to import/],
  ];
  for (const [query, body, status, message] of cases) {
    const answer = await create(engine, { fromSrc: '-', ...query }, body);
    assert.equal(answer.status, status, `${JSON.stringify(query)}: ${answer.text}`);
    assert.match((answer.json() as { message: string }).message, message);
  }
  assert.deepEqual(await engine.dray.images(), []);
});

test('saves, loads and imports are told of, with the labels of the image', async (t) => {
  const engine = await startTestEngine(t);
  await create(engine, { fromSrc: '-', repo: 'app', tag: '1', changes: 'LABEL version=0.1' }, ROOTFS);
  const { bytes } = await engine.ask('GET', '/images/app:1/get');
  // That of a save comes behind its answer.
  while ((await happened(engine)).length < 3) await sleep(5);
  await engine.ask('POST', '/images/load', { body: bytes });
  const { Id: id } = await engine.dray.inspect('app:1');
  const told = (await happened(engine)).map(({ Action, Actor }) => [Action, Actor]);
  const actor = (name: string): object => ({ ID: id, Attributes: { name, version: '0.1' } });
  assert.deepEqual(told, [
    ['tag', actor('app:1')],
    ['import', actor(id)],
    ['save', actor(id)],
    ['load', actor(id)],
  ]);
});
