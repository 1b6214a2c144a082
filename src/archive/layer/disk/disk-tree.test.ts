import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { file, folder, hardlink, symlink } from '../layer-tar.test.fixture.ts';
import { inFolder, unpackInto } from '../trees.test.fixture.ts';
import { Folder } from './folder.ts';

const isRoot = process.geteuid?.() === 0;
const needsRoot = { skip: isRoot ? false : 'needs root' };
const needsUser = { skip: isRoot ? 'is about who is not root' : false };
const needsLinux = { skip: process.platform === 'linux' ? false : 'needs /proc' };

describe('what is unpacked to the disk', () => {
  it('has names and link targets of any bytes', needsLinux, () =>
    inFolder(async (path) => {
      const name = Buffer.from('a\xe9\xf0', 'latin1');
      const parts = [
        { name, body: 'x' },
        symlink('l', name),
        file('ü', '€'),
        { name: Buffer.concat([name, Buffer.from('d/')]), type: '5' },
      ];
      const { path: root } = await unpackInto(path, [parts]);
      const names = readdirSync(root, { encoding: 'buffer' }).map((found) => found.toString('latin1'));
      assert.deepEqual(
        names.toSorted(),
        ['a\xe9\xf0', 'a\xe9\xf0d', 'l', Buffer.from('ü').toString('latin1')].toSorted(),
      );
      assert.equal(readFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), 'utf8'), 'x');
      assert.equal(readFileSync(join(root, 'l'), 'utf8'), 'x');
    }),
  );
  it('has rights and times, to a fraction of a second', () =>
    inFolder(async (path) => {
      const parts = [
        file('a', 'x', { mode: 0o751, pax: { mtime: '1577836800.125' } }),
        file('old', '', { pax: { mtime: '-5' } }),
        symlink('l', 'a'),
      ];
      const { path: root } = await unpackInto(path, [parts]);
      const { mode, mtimeMs } = statSync(join(root, 'a'));
      assert.deepEqual([mode & 0o7777, mtimeMs], [0o751, 1_577_836_800_125]);
      assert.equal(Math.floor(statSync(join(root, 'old')).mtimeMs / 1000), -5);
      assert.equal(lstatSync(join(root, 'l')).mtimeMs, 1_600_000_000_000);
    }));
  it('has the owners and their borrowed rights', needsRoot, () =>
    inFolder(async (path) => {
      const owner = { uid: 12_345, gid: 54_321 };
      const parts = [
        file('a', '', { ...owner, mode: 0o6755 }),
        folder('d', { ...owner, mode: 0o3770 }),
        { ...symlink('l', '/etc/passwd'), ...owner },
        file('big', '', { pax: { uid: '4294967294', gid: '3000000000' } }),
      ];
      const before = statSync('/etc/passwd').uid;
      const { path: root, unset } = await unpackInto(path, [parts]);
      const facts = ['a', 'd', 'l', 'big'].map((name) => {
        const { uid, gid, mode } = lstatSync(join(root, name));
        return [uid, gid, mode & 0o7777];
      });
      assert.deepEqual(
        facts.map(([uid, gid]) => [uid, gid]),
        [
          [12_345, 54_321],
          [12_345, 54_321],
          [12_345, 54_321],
          [4_294_967_294, 3_000_000_000],
        ],
      );
      assert.deepEqual(
        facts.slice(0, 2).map(([, , mode]) => mode),
        [0o6755, 0o3770],
      );
      assert.equal(statSync('/etc/passwd').uid, before);
      assert.equal(unset.size, 0);
    }),
  );
  it('says which owners it has not', needsUser, () =>
    inFolder(async (path) => {
      const parts = [file('a', '', { uid: 5, mode: 0o4755 }), file('b', '', { mode: 0o755 }), folder('d', { gid: 9 })];
      const { path: root, unset } = await unpackInto(path, [parts]);
      assert.deepEqual(Object.fromEntries(unset), { a: { uid: 5, gid: 0, mode: 0o4755 }, d: { uid: 0, gid: 9 } });
      assert.equal(statSync(join(root, 'a')).mode & 0o7777, 0o755);
    }),
  );
  it('has devices and fifos', needsRoot, () =>
    inFolder(async (path) => {
      const parts = [
        { name: 'null', type: '3', device: [1, 3], mode: 0o666, uid: 7 } as const,
        { name: 'p', type: '6', mode: 0o622 } as const,
        hardlink('p2', 'p'),
      ];
      const { path: root, unset } = await unpackInto(path, [parts]);
      const fifo = lstatSync(join(root, 'p'));
      assert.deepEqual(
        [fifo.isFIFO(), fifo.mode & 0o777, fifo.nlink, fifo.mtimeMs],
        [true, 0o622, 2, 1_600_000_000_000],
      );
      assert.deepEqual(readdirSync(root).toSorted().slice(-2), ['p', 'p2']);
      // In a container it may not be allowed: then it is named.
      if (unset.has('null')) return assert.equal(unset.get('null')?.device?.minor, 3);
      const device = lstatSync(join(root, 'null'));
      assert.deepEqual(
        [device.isCharacterDevice(), device.rdev, device.uid, device.mode & 0o777],
        [true, 259, 7, 0o666],
      );
    }),
  );
  it('has extended attributes, or names those that it has not', needsLinux, () =>
    inFolder(async (path) => {
      const pax = { 'SCHILY.xattr.user.dray': Buffer.from([0, 255, 10]), 'SCHILY.xattr.user.overlay.opaque': 'y' };
      const { path: root, unset } = await unpackInto(path, [[file('a', 'x', { pax }), folder('d', { pax })]]);
      for (const name of ['a', 'd']) {
        assert.equal(unset.get(name)?.xattrs?.['user.overlay.opaque'], 'eQ==');
        const lost = unset.get(name)?.xattrs?.['user.dray'];
        if (lost !== undefined) assert.equal(lost, 'AP8K');
        else
          assert.match(
            execFileSync('getfattr', ['-e', 'hex', '-d', join(root, name)], { encoding: 'utf8' }),
            /user.dray=0x00ff0a/,
          );
      }
    }),
  );
  it(
    'has holes where the image has them',
    { skip: spawnSync('tar', ['--version']).status === 0 ? false : 'no tar here' },
    () =>
      inFolder(async (path) => {
        const source = join(path, 'source');
        mkdirSync(source);
        execFileSync('truncate', ['-s', '20M', join(source, 'hole')]);
        execFileSync('dd', [
          'if=/dev/zero',
          `of=${join(source, 'data')}`,
          'bs=1',
          'count=3',
          'seek=9999999',
          'status=none',
        ]);
        writeFileSync(join(source, 'data'), 'middle', { flag: 'r+' });
        for (const [format, version] of [
          ['gnu', '1.0'],
          ['pax', '0.0'],
          ['pax', '0.1'],
          ['pax', '1.0'],
        ] as const) {
          const flags = ['-cS', `--format=${format}`, ...(format === 'pax' ? [`--sparse-version=${version}`] : [])];
          const tar = execFileSync('tar', [...flags, '-C', source, '.'], { maxBuffer: 1 << 26 });
          await inFolder(async (inner) => {
            const unpacked = await unpackInto(inner, [tar]);
            for (const name of ['hole', 'data']) {
              const made = join(unpacked.path, name);
              assert.ok(readFileSync(made).equals(readFileSync(join(source, name))), `${format} ${version} ${name}`);
              assert.ok(statSync(made).blocks < 1000, `${format} ${version} ${name} has no holes`);
            }
          });
        }
      }),
  );
});

describe('a folder that is held', () => {
  it('is the same when another stands in its place', needsLinux, () =>
    inFolder(async (path) => {
      mkdirSync(join(path, 'outside'));
      await unpackInto(path, [[file('a/b/1')]], ({ root }) => {
        const a = root.folder.open('a');
        execFileSync('mv', [join(path, 'root/a'), join(path, 'root/moved')]);
        symlinkSync(join(path, 'outside'), join(path, 'root/a'));
        const b = a.open('b');
        b.remove('1');
        b.makePrivate('2').close();
        b.close();
        a.close();
        assert.throws(() => root.folder.open('a'), /ENOTDIR|ELOOP/);
        root.folder.remove('a');
      });
      assert.deepEqual(readdirSync(join(path, 'outside')), []);
      assert.deepEqual(readdirSync(join(path, 'root/moved/b')), ['2']);
    }),
  );
  it('does not follow links when it removes', () =>
    inFolder(async (path) => {
      mkdirSync(join(path, 'outside'));
      writeFileSync(join(path, 'outside/canary'), '');
      mkdirSync(join(path, 'root/d'), { recursive: true });
      symlinkSync(join(path, 'outside'), join(path, 'root/d/l'));
      const root = Folder.openRoot(join(path, 'root'));
      root.remove('d');
      root.remove('nothing');
      root.close();
      assert.deepEqual(readdirSync(join(path, 'root')), []);
      assert.deepEqual(readdirSync(join(path, 'outside')), ['canary']);
    }));
  it('is no link', () =>
    inFolder(async (path) => {
      symlinkSync('/', join(path, 'l'));
      assert.throws(() => Folder.openRoot(join(path, 'l')), /ENOTDIR|ELOOP|not a directory/);
    }));
});
