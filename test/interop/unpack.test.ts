/** What dray unpacks is what umoci and GNU tar make of the same layers. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { startDockerRegistry } from './docker-registry.ts';
import { layout, peerTest } from './peers.ts';
import { COMMAND, createUser, finish, makeFolder, run } from './run.ts';
import { treePicture } from './tree-picture.ts';

/** Real images; the large ones only when they are asked for. */
const NAMES = process.env['DRAY_LARGE_IMAGES'] === '1' ? ['busybox', 'many', 'debian', 'big'] : ['busybox', 'many'];

for (const name of NAMES) {
  peerTest(`unpack as umoci does: the real image ${name}`, ['umoci', 'root', `oci-${name}`], async () => {
    const { dray, home } = createUser();
    await dray(['unpack', '-q', layout(name), 'ours']);
    await run('umoci', ['raw', 'unpack', '--image', `${layout(name)}:latest`, join(home, 'theirs')]);
    const [ours, theirs] = ['ours', 'theirs'].map((one) => treePicture(join(home, one), { folderTimes: false }));
    assert.deepEqual(ours, theirs);
  });

  peerTest(`export what unpack gives: the real image ${name}`, ['tar', 'root', `oci-${name}`], async () => {
    const { dray, home } = createUser();
    await dray(['unpack', '-q', layout(name), 'unpacked']);
    await dray(['export', '-q', layout(name), '-o', 'image.tar']);
    mkdirSync(join(home, 'untarred'));
    await run('tar', ['--delay-directory-restore', '-xpf', join(home, 'image.tar'), '-C', join(home, 'untarred')]);
    const [ours, theirs] = ['unpacked', 'untarred'].map((one) => treePicture(join(home, one), { folderTimes: true }));
    assert.deepEqual(ours, theirs);
  });
}

const OLD = 1_234_567_890;

/** Two layers of all kinds of files, as umoci writes them: the second hides and replaces what the first has. */
async function umociImage(folder: string): Promise<string> {
  const image = `${join(folder, 'image')}:latest`;
  await run('umoci', ['init', '--layout', join(folder, 'image')]);
  await run('umoci', ['new', '--image', image]);
  for (const change of [firstLayer, secondLayer]) {
    const bundle = join(folder, 'bundle');
    await run('umoci', ['unpack', '--image', image, bundle]);
    await change(join(bundle, 'rootfs'));
    await run('umoci', ['repack', '--image', image, bundle]);
    rmSync(bundle, { recursive: true });
  }
  return image;
}

async function firstLayer(root: string): Promise<void> {
  for (const name of ['usr/lib/deep', 'gone/below', 'kept', 'becomes-file', 'opaque'])
    mkdirSync(join(root, name), { recursive: true });
  symlinkSync('usr/lib', join(root, 'lib'));
  for (const name of [
    'usr/lib/a',
    'gone/below/x',
    'kept/one',
    'kept/two',
    'kept/lent',
    'becomes-file/x',
    'becomes-folder',
    'opaque/old',
    'grüße',
  ])
    writeFileSync(join(root, name), name);
  linkSync(join(root, 'kept/one'), join(root, 'kept/hard'));
  chownSync(join(root, 'kept/two'), 3_000_000, 65_534);
  chmodSync(join(root, 'kept/two'), 0o6751);
  chownSync(join(root, 'kept/lent'), 3_000_000, 65_534);
  chmodSync(join(root, 'kept/lent'), 0o6751);
  await run('mknod', [join(root, 'null'), 'c', '1', '3']);
  await run('mkfifo', [join(root, 'fifo')]);
  utimesSync(join(root, 'kept/one'), OLD, OLD + 0.125);
  lutimesSync(join(root, 'lib'), OLD, OLD);
  utimesSync(join(root, 'kept'), OLD, OLD);
}

async function secondLayer(root: string): Promise<void> {
  for (const name of ['gone', 'becomes-file', 'becomes-folder', 'kept/two', 'opaque'])
    rmSync(join(root, name), { recursive: true });
  writeFileSync(join(root, 'becomes-file'), 'a file now');
  mkdirSync(join(root, 'becomes-folder'));
  mkdirSync(join(root, 'opaque'));
  writeFileSync(join(root, 'opaque/new'), 'new');
  writeFileSync(join(root, 'lib/b'), 'through the link');
  chmodSync(join(root, 'usr/lib/deep'), 0o500);
}

peerTest('unpack as umoci does: layers that umoci wrote', ['umoci', 'root'], async () => {
  const { dray, home } = createUser();
  const folder = makeFolder();
  const image = await umociImage(folder);
  await dray([
    'unpack',
    '-q',
    '--platform',
    `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
    `oci:${image}`,
    'ours',
  ]);
  await run('umoci', ['raw', 'unpack', '--image', image, join(home, 'theirs')]);
  const [ours = [], theirs = []] = ['ours', 'theirs'].map((one) => treePicture(join(home, one), { folderTimes: true }));
  assert.deepEqual(ours, theirs);
  assert.ok(!ours.some((line) => line.startsWith('kept/two ')), 'a file that was hidden is there');
  assert.ok(
    ours.some((line) => line.startsWith('usr/lib/b ')),
    'what was written through a link is not there',
  );
});

peerTest(
  'unpack and export an image of a registry',
  ['docker-registry', 'skopeo', 'tar', 'root', 'oci-busybox'],
  async () => {
    const registry = await startDockerRegistry();
    const reference = `${registry.host}/real/busybox:1`;
    await run('skopeo', ['copy', '-q', '--dest-tls-verify=false', `oci:${layout('busybox')}`, `docker://${reference}`]);
    const { dray, tryDray, home } = createUser();
    await dray(['unpack', '-q', layout('busybox'), 'near']);
    await dray(['unpack', '-q', reference, 'far']);
    await dray(['export', '-q', reference, '-o', 'far.tar']);
    mkdirSync(join(home, 'untarred'));
    await run('tar', ['--delay-directory-restore', '-xpf', join(home, 'far.tar'), '-C', join(home, 'untarred')]);
    const [near, far, untarred] = ['near', 'far', 'untarred'].map((one) =>
      treePicture(join(home, one), { folderTimes: true }),
    );
    assert.deepEqual(far, near);
    assert.deepEqual(untarred, near);
    const { status, stderr } = await tryDray(['unpack', '-q', `${registry.host}/real/nothing:1`, 'nowhere']);
    assert.equal(status, 4, stderr);
    assert.deepEqual(
      readdirSync(home)
        .filter((name) => !name.startsWith('.'))
        .toSorted(),
      ['far', 'far.tar', 'near', 'untarred'],
    );
  },
);

peerTest('unpack as somebody who is not root', ['umoci', 'root', 'setpriv'], async () => {
  const { home, env } = createUser();
  const image = await umociImage(home);
  // What only root may read is of no use to nobody.
  copyFileSync(COMMAND, join(home, 'dray.mjs'));
  await run('chown', ['-R', 'nobody', home]);
  const asNobody = ['--reuid=nobody', '--regid=nogroup', '--clear-groups', process.execPath, join(home, 'dray.mjs')];
  const flags = ['unpack', '-q', '--platform', `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`];
  const { status, stderr } = await finish('setpriv', [...asNobody, ...flags, `oci:${image}`, join(home, 'ours')], {
    env,
  });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^WARNING: .*null.*recorded in \.dray-owners\.json$/m);
  const record = JSON.parse(readFileSync(join(home, 'ours/.dray-owners.json'), 'utf8')) as { entries: object };
  assert.deepEqual(record, {
    version: 1,
    entries: {
      null: { uid: 0, gid: 0, mode: 0o644, device: { type: 'character', major: 1, minor: 3 } },
      'kept/lent': { uid: 3_000_000, gid: 65_534, mode: 0o6751 },
    },
  });
  await run('umoci', ['raw', 'unpack', '--image', image, join(home, 'theirs')]);
  const [ours = [], theirs = []] = ['ours', 'theirs'].map((one) => namesOf(join(home, one)));
  assert.deepEqual(
    ours.filter((name) => name !== '.dray-owners.json'),
    theirs.filter((name) => name !== 'null'),
  );
  assert.equal(lstatSync(join(home, 'ours/kept/lent')).mode & 0o7777, 0o751);
});

function namesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).toSorted();
}
