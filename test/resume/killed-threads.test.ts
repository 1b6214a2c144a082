import { describe } from 'node:test';
import { buildImage, buildLayer } from 'dray/testing';
import { killed } from './kill-and-go-on.ts';
import { OUTPUTS } from './pulled-again.ts';

const MiB = 1 << 20;
/** Enough for a second thread. */
const much = buildImage({
  layers: Array.from({ length: 5 }, (_, at) => buildLayer({ fill: 13 * MiB, seed: `much-${at}` })),
});

describe('kill -9 at twenty moments of several threads', { concurrency: 2 }, () => {
  const [store, straight] = OUTPUTS;
  for (const output of [store, straight])
    killed('layers by several threads', output, { image: much, rate: 5e6, seed: 8 });
});
