import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bytesOf } from '#bytes';
import { hasCode } from '#errors';
import { readTar } from '../tar/read.ts';
import { flatLayer, planFlat, TAR_END } from './flatten.ts';
import { file, folder, hardlink, layerTar, symlink, type TarPart, whiteout } from './layer-tar.test.fixture.ts';
import { listLayer } from './list-layer.ts';
import { MemoryTree } from './memory-tree.ts';
import { inFolder, unpackInto } from './trees.test.fixture.ts';

type Layers = readonly (readonly TarPart[])[];

async function flatten(layers: Layers): Promise<Buffer> {
  const tree = new MemoryTree();
  const tars = layers.map((parts) => layerTar(...parts));
  for (const [layer, tar] of tars.entries())
    tree.apply(await listLayer(bytesOf(tar), { layer, what: 'x' }), { lowest: layer === 0 });
  const plan = planFlat(tree);
  const chunks: Buffer[] = [];
  for (const [layer, tar] of tars.entries())
    for await (const chunk of flatLayer(readTar(bytesOf(tar), 'x'), plan.get(layer))) chunks.push(Buffer.from(chunk));
  return Buffer.concat([...chunks, TAR_END]);
}

/** Everything of a folder: kind, rights, owner, time, links to one file, content. */
function pictureOf(root: string): Readonly<Record<string, string>> {
  const picture: Record<string, string> = {};
  const first = new Map<number, string>();
  const visit = (path: string): void => {
    const full = join(root, path);
    const stats = lstatSync(full);
    const { mode, uid, gid, mtimeMs, ino, rdev } = stats;
    let content = '';
    if (stats.isFile()) content = readFileSync(full, 'utf8');
    if (stats.isSymbolicLink()) content = readlinkSync(full);
    const same = stats.isDirectory() ? '' : (first.get(ino) ?? '');
    if (!stats.isDirectory() && same === '') first.set(ino, path);
    picture[path] = [mode.toString(8), uid, gid, mtimeMs, rdev, content, same].join(' ');
    if (stats.isDirectory()) for (const name of readdirSync(full).toSorted()) visit(join(path, name));
  };
  visit('.');
  return picture;
}

/** GNU tar's own view of what was written. */
function untar(tar: Buffer, folderPath: string): string {
  mkdirSync(folderPath);
  writeFileSync(`${folderPath}.tar`, tar);
  execFileSync('tar', ['--delay-directory-restore', '--numeric-owner', '-xpf', `${folderPath}.tar`, '-C', folderPath], {
    stdio: 'pipe',
  });
  return folderPath;
}

const NAME = fc.constantFrom('a', 'b', 'c');
const PATH = fc.array(NAME, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const MTIME = fc.integer({ min: 1, max: 1_700_000_000 });
const MODE = fc.constantFrom(0o644, 0o755, 0o700, 0o711);
const PART: fc.Arbitrary<TarPart> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ name: PATH, body: fc.string({ maxLength: 5 }), mode: MODE, mtime: MTIME }) },
  { weight: 3, arbitrary: fc.tuple(PATH, MODE, MTIME).map(([name, mode, mtime]) => folder(name, { mode, mtime })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(PATH, fc.constantFrom('a', '/b', '../c', 'a/b', '.'))
      .map(([name, link]) => symlink(name, link)),
  },
  { weight: 1, arbitrary: fc.tuple(PATH, PATH).map(([name, link]) => hardlink(name, link)) },
  { weight: 1, arbitrary: PATH.map((path) => whiteout(path.replace(/[^/]*$/, '.wh.$&'))) },
  { weight: 1, arbitrary: PATH.map((path) => whiteout(`${path}/.wh..wh..opq`)) },
);
const LAYERS = fc
  .tuple(fc.array(PART, { minLength: 1, maxLength: 8 }), fc.array(fc.array(PART, { maxLength: 8 }), { maxLength: 3 }))
  .map(([base, others]) => [base, ...others]);

describe('a tar of all layers', { skip: spawnSync('tar', ['--version']).status === 0 ? false : 'no tar here' }, () => {
  it('has the tree that unpacking gives, or is refused as that is', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(LAYERS, (layers) =>
        inFolder(async (path) => {
          const tar = await flatten(layers).catch((error: unknown) => error);
          const unpacked = await unpackInto(path, layers).catch((error: unknown) => error);
          if (!Buffer.isBuffer(tar)) {
            assert.ok(
              hasCode(tar, 'CORRUPT_LAYER') && hasCode(unpacked, 'CORRUPT_LAYER'),
              `${String(tar)} ${String(unpacked)}`,
            );
            return;
          }
          compared += 1;
          assert.deepEqual(pictureOf(untar(tar, join(path, 'tar'))), pictureOf(join(path, 'root')));
        }),
      ),
      { numRuns: 120 },
    );
    assert.ok(compared > 5, `${compared} compared`);
  });
  it('has long names, large numbers and fractions of seconds', () =>
    inFolder(async (path) => {
      const long = `${'d'.repeat(120)}/${'n'.repeat(200)}`;
      const parts = [
        file('x', 'content', { pax: { path: long, mtime: '1577836800.125', uid: '0' } }),
        symlink('l', 'x'),
        { ...file('y', ''), pax: { linkpath: `${'t'.repeat(150)}ü`, path: 'l2' }, type: '2' },
        file('ü', '', { pax: { mtime: '12.5' } }),
      ];
      await unpackInto(path, [parts]);
      assert.deepEqual(pictureOf(untar(await flatten([parts]), join(path, 'tar'))), pictureOf(join(path, 'root')));
    }));
  it('is the same every time, and has nothing that was hidden', async () => {
    const layers = [
      [file('a', 'secret'), file('b')],
      [whiteout('.wh.a'), file('b', 'new')],
    ];
    const tar = await flatten(layers);
    assert.ok(tar.equals(await flatten(layers)));
    assert.doesNotMatch(tar.toString('latin1'), /secret|\.wh\./);
  });
});
