import { test } from 'node:test';
import { buildImage, buildLayer, type TestImage } from 'dray/testing';
import { openScene, type Scene } from './pulled-again.ts';

export const MiB: number = 1 << 20;
/** The image of most interruptions. */
export const several: TestImage = buildImage({
  layers: [3 * MiB, 20_000, 2 * MiB, MiB].map((fill, at) => buildLayer({ fill, seed: `interrupted-${at}` })),
});
/** Bytes of the layers of an image. */
export const totalOf = (image: TestImage): number => image.layers.reduce((sum, { bytes }) => sum + bytes.length, 0);
/** Bytes per second and connection. */
export const RATE = 4e6;
/**
 * For kills: what stands in the buffers of connections then is lost, and that is little where it comes slowly, also to a process that
 * the machine has put aside for half a second.
 */
export const SLOW_RATE = 4e5;

/** A test with a registry and a folder of its own. */
export function scene(
  title: string,
  body: (scene: Scene) => Promise<void>,
  image: TestImage = several,
  rate: number = RATE,
): void {
  test(title, async () => {
    const open = await openScene(image, rate);
    try {
      await body(open);
    } finally {
      await open.close();
    }
  });
}
