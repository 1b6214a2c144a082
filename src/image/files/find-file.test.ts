import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { hasCode } from '#errors';
import { buildImage, type LayerFile, type TestImage } from '#testing';
import { FileFinder } from './find-file.ts';
import { LookWorld } from './look-world.test.fixture.ts';
import { withLayers } from './open-image.ts';

let world: LookWorld;
beforeEach(() => {
  world = new LookWorld();
});
afterEach(() => world.close());

/** The same numbers for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 7919;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % sides;
  };
}

const NAMES = ['a', 'b', 'c'];

/** Layers that put, replace, link and take away the same few names, often in folders that they do not name. */
function randomImage(seed: number): TestImage {
  const roll = dice(seed);
  const pick = <T>(all: readonly T[]): T | undefined => all[roll(all.length)];
  const layers = Array.from({ length: 2 + roll(3) }, () => {
    const files = Array.from({ length: 1 + roll(4) }, (): readonly LayerFile[] => {
      const parts = Array.from({ length: 1 + roll(3) }, () => pick(NAMES) ?? '');
      const folders = parts.slice(1).map((_, at) => ({ name: `${parts.slice(0, at + 1).join('/')}/` }));
      const named = roll(2) === 0 ? folders : [];
      const path = parts.join('/');
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      switch (roll(7)) {
        case 0:
          return [...named, { name: `${path}/` }];
        case 1:
          return [...named, { name: path, link: pick(['a', '../b', '/c', '/a/b', 'nowhere']) ?? '' }];
        case 2:
          return [...named, { name: `${folder}.wh.${parts.at(-1)}` }];
        case 3:
          return [...named, { name: `${folder}.wh..wh..opq` }];
        case 4:
          return [...named, { name: path, content: 'x' }, { name: `${folder}${pick(NAMES)}`, link: path, type: '1' }];
        default:
          return [...named, { name: path, content: 'x'.repeat(1 + roll(9)) }];
      }
    });
    return { files: files.flat() };
  });
  return buildImage({ layers });
}

/** What stands at a path, as text. */
async function found(finder: FileFinder, path: string, follow: boolean): Promise<string> {
  try {
    const what = await finder.find(path, { follow });
    return 'item' in what ? `${what.item.type} ${what.item.layer}:${what.item.offset}` : 'folder';
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
    return 'absent';
  }
}

test('what the upper layers tell is what all of them do, in many small images', async () => {
  const paths = NAMES.flatMap((a) => [
    a,
    ...NAMES.flatMap((b) => [`${a}/${b}`, ...NAMES.map((c) => `${a}/${b}/${c}`)]),
  ]);
  let whole = 0;
  for (let seed = 1; seed <= 150; seed += 1) {
    await world.keep({ 'app:1': randomImage(seed) });
    await withLayers('app:1', world.places, { action: 'look into' }, async (image) => {
      const all = new FileFinder(image);
      try {
        await all.tree();
      } catch (error) {
        // Nobody could unpack it.
        if (hasCode(error, 'CORRUPT_LAYER')) return;
        throw error;
      }
      whole += 1;
      for (const path of paths) {
        for (const follow of [true, false]) {
          const told = await found(new FileFinder(image), path, follow);
          assert.equal(told, await found(all, path, follow), `seed ${seed}: ${path}`);
        }
      }
    });
  }
  assert.ok(whole > 40, `${whole} images could be unpacked`);
});
