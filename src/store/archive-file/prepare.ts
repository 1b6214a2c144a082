import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { CallOptions } from '#content';
import { errnoOf } from '#errors';
import { removeFile } from '../disk/files.ts';
import { readRegion } from '../file-region.ts';
import { type FileSystem, syncFile } from '../file-system.ts';
import { copyRegion } from './copy-region.ts';
import {
  beginPartial,
  findAnyPartial,
  findPartial,
  headOf,
  type PartialArchive,
  placePartial,
  readTable,
  writeTable,
} from './partial-file.ts';
import type { ArchivePlan } from './plan.ts';
import { folderOf, publish } from './replace.ts';

type File = Pick<PartialArchive, 'fs' | 'fd' | 'path'>;

export interface PrepareOptions extends CallOptions {
  readonly fs: FileSystem;
  readonly sync: boolean;
  /** False where an earlier owner may still write to the file: what is there is copied to a new one. */
  readonly mine: boolean;
}

/** The partial to go on with: what an earlier run left, as far as it belongs to this plan. */
export async function preparePartial(
  path: string,
  plan: ArchivePlan,
  options: PrepareOptions,
): Promise<PartialArchive> {
  const { fs, mine } = options;
  removeFile(fs, besides(path));
  const { fd, created } = openOrCreate(fs, path);
  const file = { fs, fd, path };
  let moved: PartialArchive;
  try {
    const ours = isOurs(file);
    const found = ours ? (findPartial(file, plan) ?? findComplete(file, plan)) : undefined;
    if (found !== undefined && mine) return found;
    if (created) return await begin(file, plan, options);
    const other = ours ? (found ?? findAnyPartial(file)) : undefined;
    moved = await movePartial(file, other, { ...options, plan });
  } catch (error) {
    fs.closeSync(fd);
    if (created) removeFile(fs, path);
    throw error;
  }
  fs.closeSync(fd);
  try {
    await publish(moved.path, path, options);
    return { ...moved, path };
  } catch (error) {
    fs.closeSync(moved.fd);
    throw error;
  }
}

/** A new file's beginning; its name is as durable as `sync` asks. */
async function begin(file: File, plan: ArchivePlan, { fs, sync }: PrepareOptions): Promise<PartialArchive> {
  const partial = placePartial(file, headOf(plan));
  beginPartial(partial);
  if (sync) await syncFile(fs, file.fd);
  if (sync) await folderOf(file.path, { fs, sync }).syncFolder(dirname(file.path));
  return partial;
}

/** A new partial is made here, and then takes the old one's place. */
function besides(path: string): string {
  return `${path}.new`;
}

function openOrCreate(fs: FileSystem, path: string): { readonly fd: number; readonly created: boolean } {
  // Windows has no O_NOFOLLOW: undefined, which adds nothing.
  const { O_RDWR, O_NOFOLLOW } = constants;
  try {
    return { fd: fs.openSync(path, O_RDWR | O_NOFOLLOW), created: false };
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return { fd: fs.openSync(path, 'wx+', 0o644), created: true };
  }
}

/** What a partial says is verified is not verified again: in a folder that others may write to it counts only if it is ours. */
function isOurs({ fs, fd }: File): boolean {
  const stat = fs.fstatSync(fd);
  return stat.isFile() && (process.getuid === undefined || stat.uid === process.getuid());
}

/**
 * An archive that lacks nothing but its name: a run was stopped in the instant between taking the tables off and renaming. It is told by
 * its length and by all bytes but the layers', which are written only when the layers are verified.
 */
function findComplete(file: File, plan: ArchivePlan): PartialArchive | undefined {
  if (file.fs.fstatSync(file.fd).size !== plan.size) return undefined;
  for (const { offset, bytes } of plan.pieces) {
    if (bytes === undefined) continue;
    const there = Buffer.alloc(bytes.length);
    readRegion({ ...file, base: 0 }, offset, there);
    if (!there.equals(bytes)) return undefined;
  }
  const partial = placePartial(file, headOf(plan));
  for (const [index, [, , size]] of partial.head.blobs.entries()) {
    writeTable(partial, index, { ranges: [{ start: 0, end: size }], sealed: true });
  }
  beginPartial(partial);
  return partial;
}

interface MoveOptions extends PrepareOptions {
  readonly plan: ArchivePlan;
}

/** Makes a new partial beside the old file, with all that the two have in common. */
async function movePartial(file: File, old: PartialArchive | undefined, options: MoveOptions): Promise<PartialArchive> {
  const { fs, sync, plan } = options;
  const path = besides(file.path);
  const fd = fs.openSync(path, 'wx+', 0o644);
  try {
    const partial = placePartial({ fs, fd, path }, headOf(plan));
    const kept = old === undefined ? 0 : await copyShared(old, partial, options);
    beginPartial(partial);
    if (sync) await syncFile(fs, fd);
    const text = saidOf(file, old, { kept, plan });
    if (text !== undefined) options.onEvent?.({ kind: 'warning', text });
    return partial;
  } catch (error) {
    fs.closeSync(fd);
    removeFile(fs, path);
    throw error;
  }
}

function saidOf(
  file: File,
  old: PartialArchive | undefined,
  move: { readonly kept: number; readonly plan: ArchivePlan },
): string | undefined {
  if (old?.head.plan === move.plan.digest) return undefined;
  if (old === undefined) {
    const empty = file.fs.fstatSync(file.fd).size === 0;
    return empty ? undefined : `${file.path} is no archive that dray began: starting over`;
  }
  const begun = `${file.path} was begun for another archive`;
  if (move.kept === 0) return `${begun} and shares nothing with this one: starting over`;
  return `${begun}: ${move.kept} bytes of it are used`;
}

/** Copies what the old partial has of the new one's layers; resolves with the bytes copied. */
async function copyShared(old: PartialArchive, partial: PartialArchive, options: PrepareOptions): Promise<number> {
  const places = new Map(
    old.head.blobs.map(([digest, offset, size], index) => [`${digest} ${size}`, { offset, index }]),
  );
  let copied = 0;
  for (const [index, [digest, offset, size]] of partial.head.blobs.entries()) {
    const place = places.get(`${digest} ${size}`);
    if (place === undefined) continue;
    const { ranges, sealed } = readTable(old, place.index);
    const from = { ...old, base: place.offset };
    for (const range of ranges) {
      await copyRegion(from, { ...partial, base: offset }, range, options);
      copied += range.end - range.start;
    }
    writeTable(partial, index, { ranges, sealed });
  }
  return copied;
}
