import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildImage, helloImage } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { peerTest } from './peers.ts';
import { COMMAND, finish, makeFolder, run } from './run.ts';
import { freePort, isListening, startService } from './service.ts';

/** `dray serve` in front of other registries. */
async function startCache(...more: readonly string[]): Promise<string> {
  const port = await freePort();
  const words = [COMMAND, 'serve', '--port', String(port), '--data', join(makeFolder(), 'data'), ...more];
  await startService(process.execPath, words, () => isListening(port));
  return `127.0.0.1:${port}`;
}

peerTest(
  'images of docker-registry come through a cache, one with a password too',
  ['crane', 'docker-registry'],
  async () => {
    const user = { name: 'me', password: 'secret' };
    const open = await startDockerRegistry();
    const closed = await startDockerRegistry({ user });
    const image = buildImage({ layers: [{ fill: 3_000_000, seed: 'cache' }] });
    await open.push('team/app:1', image);
    await closed.push('team/app:1', image);
    await open.push('other:1', helloImage('amd64'));
    const host = await startCache(
      ...['--upstream', `hub=http://${open.host}`],
      ...['--upstream', `private=http://me:secret@${closed.host}`],
    );
    for (const prefix of ['hub', 'private']) {
      const reference = `${host}/${prefix}/team/app:1`;
      assert.equal((await run('crane', ['digest', reference])).trim(), image.root.digest);
      await run('crane', ['validate', '--remote', reference]);
      assert.equal(await run('crane', ['ls', `${host}/${prefix}/team/app`]), '1\n');
    }
    const file = join(makeFolder(), 'image.tar');
    await run('crane', ['pull', `${host}/hub/other:1`, file]);
    const refused = await finish('crane', ['push', file, `${host}/hub/new:1`]);
    assert.match(refused.stderr, /UNSUPPORTED: this repository is a cache/);
    await run('crane', ['push', file, `${host}/mine/new:1`]);
    const names = ['hub/other', 'hub/team/app', 'mine/new', 'private/team/app'];
    assert.deepEqual((await run('crane', ['catalog', host])).split('\n').filter(Boolean), names);
  },
);

peerTest('a cache of a cache', ['crane', 'docker-registry'], async () => {
  const registry = await startDockerRegistry();
  const image = buildImage({ layers: [{ fill: 100_000, seed: 'chain' }] });
  await registry.push('team/app:1', image);
  const near = await startCache('--upstream', `hub=http://${registry.host}`);
  const far = await startCache('--upstream', `near=http://${near}`);
  const reference = `${far}/near/hub/team/app:1`;
  assert.equal((await run('crane', ['digest', reference])).trim(), image.root.digest);
  await run('crane', ['validate', '--remote', reference]);
});
