import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestImage } from 'dray/testing';
import {
  checkServed,
  cutInside,
  finishedIn,
  noFile,
  numbers,
  type Output,
  openScene,
  pull,
  pullUntil,
  type Scene,
} from './pulled-again.ts';

const KILLS = 20;

export interface Killing {
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

/** A pull that is killed at twenty moments, and then comes to its end. */
export function killed(
  name: string,
  output: Output,
  killing: Killing,
  check: (scene: Scene) => void = () => undefined,
): void {
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
