import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { dockerArchive, imageOf } from './archives-image.ts';
import { createWorld, pictureOf, SECRET, type World } from './layers-canary.ts';
import { pathOf } from './layers-image.ts';
import { checkManners } from './manners.ts';
import { type Ended, runDray } from './run-dray.ts';

/** An archive that is loaded, and what has to come of it. */
export interface ArchiveCase {
  readonly name: string;
  /** Its bytes; or a path, for what is no file. */
  readonly archive: (world: World) => Buffer | string;
  /**
   * `refused`: it fails with words and the store is as before. Names and the digests of their configs: these images are there afterwards.
   * `contained`: either, and whatever is loaded is whole.
   */
  readonly expect: 'refused' | 'contained' | Readonly<Record<string, string>>;
  readonly why: string;
  /** Seconds that the command may take; 15 by default. */
  readonly limit?: number | undefined;
  readonly check?: ((ended: Ended) => void) | undefined;
}

/** What the store holds before each case. */
export const SEED = 'localhost:5000/seed:1';
export const seed = imageOf('seed');
const LATER = 'localhost:5000/later:1';
const later = imageOf('later', 'seed');

/** Runs each case as a test of its own, two at a time; odd ones from stdin. */
export function loadAll(title: string, cases: readonly ArchiveCase[]): void {
  const home = mkdtempSync(join(tmpdir(), 'dray-archives-'));
  const prepared = join(home, 'root');
  describe(title, { concurrency: 2 }, () => {
    before(async () => {
      writeFileSync(join(home, 'seed.tar'), dockerArchive(seed, SEED));
      const { status, stderr } = await load(join(home, 'seed.tar'), prepared, home);
      assert.equal(status, 0, stderr);
    });
    after(() => execFileSync('rm', ['-rf', home]));
    for (const [at, one] of cases.entries()) it(one.name, () => play(one, prepared, at % 2 === 1));
  });
}

async function load(path: string, root: string, folder: string, { limit = 15, stdin = false } = {}): Promise<Ended> {
  const input = stdin ? openSync(path, 'r') : undefined;
  const source = stdin ? [] : ['-i', path];
  const ended = await runDray(['--root', root, 'load', ...source], { folder, seconds: limit, stdin: input });
  if (input !== undefined) closeSync(input);
  return ended;
}

async function play(one: ArchiveCase, prepared: string, odd: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-archives-'));
  try {
    const world = createWorld(makeFolder(join(folder, 'world')));
    const root = join(folder, 'root');
    cpSync(prepared, root, { recursive: true });
    const made = one.archive(world);
    const path = typeof made === 'string' ? made : join(folder, 'archive.tar');
    if (typeof made !== 'string') writeFileSync(path, made);
    const [picture, files] = [pictureOf(world), filesOf(root)];
    const stdin = odd && typeof made !== 'string';
    const ended = await load(path, root, world.cwd, {
      stdin,
      ...(one.limit === undefined ? {} : { limit: one.limit }),
    });
    assert.deepEqual(pictureOf(world), picture, `something outside was touched: ${ended.stderr}`);
    checkManners(ended);
    checkBlobs(root);
    one.check?.(ended);
    if (ended.status !== 0) checkFailure(one, ended, { files, now: filesOf(root) });
    else await checkLoaded(one, ended, root, world);
  } finally {
    execFileSync('rm', ['-rf', folder]);
  }
}

function checkFailure(
  { expect, why }: ArchiveCase,
  { status, stderr }: Ended,
  { files, now }: { readonly files: ReadonlyMap<string, string>; readonly now: ReadonlyMap<string, string> },
): void {
  assert.ok(typeof expect === 'string', `${why}: exit ${status}: ${stderr}`);
  assert.ok(status === 1 || status === 125, `exit ${status}: ${stderr}`);
  assert.match(stderr, /^dray: /m);
  assert.deepEqual([...now], [...files], 'the store has changed');
}

/** What was loaded is what was said, and what was there still is. */
async function checkLoaded({ expect, why }: ArchiveCase, ended: Ended, root: string, world: World): Promise<void> {
  assert.notEqual(expect, 'refused', `${why}: it succeeded: ${ended.stdout}${ended.stderr}`);
  if (typeof expect === 'object')
    for (const name of Object.keys(expect)) assert.ok(ended.stdout.includes(name), ended.stdout);
  const good = join(world.folder, '../later.tar');
  writeFileSync(good, dockerArchive(later, LATER));
  const next = await load(good, root, world.cwd);
  assert.equal(next.status, 0, `a good archive does not load any more: ${next.stderr}`);
  const shown = [...ended.stdout.matchAll(/^Loaded image: (?<name>\S+)$/gm)].map(
    ({ groups }) => groups?.['name'] ?? '',
  );
  const saved = join(world.folder, '../saved.tar');
  const all = [...new Set([SEED, LATER, ...shown])];
  const { status, stderr } = await runDray(['--root', root, 'save', '-o', saved, ...all], { folder: world.cwd });
  assert.equal(status, 0, stderr);
  const rows = JSON.parse(execFileSync('tar', ['-xOf', saved, 'manifest.json']).toString()) as readonly SavedRow[];
  const found = (name: string): string | undefined => rows.find(({ RepoTags }) => RepoTags?.includes(name))?.Config;
  const wanted = {
    [SEED]: configOf(seed.config),
    [LATER]: configOf(later.config),
    ...(typeof expect === 'object' ? expect : {}),
  };
  for (const [name, config] of Object.entries(wanted))
    assert.equal(found(name), pathOf(config), `${name} is another image`);
}

interface SavedRow {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
}

/** Every blob of the store is what its name says, and nothing of it came from outside. */
function checkBlobs(root: string): void {
  for (const [path, hash] of filesOf(root)) {
    const hex = /^blobs\/sha256\/(?<hex>[0-9a-f]{64})$/.exec(path)?.groups?.['hex'];
    if (hex !== undefined) assert.equal(hash, hex, `${path} holds something else`);
    assert.ok(!readFileSync(join(root, path)).includes(SECRET), `${path} holds what is outside`);
  }
}

/** The files below a folder, and the SHA-256 of what is in each. */
function filesOf(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex'));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function configOf(config: Buffer): string {
  return `sha256:${createHash('sha256').update(config).digest('hex')}`;
}

function makeFolder(path: string): string {
  mkdirSync(path);
  return path;
}
