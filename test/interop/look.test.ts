import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, type Stats, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage, type LayerFile, type TestImage } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { layout, peerTest } from './peers.ts';
import { createUser, makeFolder, run, type User } from './run.ts';

/** Real images; the large ones only when they are asked for. */
const NAMES = process.env['DRAY_LARGE_IMAGES'] === '1' ? ['busybox', 'many', 'debian'] : ['busybox', 'many'];

interface Listed {
  readonly path: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly link?: string;
}

/** All that is in a folder, as `dray ls -R --json` tells it. */
function walk(root: string): readonly Listed[] {
  const found: Listed[] = [];
  const visit = (path: string): void => {
    for (const name of readdirSync(join(root, path))) {
      const below = path === '' ? name : `${path}/${name}`;
      const stat = lstatSync(join(root, below));
      const type = typeOf(stat);
      found.push({
        ...{ path: below, type, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid },
        size: type === 'file' ? stat.size : 0,
        ...(type === 'symlink' && { link: readlinkSync(join(root, below)) }),
      });
      if (type === 'directory') visit(below);
    }
  };
  visit('');
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function typeOf(stat: Stats): string {
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'character';
  if (stat.isBlockDevice()) return 'block';
  return stat.isFIFO() ? 'fifo' : 'file';
}

async function list(user: User, image: string): Promise<readonly Listed[]> {
  const files = JSON.parse(await user.dray(['ls', '-R', '--json', image])) as readonly Listed[];
  return files.map(({ path, type, mode, uid, gid, size, link }) => ({
    ...{ path, type, mode, uid, gid, size },
    ...(link !== undefined && { link }),
  }));
}

async function unpacked(image: string): Promise<string> {
  const bundle = join(makeFolder(), 'bundle');
  await run('umoci', ['unpack', '--image', image, bundle]);
  return join(bundle, 'rootfs');
}

for (const name of NAMES) {
  peerTest(
    `ls and cat of the real image ${name} are what umoci unpacks`,
    ['umoci', 'root', `oci-${name}`],
    async () => {
      const user = createUser();
      const tag = JSON.parse(readFileSync(join(layout(name), 'index.json'), 'utf8')).manifests[0].annotations[
        'org.opencontainers.image.ref.name'
      ];
      const root = await unpacked(`${layout(name)}:${tag}`);
      const files = await list(user, `oci:${layout(name)}`);
      assert.deepEqual(files, walk(root));
      const some = files.filter(({ type, size }) => type === 'file' && size > 0).filter((_, at) => at % 97 === 0);
      for (const { path } of some.slice(0, 5)) {
        const { status, stdout } = await user.tryDray(['cat', `oci:${layout(name)}`, path]);
        assert.equal(status, 0);
        assert.ok(stdout.equals(readFileSync(join(root, path))), path);
      }
    },
  );
}

/** The same numbers for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % sides;
  };
}

/** Layers that put, replace, link and take away the same few names again and again. */
function randomImage(seed: number): TestImage {
  const roll = dice(seed);
  const pick = <T>(all: readonly T[]): T => all[roll(all.length)] as T;
  const names = ['a', 'b', 'c'];
  const layers = Array.from({ length: 5 }, () => {
    const files = new Map<string, LayerFile>();
    for (let entries = 0; entries < 6; entries += 1) {
      const parts = Array.from({ length: 1 + roll(3) }, () => pick(names));
      const folders = parts.slice(1).map((_, length) => parts.slice(0, length + 1).join('/'));
      if (folders.some((folder) => files.has(folder))) continue;
      for (const folder of folders) {
        if (!files.has(`${folder}/`)) files.set(`${folder}/`, { name: `${folder}/`, mode: pick([0o755, 0o700]) });
      }
      const path = parts.join('/');
      if (files.has(path) || files.has(`${path}/`)) continue;
      const folder = parts
        .slice(0, -1)
        .map((part) => `${part}/`)
        .join('');
      const kind = roll(8);
      if (kind === 0) files.set(`${path}/`, { name: `${path}/` });
      else if (kind === 1) files.set(path, { name: path, link: pick(['a', '../b', '/c', 'nowhere']) });
      else if (kind === 2) files.set(`${folder}.wh.`, { name: `${folder}.wh.${parts.at(-1)}` });
      else if (kind === 3 && folder !== '') files.set(`${folder}.opq`, { name: `${folder}.wh..wh..opq` });
      else {
        files.set(path, { name: path, content: 'x'.repeat(1 + roll(50)), mode: pick([0o644, 0o4755]) });
        if (kind === 4) files.set(`${path}.link`, { name: `${path}.link`, link: path, type: '1' });
      }
    }
    return { files: [...files.values()] };
  });
  return buildImage({ layers });
}

function writeLayout(image: TestImage): string {
  const folder = makeFolder();
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  for (const [digest, bytes] of image.blobs) writeFileSync(join(folder, 'blobs/sha256', digest.slice(7)), bytes);
  const root = { ...image.root, annotations: { 'org.opencontainers.image.ref.name': 't' } };
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [root] }));
  return folder;
}

peerTest('random layers are listed as umoci unpacks them', ['umoci', 'root'], async () => {
  const user = createUser();
  const count = Number(process.env['DRAY_RANDOM_IMAGES'] ?? 12);
  for (let seed = 1; seed <= count; seed += 1) {
    const folder = writeLayout(randomImage(seed));
    const root = await unpacked(`${folder}:t`);
    assert.deepEqual(await list(user, `oci:${folder}`), walk(root), `seed ${seed}`);
  }
});

peerTest(
  'ls -l of an image in a registry names what crane export has',
  ['crane', 'docker-registry', 'oci-many'],
  async () => {
    const user = createUser();
    const registry = await startDockerRegistry();
    const name = `${registry.host}/many:1`;
    await run('crane', ['push', '--insecure', layout('many'), name]);
    const tar = join(makeFolder(), 'flat.tar');
    await run('crane', ['export', name, tar]);
    const listed = await run('tar', ['--numeric-owner', '--utc', '-tvf', tar]);
    // Folders that no layer names are not in crane's tar.
    const clean = (text: string): string => {
      const lines = text.split('\n').filter((line) => !line.startsWith('d'));
      return lines
        .map((line) => line.replaceAll(/\s+/g, ' '))
        .toSorted()
        .join('\n');
    };
    assert.equal(clean(await user.dray(['ls', '-lR', name])), clean(listed));
  },
);

peerTest('validate and crane agree', ['crane', 'oci-busybox'], async () => {
  const user = createUser();
  const registry = await startDockerRegistry();
  const name = `${registry.host}/busybox:1`;
  await run('crane', ['push', '--insecure', layout('busybox'), name]);
  assert.match(await user.dray(['validate', name]), /^PASS .*\n$/);
  await run('crane', ['validate', '--remote', name]);
});
