import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, pour } from '#bytes';
import type { Fetched, FetchOptions, Ingest, PutOptions, Store } from '#content';
import type { Descriptor } from '#oci';
import { type OpenStore, storeSuite } from '#testing';
import { planOf, testFolder } from './fixtures.test.ts';
import { type ArchiveFile, openArchiveFile } from './open.ts';

const lockTimings = { beat: 100, stale: 800, poll: 5 };

/** No disk holds more; the suite has a descriptor that says 9 PB. */
const LARGEST = 2 ** 30;

/**
 * A store that keeps each blob in an archive of its own, so that an archive, which takes only what is planned, can pass the suite. The file is
 * opened for each call, and stays open while ingests are under way: what one call leaves is found by the next one, as by another process.
 */
class ArchivePerBlob implements Store {
  readonly #folder: string;
  readonly #open = new Map<string, { readonly file: Promise<ArchiveFile>; users: number }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  has(target: Descriptor): Promise<boolean> {
    return this.#with(target, (file) => file.has(target));
  }

  async fetch(target: Descriptor, options?: FetchOptions): Promise<Fetched> {
    const file = await this.#enter(target, options);
    const leave = (): Promise<void> => this.#leave(target);
    try {
      const fetched = await file.fetch(target, options);
      async function* chunks(): AsyncGenerator<Uint8Array> {
        try {
          yield* fetched;
        } finally {
          await leave();
        }
      }
      return { offset: fetched.offset, [Symbol.asyncIterator]: chunks, pour: (sink) => pour(chunks(), sink) };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  put(target: Descriptor, content: Bytes, options?: PutOptions): Promise<void> {
    const possible = { ...target, size: Math.min(target.size, LARGEST) };
    return this.#with(possible, (file) => file.put(possible, content, options), options);
  }

  async ingest(target: Descriptor, options?: PutOptions): Promise<Ingest | undefined> {
    const file = await this.#enter(target, options);
    let left = false;
    const leave = async (): Promise<void> => {
      if (!left) await this.#leave(target);
      left = true;
    };
    const ingest = await file.ingest(target, options).catch(async (error: unknown) => {
      await leave();
      throw error;
    });
    if (ingest === undefined) {
      await leave();
      return undefined;
    }
    return {
      target,
      have: () => ingest.have(),
      write: (position, chunk) => ingest.write(position, chunk),
      reset: () => ingest.reset(),
      commit: (commitOptions) => ingest.commit(commitOptions).then(leave),
      release: () => ingest.release().then(leave),
    };
  }

  async #with<T>(target: Descriptor, work: (file: ArchiveFile) => Promise<T>, options?: PutOptions): Promise<T> {
    const file = await this.#enter(target, options);
    try {
      return await work(file);
    } finally {
      await this.#leave(target);
    }
  }

  #enter(target: Descriptor, options?: PutOptions): Promise<ArchiveFile> {
    const path = this.#path(target);
    const entry = this.#open.get(path) ?? {
      file: openArchiveFile(path, planOf(target), { ...options, lockTimings, sync: false }),
      users: 0,
    };
    entry.users += 1;
    this.#open.set(path, entry);
    return entry.file.catch((error: unknown) => {
      this.#open.delete(path);
      throw error;
    });
  }

  async #leave(target: Descriptor): Promise<void> {
    const path = this.#path(target);
    const entry = this.#open.get(path);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#open.delete(path);
    await (await entry.file).release();
  }

  #path({ digest, size }: Descriptor): string {
    return join(this.#folder, `${digest.replace(':', '-')}-${size}.tar`);
  }
}

async function open(): Promise<OpenStore> {
  const folder = testFolder();
  return {
    store: new ArchivePerBlob(folder),
    reopen: async () => new ArchivePerBlob(folder),
    close: async () => rmSync(folder, { recursive: true }),
  };
}

storeSuite('archive file', open, { ingest: true, layers: true, names: false });
