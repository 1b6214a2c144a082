import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ARCHIVE_SHAPES, buildImage, startRegistry } from 'dray/testing';
import { besieged, checkText, unchunked } from './besieged-engine.ts';

const engine = besieged();
const ROUNDS = Number(process.env['ROUNDS'] ?? 150);
const image = buildImage({ layers: [{ fill: 400_000, seed: 'race' }, { files: [{ name: 'f', content: 'f' }] }] });
const archive = ARCHIVE_SHAPES['docker 25, both at once']?.([{ image, names: ['race:1'] }]) ?? new Uint8Array();

/** True where all of an answer has come: its last chunk too. */
function isWhole(text: string): boolean {
  return text.endsWith('0\r\n\r\n') || /^content-length:/im.test(text.slice(0, text.indexOf('\r\n\r\n')));
}

it('clients that change and read the same images at once are each told something that was so', async () => {
  const registry = await startRegistry({ images: { 'race:1': image } });
  const name = registry.reference('race:1').replace(/:1$/, '');
  const pushed = `${registry.host}/pushed`;
  const works: readonly (readonly [
    method: string,
    path: string,
    body: Uint8Array | string,
    expected: readonly number[],
  ])[] = [
    ['POST', '/images/load?quiet=1', archive, [200]],
    ['DELETE', '/images/race:1', '', [200, 404]],
    ['DELETE', `/images/${image.config.digest}?force=1`, '', [200, 404]],
    ['POST', '/images/race:1/tag?repo=other&tag=1', '', [201, 404]],
    ['POST', `/images/race:1/tag?repo=${pushed}&tag=1`, '', [201, 404]],
    ['DELETE', '/images/other:1', '', [200, 404]],
    ['POST', `/images/create?fromImage=${name}&tag=1`, '', [200]],
    ['POST', `/images/${pushed}/push?tag=1`, '', [200, 404, 500]],
    ['POST', '/images/prune?filters={"dangling":["true"]}', '', [200]],
    ['GET', '/images/json?manifests=1', '', [200]],
    ['GET', '/images/race:1/json', '', [200, 404]],
    ['GET', '/images/race:1/history', '', [200, 404]],
    ['GET', '/system/df', '', [200]],
    ['GET', '/images/get?names=canary:1', '', [200]],
  ];
  const run = async (first: number): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [method = '', path = '', body = '', expected = []] =
        works[(first + round * (first + 1)) % works.length] ?? [];
      const answer = await engine.ask(method, path, { body, headers: { 'x-registry-auth': 'e30=' } });
      const what = `${method} ${path}: ${answer.status} ${answer.body.slice(0, 300)}`;
      assert.ok(expected.includes(answer.status), what);
      if (!path.startsWith('/images/get')) checkText(answer.body, what);
      if (path.startsWith('/images/load') || path.startsWith('/images/create'))
        assert.doesNotMatch(answer.body, /"error"/, what);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, index) => run(index)));
  await registry.close();
  // What is there in the end is whole.
  assert.equal((await engine.ask('POST', '/images/load', { body: archive })).status, 200);
  const saved = await engine.raw('GET /images/get?names=race:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  assert.ok(isWhole(saved));
});

it('an archive whose image is removed meanwhile is whole, or cut', async () => {
  for (let round = 0; round < 30; round += 1) {
    assert.equal((await engine.ask('POST', '/images/load', { body: archive })).status, 200);
    const saving = engine.raw('GET /images/get?names=race:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [saved] = await Promise.all([saving, engine.ask('DELETE', '/images/race:1?force=1')]);
    if (!saved.startsWith('HTTP/1.1 200') || !isWhole(saved)) continue;
    const { body } = await engine.ask('GET', '/images/race:1/json');
    assert.match(body, /No such image/);
    const bytes = Buffer.from(unchunked(saved.slice(saved.indexOf('\r\n\r\n') + 4)), 'latin1');
    const loaded = await engine.ask('POST', '/images/load', { body: bytes });
    assert.match(loaded.body, /Loaded image: race:1/, `round ${round}: ${loaded.body}`);
  }
  await engine.ask('DELETE', '/images/race:1?force=1');
});
