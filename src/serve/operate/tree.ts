import type * as nodeFs from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '#errors';
import { type Digest, isDigest } from '#oci';
import { type FileSystem, isAbsence } from '#store';
import { Paths } from '../storage/folder/paths.ts';
import type { Pace } from './pace.ts';

/** What maintenance asks of the operating system. */
export type TreeFiles = FileSystem & Pick<typeof nodeFs, 'linkSync' | 'opendirSync'>;

/** Entries that are read from a folder in one go. */
const ENTRIES = 512;

/** The folder of a registry as distribution lays it out, walked entry by entry: nothing of it is held in memory. */
export class RegistryTree {
  readonly root: string;
  readonly fs: TreeFiles;
  readonly pace: Pace;
  readonly paths: Paths;
  readonly #blobs: string;

  constructor(options: { readonly root: string; readonly fs: TreeFiles; readonly pace: Pace }) {
    this.root = options.root;
    this.fs = options.fs;
    this.pace = options.pace;
    this.paths = new Paths(options.root);
    this.#blobs = join(this.paths.repositories, '..', 'blobs');
  }

  data(digest: Digest): string {
    return join(this.paths.data(digest), 'data');
  }

  tagLink(repository: string, tag: string): string {
    return join(this.paths.tag(repository, tag), 'current', 'link');
  }

  /** Names in a folder, in no order; none where it is not there. */
  async *names(folder: string): AsyncGenerator<string> {
    let open: nodeFs.Dir;
    try {
      open = this.fs.opendirSync(folder, { bufferSize: ENTRIES });
    } catch (error) {
      if (isAbsence(error)) return;
      throw error;
    }
    try {
      for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
        yield entry.name;
        const rest = this.pace.next();
        if (rest !== undefined) await rest;
      }
    } finally {
      open.closeSync();
    }
  }

  /** All that are there, also those with nothing but uploads. */
  async *repositories(below = ''): AsyncGenerator<string> {
    const inside: string[] = [];
    let isRepository = false;
    for await (const name of this.names(join(this.paths.repositories, below))) {
      if (name.startsWith('_')) isRepository = below !== '';
      else inside.push(name);
    }
    if (isRepository) yield below;
    for (const name of inside) yield* this.repositories(below === '' ? name : `${below}/${name}`);
  }

  /** The digests that a folder has places for, `<algorithm>/<hex>`; whether a link is there is another question. */
  async *digests(folder: string): AsyncGenerator<Digest> {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      for await (const hex of this.names(join(folder, algorithm))) {
        const digest = `${algorithm}:${hex}`;
        if (isDigest(digest)) yield digest;
      }
    }
  }

  async *blobs(): AsyncGenerator<Digest> {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      for await (const prefix of this.names(join(this.#blobs, algorithm))) {
        for await (const hex of this.names(join(this.#blobs, algorithm, prefix))) {
          const digest = `${algorithm}:${hex}`;
          if (isDigest(digest) && hex.startsWith(prefix)) yield digest;
        }
      }
    }
  }

  async *trashed(): AsyncGenerator<Digest> {
    for await (const name of this.names(this.paths.trash)) {
      const digest = name.replace('-', ':');
      if (isDigest(digest)) yield digest;
    }
  }

  stat(path: string): nodeFs.Stats | undefined {
    return this.fs.statSync(path, { throwIfNoEntry: false });
  }

  text(path: string): string | undefined {
    try {
      return this.fs.readFileSync(path, 'utf8');
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  /** True when there was such a file. */
  unlink(path: string): boolean {
    try {
      this.fs.unlinkSync(path);
      return true;
    } catch (error) {
      if (isAbsence(error)) return false;
      throw error;
    }
  }

  /** Removes a folder and those above it, `levels` in all, as far as they are empty. */
  prune(folder: string, levels: number): void {
    let path = folder;
    for (let level = 0; level < levels; level += 1, path = dirname(path)) {
      try {
        this.fs.rmdirSync(path);
      } catch (error) {
        if (!isAbsence(error)) return;
      }
    }
  }

  /** Gives a file one more name, unless that is taken: `there`. */
  copyName(from: string, to: string): 'made' | 'there' | 'missing' | 'impossible' {
    try {
      this.fs.linkSync(from, to);
      return 'made';
    } catch (error) {
      if (isAbsence(error)) return 'missing';
      return errnoOf(error) === 'EEXIST' ? 'there' : 'impossible';
    }
  }
}
