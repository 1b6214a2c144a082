import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVE_SHAPES, buildImage, startRegistry, tarOf } from 'dray/testing';
import { atEnd } from '../interop/cleanup.ts';
import { type EngineHost, startEngineHost } from '../interop/engine-host.ts';
import { peerTest } from '../interop/peers.ts';
import { fill, removeDisk, smallDisk } from '../small-disk.ts';

const MIB = 1 << 20;
const LAYER = 8 * MIB;
const LARGE = 4 * LAYER;
const NO_SPACE = /no space left on device\n$/;

async function listed({ docker }: EngineHost): Promise<readonly string[]> {
  const { status, stdout, stderr } = await docker(['images', '-a', '--format', '{{.Repository}}:{{.Tag}}']);
  assert.equal(status, 0, stderr);
  return stdout.toString().split('\n').filter(Boolean).sort();
}

peerTest(
  'an engine whose disk is full says so, keeps what it has, and goes on when there is space',
  ['docker', 'root'],
  async (t) => {
    const disk = smallDisk();
    if (disk === undefined) return t.skip('no right to mount a small disk');
    atEnd(() => removeDisk(disk));
    const image = (seed: string, count: number): ReturnType<typeof buildImage> =>
      buildImage({ layers: Array.from({ length: count }, (_, at) => ({ fill: LAYER, seed: `${seed}-${at}` })) });
    const registry = await startRegistry({ images: { 'small:1': buildImage(), 'large:1': image('large', 4) } });
    atEnd(() => registry.close());
    const engine = await startEngineHost('dray', '--root', join(disk, 'store'));
    const { docker, home } = engine;
    const [small, large] = [registry.reference('small:1'), registry.reference('large:1')];
    const succeeds = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await docker(args);
      assert.equal(status, 0, `docker ${args.join(' ')}: ${stderr}`);
      return stdout.toString();
    };
    const fails = async (...args: string[]): Promise<void> => {
      const { status, stdout, stderr } = await docker(args);
      assert.equal(status, 1, `docker ${args.join(' ')}: ${stdout.toString()}${stderr}`);
      assert.match(stderr, NO_SPACE, args.join(' '));
    };
    await succeeds('pull', small);
    await succeeds('tag', small, 'kept:1');
    await succeeds('tag', small, 'kept:2');
    const archive = ARCHIVE_SHAPES['docker 25, both at once']?.([{ image: image('loaded', 3), names: ['loaded:1'] }]);
    writeFileSync(join(home, 'loaded.tar'), archive ?? '');
    writeFileSync(join(home, 'files.tar'), tarOf([{ name: 'large', content: 'x'.repeat(30 * MIB) }]));
    const before = await listed(engine);

    await fails('pull', large);
    assert.deepEqual(await listed(engine), before);
    await fails('load', '-i', 'loaded.tar');
    await fails('import', 'files.tar', 'imported:1');
    assert.deepEqual(await listed(engine), before);

    fill(join(disk, 'filler'));
    await fails('pull', large);
    await fails('tag', 'kept:1', 'more:1');
    assert.deepEqual(await listed(engine), before);
    await succeeds('image', 'inspect', 'kept:1');
    await succeeds('rmi', 'kept:2');
    await succeeds('image', 'prune', '-f');
    assert.deepEqual(
      await listed(engine),
      before.filter((name) => name !== 'kept:2'),
    );

    rmSync(join(disk, 'filler'));
    execFileSync('mount', ['-o', 'remount,size=200m', disk]);
    const again = registry.served.bytes;
    await succeeds('pull', large);
    assert.ok(registry.served.bytes - again < LARGE - 2 * LAYER, 'what had arrived was fetched again');
    await succeeds('load', '-i', 'loaded.tar');
    await succeeds('import', 'files.tar', 'imported:1');
    await succeeds('tag', 'kept:1', 'more:1');
    assert.equal(engine.said(), `${engine.host}\n`, 'it has printed something');
  },
);
