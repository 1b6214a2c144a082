import { createHash, type Hash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import type { Bytes } from '#bytes';
import { DrayError, errnoOf, hasCode, throwIfCancelled } from '#errors';
import { type Digest, digestParts, hashFor } from '#oci';
import { asFailure, BoundedCache, syncFile } from '#store';
import { busyUpload, otherContent, otherOffset, unknownUpload } from '../failures.ts';
import type { StorageOptions, UploadPiece, UploadStorage } from '../port.ts';
import { type Baton, type BatonTerms, startedAt, takeBaton } from './baton.ts';
import type { Keeper } from './keeper.ts';
import { readData } from './read-data.ts';
import { takeContent } from './take-content.ts';

/** Uploads whose hashes are remembered; those of others are read again when they are committed. */
const MOST_HASHES = 4096;
const ID = /^[\w-]{1,64}$/;

/** The hash of an upload's bytes so far. */
interface Progress {
  readonly hash: Hash;
  readonly ino: number;
  readonly size: number;
}

/** Uploads as docker's registry keeps them, so that its purging knows them too. Nothing of an upload is flushed before it is a blob. */
export class FolderUploads implements UploadStorage {
  readonly #terms: BatonTerms;
  readonly #keeper: Keeper;
  /** By the upload's folder. */
  readonly #progress = new BoundedCache<Progress>(MOST_HASHES);

  constructor(terms: BatonTerms, keeper: Keeper) {
    this.#terms = terms;
    this.#keeper = keeper;
  }

  async begin(repository: string, options: StorageOptions = {}): Promise<string> {
    const { files, clock } = this.#terms;
    return telling(`beginning an upload to ${repository}`, options, async () => {
      const id = randomUUID();
      const folder = files.paths.upload(repository, id);
      await files.makeFolder(folder);
      await files.write(`${folder}/startedat`, startedAt(clock.now()), { sync: false });
      return id;
    });
  }

  async size(repository: string, id: string, options: StorageOptions = {}): Promise<number | undefined> {
    return telling(`looking for an upload to ${repository}`, options, async () => {
      const { files } = this.#terms;
      const folder = this.#folder(repository, id);
      if (folder === undefined) return undefined;
      const size = files.stat(`${folder}/data`)?.size;
      return size ?? (files.stat(folder) === undefined ? undefined : 0);
    });
  }

  async append(repository: string, id: string, piece: UploadPiece, options: StorageOptions = {}): Promise<number> {
    return telling(`taking an upload to ${repository}`, options, async () => {
      const { folder, baton } = await this.#take(repository, id);
      let isThere = true;
      let size: number;
      try {
        size = await this.#extend(folder, piece, options, (found, offset) =>
          otherOffset(repository, id, found, offset),
        );
      } finally {
        isThere = baton.giveBack();
      }
      if (!isThere) throw unknownUpload(repository, id);
      return size;
    });
  }

  async commit(repository: string, id: string, digest: Digest, options: StorageOptions = {}): Promise<number> {
    return telling(`keeping ${digest} in ${repository}`, options, async () => {
      const { folder, baton } = await this.#take(repository, id);
      try {
        const { size, found } = await this.#finish(repository, folder, digest, options);
        if (found === digest) return size;
        await baton.drop();
        throw otherContent(digest, found);
      } catch (error) {
        baton.giveBack();
        throw error;
      }
    });
  }

  async cancel(repository: string, id: string, options: StorageOptions = {}): Promise<boolean> {
    return telling(`ending an upload to ${repository}`, options, async () => {
      const folder = this.#folder(repository, id);
      if (folder === undefined) return false;
      this.#progress.delete(folder);
      return this.#terms.files.discard(folder);
    });
  }

  async put(repository: string, digest: Digest, content: Bytes, options: StorageOptions = {}): Promise<number> {
    return telling(`keeping ${digest} in ${repository}`, options, async () => {
      const { files } = this.#terms;
      const prepared = await files.newFolder();
      try {
        const path = `${prepared}/data`;
        const fd = files.fs.openSync(path, 'wx', files.modes.file);
        try {
          const hash = hashFor(digest);
          const { end, failure } = await takeContent(
            content,
            { fs: files.fs, fd, path, start: 0, hash, sync: files.sync },
            options.signal,
          );
          if (failure !== undefined) throw failure.error;
          const found = hexOf(hash, digest);
          if (found !== digest) throw otherContent(digest, found);
          await this.#keeper.keep(repository, digest, prepared, () => this.#flush(fd));
          return end;
        } finally {
          files.fs.closeSync(fd);
        }
      } catch (error) {
        await files.removeTree(prepared);
        throw error;
      }
    });
  }

  /** Undefined for what is no id: it becomes part of a path. */
  #folder(repository: string, id: string): string | undefined {
    return ID.test(id) ? this.#terms.files.paths.upload(repository, id) : undefined;
  }

  async #take(repository: string, id: string): Promise<{ readonly folder: string; readonly baton: Baton }> {
    const folder = this.#folder(repository, id);
    const baton = folder === undefined ? 'gone' : await takeBaton(this.#terms, folder);
    if (folder === undefined || baton === 'gone') throw unknownUpload(repository, id);
    if (baton === 'busy') throw busyUpload(repository, id);
    return { folder, baton };
  }

  async #extend(
    folder: string,
    { offset, content }: UploadPiece,
    { signal }: StorageOptions,
    refusal: (size: number, offset: number) => Error,
  ): Promise<number> {
    const { fs, modes, sync } = this.#terms.files;
    const path = `${folder}/data`;
    const fd = fs.openSync(path, constants.O_WRONLY | constants.O_CREAT, modes.file);
    try {
      const { size, ino } = fs.fstatSync(fd);
      if (offset !== undefined && offset !== size) throw refusal(size, offset);
      const before = this.#progress.get(folder);
      const isKnown = before?.ino === ino && before.size === size;
      const hash = size === 0 ? createHash('sha256') : isKnown ? before.hash : undefined;
      this.#progress.delete(folder);
      const { end, failure } = await takeContent(content, { fs, fd, path, start: size, hash, sync }, signal);
      if (failure !== undefined && isFull(failure.error)) {
        // What came of it would keep others from the space that it did not find itself.
        fs.ftruncateSync(fd, size);
        throw failure.error;
      }
      // Half of a chunk may have been written.
      if (failure !== undefined) fs.ftruncateSync(fd, end);
      if (hash !== undefined) this.#progress.set(folder, { hash, ino, size: end }, 1);
      if (failure !== undefined) throw failure.error;
      return end;
    } finally {
      fs.closeSync(fd);
    }
  }

  /** What is not `digest` is kept nowhere. */
  async #finish(
    repository: string,
    folder: string,
    digest: Digest,
    options: StorageOptions,
  ): Promise<{ readonly size: number; readonly found: Digest }> {
    const { files } = this.#terms;
    const data = `${folder}/data`;
    const progress = this.#progress.get(folder);
    this.#progress.delete(folder);
    const fd = files.fs.openSync(data, constants.O_RDWR | constants.O_CREAT, files.modes.file);
    try {
      const { size, ino } = files.fs.fstatSync(fd);
      const isKnown = progress?.ino === ino && progress.size === size && digest.startsWith('sha256:');
      const found = isKnown ? hexOf(progress.hash, digest) : await this.#hashOf(data, size, digest, options);
      if (found !== digest) files.remove(data);
      else await this.#keep(repository, folder, digest, fd);
      return { size, found };
    } finally {
      files.fs.closeSync(fd);
    }
  }

  /** The upload's own folder becomes the blob's: to make and remove folders costs more than all the rest of a small push. */
  async #keep(repository: string, folder: string, digest: Digest, fd: number): Promise<void> {
    const { files, clock } = this.#terms;
    const prepared = await files.takeAway(folder);
    if (prepared === undefined) throw new DrayError('NOT_FOUND', 'the upload was ended');
    try {
      await this.#keepDataAlone(prepared);
      await this.#keeper.keep(repository, digest, prepared, () => this.#flush(fd));
    } catch (error) {
      // An upload again, unless it has got its place already.
      if (files.stat(`${prepared}/data`) === undefined) await files.removeTree(prepared);
      else {
        // Where there is no room for it, whoever goes on makes it.
        await files.write(`${prepared}/startedat`, startedAt(clock.now()), { sync: false }).catch(() => undefined);
        await files.adopt(prepared, folder);
      }
      throw error;
    }
  }

  async #keepDataAlone(folder: string): Promise<void> {
    const { files } = this.#terms;
    for (const name of files.list(folder)) {
      if (name.startsWith('startedat')) files.remove(`${folder}/${name}`);
      else if (name !== 'data') await files.removeTree(`${folder}/${name}`);
    }
  }

  async #flush(fd: number): Promise<void> {
    const { fs, sync } = this.#terms.files;
    if (sync) await syncFile(fs, fd);
  }

  async #hashOf(path: string, size: number, digest: Digest, { signal }: StorageOptions): Promise<Digest> {
    const hash = hashFor(digest);
    for await (const chunk of readData(this.#terms.files.fs, () => path, { start: 0, end: size }, signal)) {
      hash.update(chunk);
    }
    return hexOf(hash, digest);
  }
}

/** No space was left. */
function isFull(error: unknown): boolean {
  return hasCode(error, 'DISK_FULL') || errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT';
}

/** The digest of what was hashed, of the same algorithm as `digest`. */
function hexOf(hash: Hash, digest: Digest): Digest {
  return `${digestParts(digest).algorithm}:${hash.digest('hex')}`;
}

/** Does something that begins unless it is cancelled already, with the file system's errors told. */
export async function telling<T>(doing: string, { signal }: StorageOptions, work: () => Promise<T>): Promise<T> {
  throwIfCancelled(signal);
  try {
    return await work();
  } catch (error) {
    throw asFailure(doing, error);
  }
}
