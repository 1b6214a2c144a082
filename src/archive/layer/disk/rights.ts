import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  openSync,
  utimesSync,
} from 'node:fs';
import { errnoOf } from '#errors';
import type { Attributes } from '../tree.ts';
import type { Folder } from './folder.ts';
import type { Unset } from './notes.ts';

/** Opens what is there, a link or a device too, without doing anything with it. Linux alone has it, and Node does not name it. */
const O_PATH = 0x200000;
/** Set-user-ID and set-group-ID: of another owner they would say another thing. */
const BORROWED = 0o6000;

/** What is set on an open file. */
interface Handles {
  chown(uid: number, gid: number): void;
  chmod(mode: number): void;
  utimes(time: number | string): void;
}

/** Gives files the owner, rights and time that an image says, as far as this user may. */
export class Rights {
  readonly #user: number = process.geteuid?.() ?? -1;
  readonly #group: number = process.getegid?.() ?? -1;
  /** Whether this user may give files to others. */
  readonly #owners: boolean = this.#user === 0;

  /** Sets them on an open file or folder. Gives what could not be set. */
  setOpen(fd: number, attributes: Attributes): Unset | undefined {
    return this.#set(attributes, {
      chown: (uid, gid) => fchownSync(fd, uid, gid),
      chmod: (mode) => fchmodSync(fd, mode),
      utimes: (time) => futimesSync(fd, time, time),
    });
  }

  /** Sets them on a folder, by its path where it has no descriptor. */
  setFolder(folder: Folder, attributes: Attributes): Unset | undefined {
    if (folder.fd !== undefined) return this.setOpen(folder.fd, attributes);
    const { path } = folder;
    return this.#set(attributes, {
      chown: (uid, gid) => chownSync(path, uid, gid),
      chmod: (mode) => chmodSync(path, mode),
      utimes: (time) => utimesSync(path, time, time),
    });
  }

  /** What a folder gets of which no layer says anything. */
  openToAll({ fd, path }: Folder): void {
    if (fd === undefined) chmodSync(path, 0o755);
    else fchmodSync(fd, 0o755);
  }

  /** Sets owner and time of a link, which has no rights. */
  setLink(folder: Folder, name: string, attributes: Attributes): Unset | undefined {
    const path = folder.at(name);
    if (folder.fd === undefined) {
      return this.#set(attributes, {
        chown: (uid, gid) => lchownSync(path, uid, gid),
        chmod: () => undefined,
        utimes: (time) => lutimesSync(path, time, time),
      });
    }
    return this.#setByPath(openAny(folder, name), attributes, true);
  }

  /** Sets them on a device or fifo, which must not be opened as a file. */
  setNode(folder: Folder, name: string, attributes: Attributes): Unset | undefined {
    if (folder.fd !== undefined) return this.#setByPath(openAny(folder, name), attributes, false);
    const path = folder.at(name);
    return this.#set(attributes, {
      chown: (uid, gid) => lchownSync(path, uid, gid),
      chmod: (mode) => chmodSync(path, mode),
      utimes: (time) => lutimesSync(path, time, time),
    });
  }

  #setByPath(fd: number, attributes: Attributes, isLink: boolean): Unset | undefined {
    try {
      const stats = fstatSync(fd);
      // Whoever put something else in its place does not get our rights on it.
      if (stats.isSymbolicLink() !== isLink || stats.nlink !== 1 || stats.isFile() || stats.isDirectory())
        return undefined;
      const path = `/proc/self/fd/${fd}`;
      return this.#set(attributes, {
        chown: (uid, gid) => chownSync(path, uid, gid),
        chmod: isLink ? () => undefined : (mode) => chmodSync(path, mode),
        utimes: (time) => utimesSync(path, time, time),
      });
    } finally {
      closeSync(fd);
    }
  }

  #set({ mode, uid, gid, mtime }: Attributes, handles: Handles): Unset | undefined {
    const owned = this.#chown(uid, gid, handles);
    const kept = owned ? mode : mode & ~BORROWED;
    // Changing the owner takes these bits away, so they come after.
    handles.chmod(kept);
    // As a number Node takes what is before 1970 for now.
    handles.utimes(mtime < 0 ? String(Math.floor(mtime)) : mtime);
    if (owned) return undefined;
    return { ...(uid !== 0 || gid !== 0 ? { uid, gid } : {}), ...(kept === mode ? {} : { mode }) };
  }

  /** False where the file stays with somebody else. */
  #chown(uid: number, gid: number, handles: Handles): boolean {
    if (uid === this.#user && gid === this.#group) return true;
    if (!this.#owners) return false;
    try {
      handles.chown(uid, gid);
      return true;
    } catch (error) {
      // A user namespace knows only some, and containers may do without the right.
      if (['EPERM', 'EINVAL'].includes(errnoOf(error) ?? '')) return false;
      throw error;
    }
  }
}

function openAny(folder: Folder, name: string): number {
  return openSync(folder.at(name), O_PATH | constants.O_NOFOLLOW);
}
