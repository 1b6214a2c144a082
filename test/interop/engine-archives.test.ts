import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVE_SHAPES, helloImage, helloIndex, type NamedImage } from 'dray/testing';
import { type EngineHost, startEngineHost } from './engine-host.ts';
import { peerTest } from './peers.ts';
import { run } from './run.ts';

const NEEDS = ['dockerd', 'containerd', 'runc', 'docker', 'skopeo', 'crane'];
const HELLO = helloImage('amd64');
const ID = HELLO.config.digest;
const IMAGES: readonly NamedImage[] = [
  { image: HELLO, names: ['hello:1', 'hello:2'] },
  { image: { ...HELLO, ...helloIndex() }, names: ['multi:1'] },
];

/** dray's engine with two images in it. */
async function startFilled(): Promise<EngineHost> {
  const engine = await startEngineHost('dray');
  const write = ARCHIVE_SHAPES['ctr and nerdctl'] ?? assert.fail();
  writeFileSync(join(engine.home, 'images.tar'), write(IMAGES));
  const loaded = await docker(engine, 'load', '-i', 'images.tar');
  assert.equal(loaded, 'Loaded image: hello:1\nLoaded image: hello:2\nLoaded image: multi:1\n');
  return engine;
}

async function docker(engine: EngineHost, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await engine.docker(args);
  assert.equal(status, 0, `${engine.kind}: docker ${args.join(' ')}: ${stderr}`);
  return stdout.toString();
}

peerTest('what docker saves from dray engine, dockerd loads, and the other way round', NEEDS, async () => {
  const dray = await startFilled();
  for (const kind of ['graph', 'containerd'] as const) {
    const dockerd = await startEngineHost(kind);
    const file = join(dray.home, `${kind}.tar`);
    await docker(dray, 'save', '-o', file, 'hello:1', 'multi:1');
    const lines = (await docker(dockerd, 'load', '-i', file)).trimEnd().split('\n');
    // The old image store has each platform as an image of its own, and most of them without a name.
    const named = lines.filter((line) => !line.startsWith('Loaded image ID: '));
    assert.deepEqual(named.toSorted(), ['Loaded image: hello:1', 'Loaded image: multi:1']);
    await docker(dockerd, 'tag', 'hello:1', 'back:1');
    const back = join(dockerd.home, 'back.tar');
    await docker(dockerd, 'save', '-o', back, 'back:1');
    await run('gzip', ['-k', back]);
    for (const path of [back, `${back}.gz`]) {
      assert.equal(await docker(dray, 'load', '-i', path), 'Loaded image: back:1\n');
      assert.equal(await docker(dray, 'image', 'inspect', '-f', '{{.Id}}', 'back:1'), `${ID}\n`);
      await docker(dray, 'rmi', 'back:1');
    }
    await docker(dockerd, 'save', '-o', back, await docker(dockerd, 'images', '-q', 'hello:1').then((id) => id.trim()));
    assert.equal(await docker(dray, 'load', '-i', back), `Loaded image ID: ${ID}\n`);
  }
});

peerTest('what docker saves from dray engine, skopeo and crane read', NEEDS, async () => {
  const dray = await startFilled();
  const file = join(dray.home, 'one.tar');
  await docker(dray, 'save', '--platform', 'linux/arm64', '-o', file, 'multi:1');
  const config = JSON.parse(await run('skopeo', ['inspect', '--config', `docker-archive:${file}`])) as unknown;
  assert.equal((config as { readonly architecture: string }).architecture, 'arm64');
  await run('skopeo', ['copy', '-q', `oci-archive:${file}`, `oci:${join(dray.home, 'layout')}:1`]);
  await run('crane', ['validate', '--tarball', file]);
  const { status, stderr } = await dray.docker(['save', '--platform', 'linux/s390x', '-o', file, 'multi:1']);
  assert.deepEqual(
    [status, stderr],
    [1, 'Error response from daemon: no suitable export target found for platform linux/s390x\n'],
  );
});
