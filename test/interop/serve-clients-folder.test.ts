import assert from 'node:assert/strict';
import { buildArtifact, buildImage, helloIndex } from 'dray/testing';
import { pushGraph, startDockerRegistry } from './docker-registry.ts';
import { startDrayServe } from './dray-serve.ts';
import { peerTest } from './peers.ts';
import { createUser, finish, run } from './run.ts';

const KEPT = buildImage({ layers: [{ fill: 300_000 }, { fill: 100 }], flavour: 'docker' });
const DROPPED = buildImage({ layers: [{ fill: 200_000, seed: 'dropped' }] });
const INDEX = helloIndex();
const SIGNATURE = buildArtifact({ subject: KEPT.root, artifactType: 'application/x.signature' });

peerTest(
  "a folder of docker-registry's is served, cleaned and given back",
  ['docker-registry', 'crane', 'skopeo'],
  async () => {
    const theirs = await startDockerRegistry();
    for (const [name, graph] of Object.entries({ 'team/app:1': KEPT, 'team/old:1': DROPPED, 'team/multi:1': INDEX })) {
      await theirs.push(name, graph);
    }
    const { host, url } = await startDrayServe('--data', theirs.storage);
    const { dray } = createUser();
    assert.equal(await dray(['catalog', host]), 'team/app\nteam/multi\nteam/old\n');
    await dray(['pull', '-q', `${host}/team/app:1`]);
    await pushGraph(url, 'team/app:signature', { graph: SIGNATURE, headers: {} });
    await dray(['copy', '-a', `${host}/team/app`, `${host}/mirror/app`]);
    await dray(['push', '-q', `${host}/team/app:1`]);
    await dray(['delete', '-f', `${host}/team/multi:1`]);
    await dray(['registry', 'rm', '-f', '--data', theirs.storage, 'team/old']);
    await dray(['registry', 'gc', '-m', '--now', '--grace', '0s', '--data', theirs.storage]);

    // Another docker-registry than the one that remembers what it has seen.
    const back = await startDockerRegistry({ storage: theirs.storage });
    const names = (await run('crane', ['catalog', back.host])).trim().split('\n');
    assert.ok(names.includes('mirror/app') && !names.includes('team/old'), names.join(' '));
    for (const name of ['team/app:1', 'mirror/app:1']) {
      await run('crane', ['validate', '--remote', `${back.host}/${name}`]);
      assert.equal((await run('crane', ['digest', `${back.host}/${name}`])).trim(), KEPT.root.digest);
    }
    const signature = await run('crane', ['manifest', `${back.host}/mirror/app:signature`]);
    assert.equal(signature, Buffer.from(SIGNATURE.blobs.get(SIGNATURE.root.digest) ?? []).toString());
    const pulled = ['--src-tls-verify=false', `docker://${back.host}/mirror/app:1`, `dir:${createUser().home}`];
    await run('skopeo', ['copy', '-q', ...pulled]);
    for (const name of ['team/old:1', `team/multi@${INDEX.root.digest}`]) {
      assert.match((await finish('crane', ['manifest', `${back.host}/${name}`])).stderr, /_UNKNOWN/);
    }
    // It takes again what was cleaned away.
    await back.push('team/old:1', DROPPED);
    await back.push('team/multi:1', INDEX);
    for (const name of ['team/old:1', 'team/multi:1']) await dray(['validate', `${host}/${name}`]);
  },
);
