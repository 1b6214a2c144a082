import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { buildImage } from 'dray/testing';
import { killed } from './kill-and-go-on.ts';
import { OUTPUTS, type Scene } from './pulled-again.ts';

const MiB = 1 << 20;
/** Large enough for several connections. */
const large = buildImage({ layers: [{ fill: 40 * MiB, seed: 'large' }, { fill: 100_000 }] });

/** True when two requests for one layer were under way at once. */
function cameInParallel({ registry, image }: Scene): void {
  const [layer] = image.layers;
  const ranges = registry.requests.filter(
    ({ reference, headers }) => reference === layer?.digest && /-\d+$/.test(headers.range ?? ''),
  );
  assert.ok(ranges.length > 0, 'only one connection at a time');
}

describe('kill -9 at twenty moments of several connections', { concurrency: 2 }, () => {
  const [store, straight] = OUTPUTS;
  for (const output of [store, straight]) {
    killed('a layer over several connections', output, { image: large, rate: 6e6, seed: 7 }, cameInParallel);
  }
});
