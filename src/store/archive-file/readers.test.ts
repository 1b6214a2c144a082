import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { after, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { bytesOf } from '#bytes';
import { createMemoryStore, type Source } from '#content';
import { type Content, contentOf, described, rejects } from '#testing';
import { imageOf, planOf, testFolder } from './fixtures.test.ts';
import { planArchive } from './plan.ts';
import { writeArchive } from './stream.ts';
import { writeArchiveFile } from './write-file.ts';

const folder = testFolder();
after(() => rmSync(folder, { recursive: true }));

const GZIPPED = described(gzipSync(contentOf(3_000_000, 31).bytes));
const PLAIN = described(Buffer.alloc(1_000_000, 'plain '));
const LONG = contentOf(100_000, 32, 'sha512');
const CONTENTS: readonly Content[] = [GZIPPED, PLAIN, LONG];
const IMAGE = imageOf(CONTENTS.map(({ descriptor }) => descriptor));
const PLAN = planArchive([IMAGE], 'docker-archive');
const OPTIONS = { sync: false } as const;

async function source(): Promise<Source> {
  const store = createMemoryStore();
  for (const { descriptor, bytes } of CONTENTS) await store.put(descriptor, bytesOf(bytes));
  return store;
}

/** A source that gives other bytes for one content. */
async function lying(about: Content, bytes: Uint8Array): Promise<Source> {
  const honest = await source();
  const store = createMemoryStore();
  const lie = described(bytes);
  await store.put(lie.descriptor, bytesOf(bytes));
  return {
    has: (target) => honest.has(target),
    fetch: (target) => (target.digest === about.descriptor.digest ? store.fetch(lie.descriptor) : honest.fetch(target)),
  };
}

async function written(gzip: boolean): Promise<Buffer> {
  const sink = new PassThrough();
  const chunks: Buffer[] = [];
  sink.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { size } = await writeArchive(PLAN, await source(), sink, { gzip });
  sink.end();
  await finished(sink);
  const all = Buffer.concat(chunks);
  assert.equal(all.length, size);
  return all;
}

const hasTool = (name: string): boolean => spawnSync(name, ['--version']).error === undefined;
const needs = (name: string): { skip: string | false } => ({ skip: hasTool(name) ? false : `no ${name} here` });

describe('other readers take the archive', () => {
  it('GNU tar', needs('tar'), async () => {
    const path = join(folder, 'tar.tar');
    await writeArchiveFile(path, PLAN, await source(), OPTIONS);
    const to = join(folder, 'extracted');
    mkdirSync(to);
    execFileSync('tar', ['xf', path, '-C', to]);
    for (const { descriptor, bytes } of CONTENTS) {
      assert.ok(readFileSync(join(to, 'blobs', descriptor.digest.replace(':', '/'))).equals(bytes));
    }
    const list = execFileSync('tar', ['tvf', path, '--full-time'], { env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' } });
    const lines = list.toString().trim().split('\n');
    assert.equal(lines.length, 7 + 2 + CONTENTS.length);
    for (const line of lines) assert.match(line, /^(-rw-r--r--|drwxr-xr-x) 0\/0 +\d+ 1970-01-01 00:00:00 \S+$/);
  });
  it('GNU tar, gzipped', needs('tar'), async () => {
    const path = join(folder, 'tar.tar.gz');
    await writeArchiveFile(path, PLAN, await source(), { ...OPTIONS, gzip: true });
    execFileSync('gzip', ['-t', path]);
    const text = execFileSync('tar', ['xzOf', path, 'manifest.json']).toString();
    assert.equal(JSON.parse(text)[0].RepoTags[0], 'app:1');
  });
  it("Python's tarfile", needs('python3'), async () => {
    const path = join(folder, 'python.tar');
    await writeArchiveFile(path, PLAN, await source(), OPTIONS);
    const script =
      'import tarfile,hashlib,sys\nfor m in tarfile.open(sys.argv[1]):\n' +
      ' if m.isfile() and m.name.startswith("blobs/"):\n' +
      '  print(m.name, getattr(hashlib, m.name.split("/")[1])(tarfile.open(sys.argv[1]).extractfile(m).read()).hexdigest())';
    const lines = execFileSync('python3', ['-c', script, path]).toString().trim().split('\n');
    assert.equal(lines.length, 2 + CONTENTS.length);
    for (const line of lines) {
      const [name, digest] = line.split(' ');
      assert.equal(name?.split('/')[2], digest);
    }
  });
});

describe('an archive as a stream', () => {
  it('is the same as the file, byte for byte, every time', async () => {
    const path = join(folder, 'same.tar');
    await writeArchiveFile(path, PLAN, await source(), OPTIONS);
    const file = readFileSync(path);
    assert.ok(file.equals(await written(false)));
    assert.ok(file.equals(await written(false)));
  });
  it('is the same gzipped, every time, with compressed layers only stored', async () => {
    const zipped = await written(true);
    assert.ok(zipped.equals(await written(true)));
    assert.ok(gunzipSync(zipped).equals(await written(false)));
    assert.ok(zipped.length < GZIPPED.bytes.length + LONG.bytes.length + 40_000);
    assert.ok(zipped.includes(Buffer.from(GZIPPED.bytes.subarray(100_000, 130_000))));
  });
  it('waits for a reader that is slow', async () => {
    let held = 0;
    let most = 0;
    const sink = new Writable({
      highWaterMark: 1,
      write(chunk: Uint8Array, _, done) {
        held += chunk.length;
        most = Math.max(most, held);
        setTimeout(() => {
          held -= chunk.length;
          done();
        }, 5);
      },
    });
    await writeArchive(PLAN, await source(), sink);
    assert.ok(most <= 1024 * 1024);
  });
  it('ends with CANCELLED when the reader goes away', async () => {
    const child = spawn('head', ['-c', '10'], { stdio: ['pipe', 'ignore', 'inherit'] });
    await rejects(writeArchive(PLAN, await source(), child.stdin), 'CANCELLED');
    await once(child, 'close');
  });
  it('ends when it is cancelled while nobody reads', async () => {
    const controller = new AbortController();
    const sink = new Writable({ highWaterMark: 1, write: () => undefined });
    setTimeout(() => controller.abort(), 20);
    await rejects(writeArchive(PLAN, await source(), sink, { signal: controller.signal }), 'CANCELLED');
  });
  it('ends with the error of the stream', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(full) });
    await assert.rejects(writeArchive(PLAN, await source(), sink), {
      code: 'DISK_FULL',
      hint: 'free some space, or use another folder',
    });
    await rejects(writeArchive(PLAN, await source(), createWriteStream('/no/such/folder/x')), 'IO_FAILED');
    const ended = new PassThrough().end();
    await rejects(writeArchive(PLAN, await source(), ended), 'CANCELLED');
  });
  for (const [what, bytes, code] of [
    ['other bytes', Buffer.from(PLAIN.bytes).fill(1, 500, 501), 'DIGEST_MISMATCH'],
    ['too few bytes', PLAIN.bytes.subarray(1), 'SIZE_MISMATCH'],
    ['too many bytes', Buffer.concat([PLAIN.bytes, Buffer.alloc(1)]), 'SIZE_MISMATCH'],
  ] as const) {
    it(`is refused when the source gives ${what}, and leaves no file`, async () => {
      await rejects(writeArchive(PLAN, await lying(PLAIN, bytes), new PassThrough().resume()), code);
      const path = join(folder, 'refused', 'x.tar');
      mkdirSync(join(path, '..'), { recursive: true });
      await rejects(writeArchiveFile(path, PLAN, await lying(PLAIN, bytes), { ...OPTIONS, gzip: true }), code);
      assert.deepEqual(readdirSync(join(path, '..')), []);
    });
  }
  it('has no place for what the source does not hold', async () => {
    await rejects(writeArchive(planOf(contentOf(5, 99).descriptor), await source(), new PassThrough()), 'BLOB_UNKNOWN');
  });
});
