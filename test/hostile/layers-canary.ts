import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Stands in every file outside; must never be found inside. */
export const SECRET = 'canary-that-lives-outside';

/** What is around the folder that is written to. All but `target` must stay as it is. */
export interface World {
  readonly folder: string;
  /** The process's working folder. */
  readonly cwd: string;
  readonly outside: string;
  /** The folder that is written to, empty. */
  readonly target: string;
}

const OLD = 1_500_000_000;

/** A folder to write to, with files to hit around it: above it, beside it, in the working folder. */
export function createWorld(folder: string): World {
  const world = {
    folder,
    cwd: join(folder, 'cwd'),
    outside: join(folder, 'outside'),
    target: join(folder, 'area/target'),
  };
  for (const name of ['cwd', 'outside', 'outside/sub', 'area', 'area/target', 'area/target-sibling', 'area/sibling'])
    mkdirSync(join(folder, name), { recursive: true });
  const files = ['outside/canary.txt', 'outside/sub/deep.txt', 'outside/passwd', 'area/canary.txt', 'cwd/canary.txt'];
  for (const name of [...files, 'area/target-sibling/canary.txt', 'area/sibling/canary.txt', 'outside/pair-a']) {
    writeFileSync(join(folder, name), `${SECRET} ${name}\n`, { mode: 0o640 });
    utimesSync(join(folder, name), OLD, OLD);
  }
  linkSync(join(folder, 'outside/pair-a'), join(folder, 'outside/pair-b'));
  symlinkSync('canary.txt', join(folder, 'outside/link'));
  for (const name of ['outside/sub', 'outside', 'area/target-sibling', 'area/sibling', 'area', 'cwd'])
    utimesSync(join(folder, name), OLD, OLD);
  return world;
}

/** Everything in the world but what is in the target: a line for each file. */
export function pictureOf({ folder, target }: World): readonly string[] {
  const lines: string[] = [];
  const visit = (path: string): void => {
    const stats = lstatSync(path, { bigint: true });
    if (path !== target) lines.push(lineOf(path, stats));
    else if (!stats.isDirectory()) lines.push(`${path} is no folder any more`);
    if (stats.isDirectory() && path !== target) for (const name of readdirSync(path).sort()) visit(join(path, name));
  };
  visit(folder);
  return lines;
}

function lineOf(path: string, stats: BigIntStats): string {
  const { mode, uid, gid, nlink, mtimeNs, size } = stats;
  let content = '';
  if (stats.isFile()) content = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (stats.isSymbolicLink()) content = readlinkSync(path);
  const length = stats.isFile() ? ` ${size}` : '';
  return `${path} ${mode.toString(8)} ${uid}:${gid} links=${nlink} time=${mtimeNs}${length} ${content}`;
}
