/** While an image is unpacked, somebody else puts links in the place of its folders: what is written still goes nowhere else. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createWorld, pictureOf, type World } from './layers-canary.ts';
import { gzipped, wrap } from './layers-image.ts';
import { file, folder, hardLink, symlink, tar } from './layers-tar.ts';
import { type Ended, runDray } from './run-dray.ts';

const FOLDERS = 12;
const FILES = 150;
const ROUNDS = 4;

/**
 * Swaps, as fast as it can, the folders in all folders below `area` with links to `outside`, and back. Says how often it did. What it has in
 * its hands is moved aside under names of its own, so that it never touches what is outside itself.
 */
const ATTACKER = `
const { readdirSync, renameSync, symlinkSync, unlinkSync, lstatSync } = require('node:fs');
const [area, outside] = process.argv.slice(1);
let swaps = 0;
let stop = false;
process.on('SIGTERM', () => { stop = true; });
const quiet = (work) => { try { return work(); } catch { return undefined; } };
function swap(folder) {
  for (const name of quiet(() => readdirSync(folder)) ?? []) {
    const path = folder + '/' + name;
    if (name.startsWith('swap-') || !quiet(() => lstatSync(path))?.isDirectory()) continue;
    const aside = folder + '/swap-' + name;
    if (quiet(() => (renameSync(path, aside), true)) !== true) continue;
    if (quiet(() => (symlinkSync(outside, path), true)) === true) swaps += 1;
    for (let spin = 0; spin < 20000; spin += 1);
    quiet(() => unlinkSync(path));
    quiet(() => renameSync(aside, path));
  }
}
function round() {
  if (stop) { process.stdout.write(String(swaps)); process.exit(0); }
  for (const holder of quiet(() => readdirSync(area)) ?? []) {
    const inner = area + '/' + holder;
    swap(inner);
    for (const name of quiet(() => readdirSync(inner)) ?? []) if (!name.startsWith('swap-')) swap(inner + '/' + name);
  }
  setImmediate(round);
}
round();
process.stdout.write(' ');
`;

/** Folders with much in them, as an upper layer finds them again; files, links and folders by turns. */
function layers(): Buffer[] {
  const names = Array.from({ length: FOLDERS }, (_, index) => `d${index}`);
  const lower = names.flatMap((name) => [
    folder(name),
    folder(`${name}/e`),
    file(`${name}/first`),
    symlink(`${name}/l`, 'first'),
  ]);
  const upper = Array.from({ length: FILES }, (_, index) =>
    names.flatMap((name) => [
      file(`${name}/e/f${index}`, 'x'.repeat(index)),
      file(`${name}/canary.txt`, 'overwritten'),
      hardLink(`${name}/h${index}`, `${name}/first`),
      folder(`${name}/g${index}`, 0o700),
      file(`${name}/.wh.deep.txt`, ''),
      file(`${name}/.wh.sub`, ''),
    ]),
  ).flat();
  return [tar(...lower), tar(...upper)];
}

async function attacked(
  world: World,
  image: string,
  root: string,
): Promise<{ readonly ended: Ended; readonly swaps: number }> {
  const area = join(world.target, '..');
  const attacker = spawn(process.execPath, ['-e', ATTACKER, area, world.outside], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  attacker.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  await new Promise((resolve) => attacker.stdout.once('data', resolve));
  const closed = new Promise((resolve) => attacker.once('close', resolve));
  try {
    const ended = await runDray(['--root', root, 'unpack', '--platform', 'linux/amd64', image, world.target], {
      folder: world.cwd,
      seconds: 60,
    });
    attacker.kill('SIGTERM');
    await closed;
    return { ended, swaps: Number(said) };
  } finally {
    attacker.kill('SIGKILL');
  }
}

describe('folders that are swapped for links meanwhile', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, () => {
  it('lead nowhere', async () => {
    const base = mkdtempSync(join(tmpdir(), 'dray-swapped-'));
    try {
      const image = wrap(
        layers().map((layer) => gzipped(layer)),
        'layout',
        base,
      );
      let swaps = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        mkdirSync(join(base, `world-${round}`));
        const world = createWorld(join(base, `world-${round}`));
        const outside = { ...world, folder: world.outside };
        const before = pictureOf(outside);
        const result = await attacked(world, image, join(base, 'root'));
        swaps += result.swaps;
        assert.deepEqual(pictureOf(outside), before, result.ended.stderr);
        assert.equal(result.ended.late, false);
        assert.doesNotMatch(result.ended.stderr, /bug of dray|^ {4}at /m);
      }
      assert.ok(swaps > 0, 'nothing was swapped');
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });
});
