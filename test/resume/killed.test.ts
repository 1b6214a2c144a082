import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildImage, buildLayer, type TestImage } from 'dray/testing';
import {
  checkServed,
  cutInside,
  finishedIn,
  noFile,
  numbers,
  OUTPUTS,
  type Output,
  openScene,
  pull,
  pullUntil,
  type Scene,
} from './pulled-again.ts';

const MiB = 1 << 20;
const KILLS = 20;

/** Three layers of a few megabytes, and two small ones. */
const several = buildImage({
  layers: [4 * MiB, 20_000, 3 * MiB, 2 * MiB, 900].map((fill, at) => buildLayer({ fill, seed: `several-${at}` })),
});
/** Large enough for several connections. */
const large = buildImage({ layers: [{ fill: 40 * MiB, seed: 'large' }, { fill: 100_000 }] });
/** Enough for a second thread. */
const much = buildImage({
  layers: Array.from({ length: 5 }, (_, at) => buildLayer({ fill: 13 * MiB, seed: `much-${at}` })),
});

interface Killing {
  readonly image: TestImage;
  /** Bytes per second and connection. */
  readonly rate: number;
  readonly seed: number;
}

/** Kills the same pull twenty times, lets it come to its end, and tells how many kills came in the middle of a layer. */
async function killAndGoOn(scene: Scene, output: Output, { image, seed }: Killing): Promise<number> {
  const { registry } = scene;
  const random = numbers(seed);
  const total = image.layers.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const finished = new Set<string>();
  let inside = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const from = registry.requests.length;
    // Every fifth by the clock, so that some come before a layer or between two.
    const stop =
      kill % 5 === 4
        ? { bytes: Number.POSITIVE_INFINITY, milliseconds: 80 + random() * 300 }
        : { bytes: Math.ceil((random() * 1.8 * total) / KILLS), milliseconds: 10_000 };
    const ended = await pullUntil(scene, output, { signal: 'SIGKILL', ...stop });
    if (ended.signal === null) {
      assert.equal(ended.status, 0, ended.stderr);
      assert.ok(kill >= 10, `over after ${kill} kills`);
      break;
    }
    if (output.flags.includes('app.tar')) noFile(scene);
    const asked = registry.requests.slice(from);
    if (cutInside(asked, image)) inside += 1;
    for (const { reference } of asked)
      assert.ok(!finished.has(reference), `${reference} was whole, and asked for again`);
    for (const digest of finishedIn(ended)) finished.add(digest);
  }
  const from = registry.requests.length;
  const ended = await pull(scene, output);
  assert.equal(ended.status, 0, ended.stderr);
  for (const { reference } of registry.requests.slice(from)) {
    assert.ok(!finished.has(reference), `${reference} was whole, and asked for again`);
  }
  return inside;
}

function killed(name: string, output: Output, killing: Killing, check: (scene: Scene) => void = () => undefined): void {
  test(`${name}, into ${output.name}`, async (t) => {
    const scene = await openScene(killing.image, killing.rate);
    try {
      const inside = await killAndGoOn(scene, output, killing);
      output.check(scene);
      checkServed(scene);
      check(scene);
      const total = killing.image.layers.reduce((sum, { bytes }) => sum + bytes.length, 0);
      const { bytes } = scene.registry.served;
      t.diagnostic(`${inside} of ${KILLS} kills inside a layer; ${bytes} bytes served for ${total}`);
      assert.ok(inside >= 10, `only ${inside} of ${KILLS} kills came inside a layer`);
      assert.ok(scene.proxy.down <= bytes + scene.proxy.connections.length * 8192, 'the proxy has seen more');
    } finally {
      await scene.close();
    }
  });
}

/** True when two requests for one layer were under way at once. */
function cameInParallel({ registry, image }: Scene): void {
  const [layer] = image.layers;
  const ranges = registry.requests.filter(
    ({ reference, headers }) => reference === layer?.digest && /-\d+$/.test(headers.range ?? ''),
  );
  assert.ok(ranges.length > 0, 'only one connection at a time');
}

describe('kill -9 at twenty moments, and then to the end', { concurrency: 3 }, () => {
  for (const [at, output] of OUTPUTS.entries()) {
    killed('several layers', output, { image: several, rate: 4e6, seed: at + 1 });
  }
  const [store, straight] = OUTPUTS;
  for (const output of [store, straight]) {
    killed('a layer over several connections', output, { image: large, rate: 6e6, seed: 7 }, cameInParallel);
    killed('layers by several threads', output, { image: much, rate: 5e6, seed: 8 });
  }
});
