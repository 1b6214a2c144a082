import assert from 'node:assert/strict';
import { buildImage, helloImage, helloIndex, PROGRAM_OUTPUT } from 'dray/testing';
import { pushGraph } from './docker-registry.ts';
import { type ImageStore, startDockerDaemon } from './dockerd.ts';
import { type DrayServe, startDrayServe } from './dray-serve.ts';
import { peerTest } from './peers.ts';
import { run } from './run.ts';

const NEEDS = ['dockerd', 'containerd', 'runc', 'docker', 'crane'];
const KINDS = {
  oci: helloImage('amd64'),
  schema2: helloImage('amd64', { flavour: 'docker' }),
  zstd: helloImage('amd64', { compression: 'zstd' }),
  index: helloIndex(),
  list: helloIndex({ flavour: 'docker' }),
  large: buildImage({ layers: [{ fill: 5_000_000 }, { fill: 100 }] }),
};

async function filled(): Promise<DrayServe> {
  const served = await startDrayServe();
  for (const [name, graph] of Object.entries(KINDS)) {
    await pushGraph(served.url, `team/${name}:1`, { graph, headers: {} });
  }
  return served;
}

let shared: Promise<DrayServe> | undefined;

for (const images of ['graph', 'containerd'] as const satisfies readonly ImageStore[]) {
  peerTest(`docker, with its ${images} image store`, NEEDS, async () => {
    const { host, url } = await (shared ??= filled());
    const { docker, tryDocker } = await startDockerDaemon(images);
    const mine = `${host}/${images}`;
    for (const [kind, graph] of Object.entries(KINDS)) {
      const pulled = await docker('pull', `${host}/team/${kind}:1`);
      assert.match(pulled, new RegExp(`^Digest: ${graph.root.digest}$`, 'm'));
      if (kind === 'large') continue;
      assert.equal(await docker('run', '--rm', '--network=none', `${host}/team/${kind}:1`), PROGRAM_OUTPUT);
    }

    await docker('tag', `${host}/team/schema2:1`, `${mine}/hello`);
    await docker('tag', `${mine}/hello`, `${mine}/hello:0.1`);
    const first = await docker('push', `${mine}/hello`);
    assert.match(first, /^Using default tag: latest\nThe push refers to repository \[[^\]]+\/hello\]$/m);
    assert.match(first, /^[\da-f]{12}: Mounted from team\/\w+$/m);
    const digest = /^latest: digest: (sha256:[\da-f]{64}) size: \d+$/m.exec(first)?.[1] ?? assert.fail(first);
    assert.equal((await run('crane', ['digest', `${mine}/hello`])).trim(), digest);
    const second = await docker('push', `${mine}/hello:0.1`);
    assert.match(second, /^[\da-f]{12}: Layer already exists\n0\.1: digest: /m);
    await docker('tag', `${host}/team/large:1`, `${mine}/hello:large`);
    await docker('push', '-q', '-a', `${mine}/hello`);
    assert.equal(await run('crane', ['ls', `${mine}/hello`]), '0.1\nlarge\nlatest\n');

    // A layer that the registry does not know is sent.
    await docker('create', '--name', 'made', `${host}/team/large:1`, 'x');
    await docker('commit', '-c', 'LABEL made=here', 'made', `${mine}/made:1`);
    assert.match(await docker('push', `${mine}/made:1`), /^1: digest: sha256:/m);
    await docker('rm', 'made');
    for (const name of ['hello:latest', 'hello:0.1', 'hello:large', 'made:1']) {
      await run('crane', ['validate', '--remote', `${mine}/${name}`]);
    }
    await docker('manifest', 'create', '--insecure', `${mine}/hello:both`, `${mine}/hello:0.1`, `${mine}/made:1`);
    await docker('manifest', 'push', '--insecure', `${mine}/hello:both`);
    assert.match(await docker('manifest', 'inspect', '--insecure', `${mine}/hello:both`), new RegExp(digest));

    await docker('rmi', '-f', ...(await docker('images', '-q')).trim().split('\n'));
    await docker('pull', '-q', '-a', `${mine}/hello`);
    await docker('pull', '-q', `${mine}/hello@${digest}`);
    assert.equal(await docker('run', '--rm', '--network=none', `${mine}/hello`), PROGRAM_OUTPUT);

    const refused = async (reference: string): Promise<string> => (await tryDocker('pull', reference)).stderr;
    assert.match(await refused(`${mine}/hello:none`), /not found/);
    assert.match(await refused(`${mine}/none`), /not found/);
    await fetch(`${url}/v2/${images}/hello/manifests/${digest}`, { method: 'DELETE' });
    assert.match(await refused(`${mine}/hello:0.1`), /not found/);
    assert.equal(await run('crane', ['ls', `${mine}/hello`]), 'both\nlarge\n');
  });
}
