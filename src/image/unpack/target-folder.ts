import { randomBytes } from 'node:crypto';
import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type DiskTree, diskFailure, Folder } from '#archive';
import { DrayError, errnoOf } from '#errors';
import { printable } from '#oci';

const STAGING = '.dray-unpacking-';

/**
 * The folder that an image is unpacked into. Until all is there, it is filled under a name of its own that nobody else may look into: beside the
 * target where that does not exist yet, in it where it is an empty folder.
 */
export class TargetFolder {
  /** Where the layers go meanwhile. */
  readonly staging: Folder;
  readonly #name: string;
  readonly #stagingName: string;
  /** Holds the staging folder: the target, or the folder that it is to be in. */
  readonly #holder: Folder;
  readonly #isNew: boolean;
  readonly #moved: string[] = [];

  /** Throws IO_FAILED where something is there already, or nothing can be made there. */
  constructor(path: string) {
    const full = resolve(path);
    this.#name = basename(full);
    this.#stagingName = `${STAGING}${randomBytes(8).toString('hex')}`;
    const found = openIfThere(full, path);
    this.#isNew = found === undefined;
    this.#holder = found ?? openHolder(full, path);
    try {
      this.staging = this.#holder.makePrivate(this.#stagingName);
    } catch (error) {
      this.#holder.close();
      throw cannot(path, error);
    }
  }

  /**
   * Puts a tree that is complete in the staging folder in its place.
   * @param note is given the root before it gets its rights and its time
   */
  finish<T>(tree: DiskTree, note: (root: Folder) => T): T {
    try {
      return this.#finish(tree, note);
    } catch (error) {
      throw cannot(this.#name, error);
    }
  }

  #finish<T>(tree: DiskTree, note: (root: Folder) => T): T {
    const root = this.#isNew ? this.staging : this.#holder;
    // A folder without the right to write cannot be moved, so rights come later.
    if (!this.#isNew) this.#moveUp();
    tree.settleFolders(root);
    const noted = note(root);
    if (!this.#isNew) this.#holder.removeEmpty(this.#stagingName);
    tree.settleRoot(root);
    if (this.#isNew) {
      if (!this.#holder.holds(this.#stagingName, this.staging)) throw replaced(this.#stagingName);
      this.#holder.rename(this.#stagingName, this.#holder, this.#name);
    }
    return noted;
  }

  /** Takes away all that was put there. */
  abandon(): void {
    for (const name of [...this.#moved, this.#stagingName]) this.#holder.remove(name);
  }

  close(): void {
    this.staging.close();
    this.#holder.close();
  }

  #moveUp(): void {
    const others = this.#holder.names().filter((name) => name !== this.#stagingName);
    if (others.length > 0) throw notEmpty(this.#name, others);
    for (const name of this.staging.names()) {
      this.staging.rename(name, this.#holder, name);
      this.#moved.push(name);
    }
  }
}

/** The folder where it is there and empty; undefined where nothing is. */
function openIfThere(full: string, path: string): Folder | undefined {
  let real: string;
  try {
    real = realpathSync(full);
  } catch (error) {
    const isAbsent = errnoOf(error) === 'ENOENT';
    if (isAbsent && lstatSync(full, { throwIfNoEntry: false }) === undefined) return undefined;
    throw cannot(path, error);
  }
  const folder = opened(real, path);
  const names = folder.names();
  if (names.length === 0) return folder;
  folder.close();
  throw notEmpty(path, names);
}

/** The folder that the target is to be in. */
function openHolder(full: string, path: string): Folder {
  const folder = dirname(full);
  try {
    return Folder.openRoot(realpathSync(folder));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw cannot(path, error);
    const shown = printable(folder, 255);
    throw new DrayError('IO_FAILED', `cannot unpack into ${printable(path, 255)}: there is no folder ${shown}`, {
      hint: `make it first: mkdir -p ${shown}`,
      cause: error,
    });
  }
}

function opened(full: string, path: string): Folder {
  try {
    return Folder.openRoot(full);
  } catch (error) {
    throw cannot(path, error);
  }
}

function replaced(name: string): DrayError {
  return new DrayError('IO_FAILED', `cannot unpack: somebody has put something else in the place of ${name}`, {
    hint: 'take a folder that only you may write to',
  });
}

function notEmpty(path: string, names: readonly string[]): DrayError {
  const left = names.find((name) => name.startsWith(STAGING));
  return new DrayError('IO_FAILED', `cannot unpack into ${printable(path, 255)}: the folder is not empty`, {
    hint:
      left === undefined
        ? 'name a folder that does not exist, or an empty one'
        : `${left} is of an unpack that did not end: remove it if none is running`,
  });
}

function cannot(path: string, error: unknown): unknown {
  return diskFailure(path, error);
}
