import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DrayError, errnoOf } from '#errors';
import { quoted } from '#oci';
import { decodeRaw, encodeRaw, isEscaped } from '../../tar/raw-text.ts';

/** A path as Node takes it: bytes where it is no text. */
export type DiskPath = string | Buffer;

/**
 * A folder on the disk, held so that nobody can put another in its place: on Linux by its open descriptor, under whose name in /proc the kernel
 * finds this very folder; elsewhere by its path, which is only safe where nobody else may write.
 */
export class Folder {
  readonly fd: number | undefined;
  /** Stands for the folder in paths. */
  readonly path: string;

  private constructor(fd: number | undefined, path: string) {
    this.fd = fd;
    this.path = path;
  }

  /** Opens the folder that work is to stay in. Throws what the system says, and IO_FAILED for one in which others could change things under us. */
  static openRoot(path: string): Folder {
    if (process.platform === 'linux') {
      const fd = openSync(path, FOLDER);
      const folder = new Folder(fd, `/proc/self/fd/${fd}`);
      if (isSame(fd, folder.path)) return folder;
      closeSync(fd);
    }
    expectPrivate(path);
    return new Folder(undefined, path);
  }

  /** The path of what has this name here. */
  at(name: string): DiskPath {
    const path = `${this.path}/${name}`;
    return isEscaped(name) ? Buffer.from(encodeRaw(path)) : path;
  }

  /** Makes and opens a folder that only this user may look into, also where this one gives its group to what is made in it. */
  makePrivate(name: string): Folder {
    mkdirSync(this.at(name), 0o700);
    const folder = this.open(name);
    if (folder.fd !== undefined) {
      const { uid, gid, mode } = fstatSync(folder.fd);
      const group = process.getegid?.() ?? gid;
      if (gid !== group) fchownSync(folder.fd, uid, group);
      if ((mode & 0o7777) !== 0o700) fchmodSync(folder.fd, 0o700);
    }
    return folder;
  }

  /** Gives what has this name another one, in this or another folder of the same file system. What stands there is replaced as the system does it. */
  rename(name: string, to: Folder, newName: string): void {
    renameSync(this.at(name), to.at(newName));
  }

  /** What has this name, if anything; a link is not followed. */
  stat(name: string): Stats | undefined {
    return lstatSync(this.at(name), { throwIfNoEntry: false });
  }

  /** True where this very folder has this name here. */
  holds(name: string, folder: Folder): boolean {
    const found = this.stat(name);
    const own = folder.fd === undefined ? statSync(folder.path) : fstatSync(folder.fd);
    return found?.ino === own.ino && found.dev === own.dev;
  }

  readLink(name: string): string {
    return decodeRaw(readlinkSync(this.at(name), { encoding: 'buffer' }));
  }

  /** A folder in this one. Throws where it is no folder, also where it is a link to one. */
  open(name: string): Folder {
    if (this.fd === undefined) {
      const path = this.at(name);
      if (Buffer.isBuffer(path) || !lstatSync(path).isDirectory())
        throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
      return new Folder(undefined, path);
    }
    const fd = openSync(this.at(name), FOLDER);
    return new Folder(fd, `/proc/self/fd/${fd}`);
  }

  names(): string[] {
    return readdirSync(this.path, { encoding: 'buffer' }).map((name) => decodeRaw(name));
  }

  /** Removes an empty folder. */
  removeEmpty(name: string): void {
    rmdirSync(this.at(name));
  }

  /** Removes what has this name, if anything, with all that is below it; links are not followed. */
  remove(name: string): void {
    try {
      unlinkSync(this.at(name));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT') return;
      if (this.stat(name)?.isDirectory() !== true) throw error;
      this.#removeFolder(name);
    }
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
  }

  #removeFolder(name: string): void {
    const folder = this.open(name);
    try {
      for (const one of folder.names()) folder.remove(one);
    } finally {
      folder.close();
    }
    rmdirSync(this.at(name));
  }
}

const FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** True where /proc leads to the descriptor's own folder: it may not be mounted, or be somebody's imitation. */
function isSame(fd: number, path: string): boolean {
  try {
    const [a, b] = [fstatSync(fd, { bigint: true }), statSync(`${path}/.`, { bigint: true })];
    return a.ino === b.ino && a.dev === b.dev;
  } catch {
    return false;
  }
}

/** Of a folder with the sticky bit nobody takes what is somebody else's. */
function expectPrivate(path: string): void {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
  if (process.platform === 'win32') return;
  const own = process.geteuid?.();
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid } = lstatSync(folder);
    const isShared = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
    if (isShared || (uid !== 0 && uid !== own)) throw shared(path, folder);
    if (folder === dirname(folder)) return;
  }
}

function shared(path: string, folder: string): DrayError {
  return new DrayError(
    'IO_FAILED',
    `cannot unpack into ${quoted(path)}: others may write to ${quoted(folder)} and put links in the way`,
    { hint: 'take a folder that only you may write to: chmod go-w', detail: { folder } },
  );
}
