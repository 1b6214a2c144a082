import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { DrayError } from '#errors';
import { hostPlatform } from '#oci';
import type { ProgressEvent } from '#progress';
import { buildImage, type ImageOptions, rejects } from '#testing';
import type { Places } from '../places.ts';
import { exportImage } from './export.ts';
import { unpackImage } from './unpack.ts';

const missing = (): never => {
  throw new DrayError('BUG', 'this place is not asked');
};
const PLACES: Places = {
  registries: undefined as unknown as Places['registries'],
  store: missing,
  scratch: missing,
  carrier: undefined,
  host: hostPlatform({ platform: 'linux', arch: 'x64' }),
  sync: false,
};

const FILES = [
  { name: 'etc/', mode: 0o750 },
  { name: 'etc/app.conf', content: 'one' },
  { name: 'bin/' },
  { name: 'bin/app', content: 'program', mode: 0o755 },
];
const LAYERS = [{ files: FILES }, { files: [{ name: 'etc/.wh.app.conf' }, { name: 'etc/new.conf', content: 'two' }] }];

/** A layout of one image and a folder to work in. */
async function withLayout(
  options: ImageOptions,
  work: (layout: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-unpack-'));
  try {
    const { root, blobs } = buildImage(options);
    const layout = join(folder, 'layout');
    const files: [string, Uint8Array | string][] = [
      ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
      ['index.json', JSON.stringify({ schemaVersion: 2, manifests: [root] })],
      ...[...blobs].map(([digest, bytes]): [string, Uint8Array] => [`blobs/${digest.replace(':', '/')}`, bytes]),
    ];
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(layout, name)), { recursive: true });
      writeFileSync(join(layout, name), bytes);
    }
    mkdirSync(join(folder, 'work'));
    await work(layout, join(folder, 'work'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('an image', () => {
  it('is unpacked into a new folder, and into an empty one', () =>
    withLayout({ layers: LAYERS }, async (layout, folder) => {
      mkdirSync(join(folder, 'empty'));
      for (const name of ['new', 'empty', 'empty/../other/']) {
        const path = join(folder, name);
        const { id, platform, lost, path: said } = await unpackImage(layout, path, PLACES);
        assert.match(id, /^sha256:/);
        assert.deepEqual([platform.architecture, lost.files, said], ['amd64', 0, path]);
        assert.deepEqual(readdirSync(path).toSorted(), ['bin', 'etc']);
        assert.deepEqual(readdirSync(join(path, 'etc')), ['new.conf']);
        assert.equal(readFileSync(join(path, 'bin/app'), 'utf8'), 'program');
        assert.equal(statSync(join(path, 'etc')).mode & 0o777, 0o750);
        assert.equal(statSync(path).mode & 0o777, 0o755);
      }
      assert.deepEqual(readdirSync(folder).toSorted(), ['empty', 'new', 'other']);
    }));
  it('is unpacked through a link to an empty folder', () =>
    withLayout({ layers: LAYERS }, async (layout, folder) => {
      mkdirSync(join(folder, 'real'));
      symlinkSync('real', join(folder, 'link'));
      await unpackImage(layout, join(folder, 'link'), PLACES);
      assert.deepEqual(readdirSync(join(folder, 'real')).toSorted(), ['bin', 'etc']);
      assert.ok(lstatSync(join(folder, 'link')).isSymbolicLink());
    }));
  it('tells how it goes on', () =>
    withLayout({ layers: LAYERS }, async (layout, folder) => {
      const events: ProgressEvent[] = [];
      await unpackImage(layout, join(folder, 'x'), PLACES, { onEvent: (event) => events.push(event) });
      const states = events.map((event) => (event.kind === 'blob' ? event.state : event.kind));
      assert.deepEqual(states, ['image-planned', 'started', 'done', 'started', 'done']);
    }));
  for (const [what, prepare, found] of [
    ['a folder that is not empty', (path: string) => mkdirSync(join(path, 'x'), { recursive: true }), /not empty/],
    [
      'a folder that an unpack has left',
      (path: string) => mkdirSync(join(path, '.dray-unpacking-1'), { recursive: true }),
      /not empty/,
    ],
    ['a file', (path: string) => writeFileSync(path, 'x'), /ENOTDIR|not a directory/],
    ['a link to nothing', (path: string) => symlinkSync('nothing', path), /ENOENT/],
    ['a link to a file', (path: string) => symlinkSync('/etc/passwd', path), /ENOTDIR|not a directory/],
  ] as const) {
    it(`is not unpacked into ${what}`, () =>
      withLayout({ layers: LAYERS }, async (layout, folder) => {
        const path = join(folder, 'target');
        prepare(path);
        await assert.rejects(unpackImage(layout, path, PLACES), found);
        await rejects(unpackImage(layout, path, PLACES), 'IO_FAILED');
        assert.deepEqual(readdirSync(folder), ['target']);
      }));
  }
  it('is not unpacked into a folder without a name', () => rejects(unpackImage('x', '', PLACES), 'INVALID_OPTION'));
  it('is not unpacked where there is no folder to put it', () =>
    withLayout({}, async (layout, folder) => {
      await assert.rejects(unpackImage(layout, join(folder, 'a/b'), PLACES), /there is no folder/);
    }));
});

describe('an image that fails', () => {
  const wrong = (config: Record<string, unknown>): unknown => ({
    ...config,
    rootfs: { type: 'layers', diff_ids: [`sha256:${'1'.repeat(64)}`] },
  });
  for (const [what, options, code] of [
    ['with another layer than was promised', { layers: [{ files: FILES }], editConfig: wrong }, 'DIFF_ID_MISMATCH'],
    ['with a name that leads out', { layers: [{ files: [...FILES, { name: '../x' }] }] }, 'CORRUPT_LAYER'],
  ] as const) {
    it(`${what} leaves the folder as it was`, () =>
      withLayout(options, async (layout, folder) => {
        await rejects(unpackImage(layout, join(folder, 'new'), PLACES), code);
        assert.deepEqual(readdirSync(folder), []);
        mkdirSync(join(folder, 'empty'), { mode: 0o751 });
        chmodSync(join(folder, 'empty'), 0o751);
        await rejects(unpackImage(layout, join(folder, 'empty'), PLACES), code);
        assert.deepEqual(readdirSync(folder), ['empty']);
        assert.deepEqual(readdirSync(join(folder, 'empty')), []);
        assert.equal(statSync(join(folder, 'empty')).mode & 0o777, 0o751);
      }));
  }
  it('because it is stopped leaves the folder as it was', () =>
    withLayout({ layers: [...LAYERS, { fill: 3 << 20 }] }, async (layout, folder) => {
      const stop = new AbortController();
      let blobs = 0;
      const onEvent = (event: ProgressEvent): void => {
        if (event.kind === 'blob' && (blobs += 1) === 5) stop.abort();
      };
      await rejects(unpackImage(layout, join(folder, 'x'), PLACES, { signal: stop.signal, onEvent }), 'CANCELLED');
      assert.deepEqual(readdirSync(folder), []);
    }));
  it('because its layers are larger than is allowed leaves the folder as it was', () =>
    withLayout({ layers: [{ fill: 1 << 20 }] }, async (layout, folder) => {
      await rejects(unpackImage(layout, join(folder, 'x'), PLACES, { maxSize: 500_000 }), 'TOO_LARGE');
      assert.deepEqual(readdirSync(folder), []);
    }));
  it('because something else came into the folder leaves that alone', () =>
    withLayout({ layers: LAYERS }, async (layout, folder) => {
      mkdirSync(join(folder, 'x'));
      const onEvent = (event: ProgressEvent): void => {
        if (event.kind === 'image-planned') writeFileSync(join(folder, 'x/etc'), 'mine');
      };
      await rejects(unpackImage(layout, join(folder, 'x'), PLACES, { onEvent }), 'IO_FAILED');
      assert.deepEqual(readdirSync(join(folder, 'x')), ['etc']);
      assert.equal(readFileSync(join(folder, 'x/etc'), 'utf8'), 'mine');
    }));
});

describe('an image as one tar', () => {
  it('goes to a file or a stream, the same bytes', () =>
    withLayout({ layers: LAYERS }, async (layout, folder) => {
      const path = join(folder, 'x.tar');
      const { size } = await exportImage(layout, PLACES, { output: { path } });
      const stream = new PassThrough({ highWaterMark: 1 << 20 });
      await exportImage(layout, PLACES, { output: { stream } });
      const file = readFileSync(path);
      assert.equal(file.length, size);
      assert.ok(file.equals(stream.read() as Buffer));
      assert.match(file.toString('latin1'), /new\.conf/);
      assert.doesNotMatch(file.toString('latin1'), /app\.conf|\.wh\./);
    }));
  it('leaves what was there when it fails', () =>
    withLayout({ layers: [{ files: [...FILES, { name: '../x' }] }] }, async (layout, folder) => {
      writeFileSync(join(folder, 'x.tar'), 'old');
      await rejects(exportImage(layout, PLACES, { output: { path: join(folder, 'x.tar') } }), 'CORRUPT_LAYER');
      assert.deepEqual(readdirSync(folder), ['x.tar']);
      assert.equal(readFileSync(join(folder, 'x.tar'), 'utf8'), 'old');
    }));
});
