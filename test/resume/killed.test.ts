import { describe } from 'node:test';
import { buildImage, buildLayer } from 'dray/testing';
import { killed } from './kill-and-go-on.ts';
import { OUTPUTS } from './pulled-again.ts';

const MiB = 1 << 20;
/** Three layers of a few megabytes, and two small ones. */
const several = buildImage({
  layers: [4 * MiB, 20_000, 3 * MiB, 2 * MiB, 900].map((fill, at) => buildLayer({ fill, seed: `several-${at}` })),
});
describe('kill -9 at twenty moments, and then to the end', { concurrency: 3 }, () => {
  for (const [at, output] of OUTPUTS.entries()) {
    killed('several layers', output, { image: several, rate: 4e6, seed: at + 1 });
  }
});
