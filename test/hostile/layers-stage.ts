import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createWorld, pictureOf, type World } from './layers-canary.ts';
import { gzipped, type HostileLayer, type WrapOptions, type Wrapping, wrap } from './layers-image.ts';
import { checkTree, type Seen, type Tree, treeOf } from './layers-tree.ts';
import { checkManners } from './manners.ts';
import { type Ended, runDray } from './run-dray.ts';

/** An image that is unpacked, and what has to come of it. */
export interface LayerCase {
  readonly name: string;
  /** Bottom first; a buffer is a tar, stored gzipped. */
  readonly layers: (world: World) => readonly (Buffer | HostileLayer)[];
  /**
   * `refused`: it fails with words. A tree: it succeeds, with this in the folder. `contained`: either, since the peers differ or the
   * specification is silent; but nothing outside is touched or read, in any case.
   */
  readonly expect: 'refused' | 'contained' | Tree;
  /** Why that is right. */
  readonly why: string;
  /** How the image is stored; by turns where nothing is said. */
  readonly wrapping?: Wrapping | undefined;
  readonly options?: WrapOptions | undefined;
  /** Seconds that the command may take; 15 by default. */
  readonly limit?: number | undefined;
  /** Only as root, since it is about owners or devices. */
  readonly root?: boolean | undefined;
  /** Looks at what is there after a success. */
  readonly check?: ((seen: ReadonlyMap<string, Seen>) => void) | undefined;
}

const WRAPPINGS: readonly Wrapping[] = ['layout', 'docker-archive', 'oci-archive'];
const isRoot = process.getuid?.() === 0;

/** Runs each case as a test of its own, two at a time. */
export function unpackAll(title: string, cases: readonly LayerCase[]): void {
  describe(title, { concurrency: 2 }, () => {
    for (const [at, one] of cases.entries()) {
      const skip = one.root === true && !isRoot ? 'needs root' : false;
      it(one.name, { skip }, () => play(one, one.wrapping ?? WRAPPINGS[at % 3] ?? 'layout'));
    }
  });
}

async function play(one: LayerCase, wrapping: Wrapping): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-layers-'));
  try {
    mkdirSync(join(folder, 'world'));
    const world = createWorld(join(folder, 'world'));
    const layers = one.layers(world).map((layer) => (Buffer.isBuffer(layer) ? gzipped(layer) : layer));
    const image = wrap(layers, wrapping, folder, one.options);
    const before = pictureOf(world);
    const args = ['--root', join(folder, 'root'), 'unpack', '--platform', 'linux/amd64', image, world.target];
    const ended = await runDray(args, { folder: world.cwd, seconds: one.limit ?? 15 });
    assert.deepEqual(pictureOf(world), before, `something outside was touched: ${ended.stderr}`);
    checkManners(ended);
    checkEnd(one, world, ended);
  } finally {
    // Not with rmSync: folders may be too deep for it. Some cannot be written to.
    if (!isRoot) execFileSync('chmod', ['-R', 'u+rwX', join(folder, 'world/area')]);
    execFileSync('rm', ['-rf', folder]);
  }
}

function checkEnd({ expect, why, check }: LayerCase, { target }: World, ended: Ended): void {
  const { status, stderr } = ended;
  if (status !== 0) {
    assert.ok(expect === 'refused' || expect === 'contained', `${why}: exit ${status}: ${stderr}`);
    assert.ok(status !== null && status >= 2 && status <= 7, `exit ${status} ${ended.signal}: ${stderr}`);
    assert.match(stderr, /^dray: /m);
    treeOf(target);
    return;
  }
  assert.notEqual(expect, 'refused', `${why}: it succeeded: ${stderr}`);
  const seen = treeOf(target);
  check?.(seen);
  if (typeof expect === 'object') checkTree(target, expect);
}
