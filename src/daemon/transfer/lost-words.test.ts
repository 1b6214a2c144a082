import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildImage, cutAfter, type Fault, hangUp, neverAnswer, stallAfter, startRegistry } from '#testing';
import { startTestEngine } from '../engine.test.fixture.ts';

const BLOB = { kind: 'blob' } as const;
const PATCHED = { when: ({ method }: { readonly method: string }) => method === 'PATCH' || method === 'PUT' };

/** Which of them depends on the version of Node too. */
const BROKEN = /^(?:unexpected EOF|read tcp HOST: read: connection reset by peer)$/;
/** What breaks an answer of a registry, and what the client is told of it. */
const CASES: readonly (readonly [fault: Fault, action: 'pull' | 'push', message: RegExp])[] = [
  [cutAfter(10_000, BLOB), 'pull', BROKEN],
  [cutAfter(10_000, { ...BLOB, reset: true }), 'pull', BROKEN],
  [stallAfter(10_000, BLOB), 'pull', /^read tcp HOST: i\/o timeout$/],
  [hangUp({ kind: 'manifest' }), 'pull', /^(?:Head|Get) "http:\/\/HOST\/v2\/app\/manifests\/1": EOF$/],
  [
    neverAnswer({ kind: 'manifest' }),
    'pull',
    /^(?:Head|Get) "http:\/\/HOST\/\S+": net\/http: timeout awaiting response headers$/,
  ],
  [
    hangUp(PATCHED),
    'push',
    /^(?:Patch|Put) "http:\/\/HOST\/v2\/\S+": (?:EOF|read tcp HOST: read: connection reset by peer|write tcp HOST: write: broken pipe)$/,
  ],
];

test('an answer that breaks off is told as docker tells it', async (t) => {
  const engine = await startTestEngine(t, { retries: 0, stallTimeout: 500 });
  const image = buildImage({ layers: [{ fill: 100_000, seed: 'lost' }] });
  for (const [fault, action, message] of CASES) {
    const registry = await startRegistry({ images: { 'app:1': image }, faults: [fault], uploads: {} });
    t.after(() => registry.close());
    const name = `${registry.host}/new`;
    if (action === 'push') {
      const whole = await startRegistry({ images: { 'app:1': image } });
      t.after(() => whole.close());
      await engine.dray.pull(whole.reference('app:1'));
      await engine.dray.tag(whole.reference('app:1'), `${name}:1`);
    }
    const path =
      action === 'push' ? `/images/${name}/push?tag=1` : `/images/create?fromImage=${registry.host}/app&tag=1`;
    const answer = await engine.ask('POST', path, { headers: { 'x-registry-auth': 'e30=' } });
    const last = answer.lines().at(-1) ?? {};
    const said = String(last['error'] ?? last['message']).replaceAll(registry.host, 'HOST');
    assert.match(said, message);
    if (answer.status !== 200) assert.equal(answer.status, 500);
  }
});
