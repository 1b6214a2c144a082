import { readdirSync } from 'node:fs';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestParts, isDigest } from '#oci';
import type { Clock } from '#timing';
import { repositoryKey } from './repository-key.ts';

/** A last use is written down when it is so much later than the one that is, in milliseconds. */
const LAZY = 30_000;

/** A blob that a repository has from its upstream. */
export interface CachedBlob {
  readonly repository: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  used: number;
}

interface Known extends CachedBlob {
  /** The last use that is written down. */
  written: number;
}

/**
 * Which blobs came from upstreams, and when each was last used: a small file for each, whose time is the last use. Several processes write them;
 * what another one did is seen by `refresh`.
 */
export class Usage {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** Repositories by blob. */
  readonly #holders = new Map<Digest, Set<string>>();

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** To be called before the blob is there: nothing that is cached may be forgotten. */
  async add(repository: string, digest: Digest, size: number): Promise<void> {
    const now = this.#clock.now();
    const path = this.#path(repository, digest);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, `${JSON.stringify({ repository, digest, size })}\n`);
    await utimes(path, new Date(now), new Date(now));
    this.#know({ repository, digest, size, used: now, written: now });
  }

  /** As `add`, where another one, in any process, has removed it meanwhile. */
  async ensure(repository: string, digest: Digest, size: number): Promise<void> {
    const isThere = await stat(this.#path(repository, digest)).catch(() => undefined);
    if (isThere === undefined) await this.add(repository, digest, size);
  }

  touch(repository: string, digest: Digest, size: number): void {
    const now = this.#clock.now();
    const key = keyOf(repository, digest);
    const known = this.#known.get(key) ?? { repository, digest, size, used: now, written: 0 };
    known.used = now;
    if (now - known.written > LAZY) {
      known.written = now;
      this.#know(known);
      const time = new Date(now);
      // Who takes the files away makes everything unknown: what is used is known again.
      utimes(this.#path(repository, digest), time, time)
        .catch(() => this.add(repository, digest, size))
        .catch(() => undefined);
    }
  }

  async remove(repository: string, digest: Digest): Promise<void> {
    this.#known.delete(keyOf(repository, digest));
    const names = this.#holders.get(digest);
    names?.delete(repository);
    if (names?.size === 0) this.#holders.delete(digest);
    await rm(this.#path(repository, digest), { force: true });
  }

  /** Another repository that this process knows to have a blob from its upstream. */
  holder(digest: Digest, repository: string): CachedBlob | undefined {
    const names = this.#holders.get(digest);
    if (names === undefined) return undefined;
    for (const name of names) if (name !== repository) return this.#known.get(keyOf(name, digest));
    return undefined;
  }

  /** Reads everything anew and gives it. */
  async refresh(): Promise<readonly CachedBlob[]> {
    const began = this.#clock.now();
    const found: Known[] = [];
    for (const folder of listed(this.#folder)) {
      for (const name of listed(join(this.#folder, folder))) {
        const entry = await readEntry(join(this.#folder, folder, name));
        if (entry === undefined) continue;
        const used = this.#known.get(keyOf(entry.repository, entry.digest))?.used ?? 0;
        found.push({ ...entry, used: Math.max(entry.used, used) });
      }
    }
    // What was added while the files were read may not be among them.
    const newer = [...this.#known.values()].filter(({ written }) => written >= began);
    this.#known.clear();
    this.#holders.clear();
    for (const entry of [...newer, ...found]) this.#know(entry);
    return found;
  }

  #know(entry: Known): void {
    const { repository, digest } = entry;
    this.#known.set(keyOf(repository, digest), entry);
    const names = this.#holders.get(digest);
    if (names === undefined) this.#holders.set(digest, new Set([repository]));
    else names.add(repository);
  }

  #path(repository: string, digest: Digest): string {
    const { algorithm, hex } = digestParts(digest);
    return join(this.#folder, hex.slice(0, 2), `${algorithm}-${hex}.${repositoryKey(repository)}`);
  }
}

function keyOf(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function readEntry(path: string): Promise<Known | undefined> {
  try {
    const [text, { mtimeMs }] = [await readFile(path, 'utf8'), await stat(path)];
    const { repository, digest, size } = JSON.parse(text) as Partial<CachedBlob>;
    if (typeof repository !== 'string' || typeof digest !== 'string' || typeof size !== 'number') return undefined;
    return isDigest(digest) ? { repository, digest, size, used: mtimeMs, written: mtimeMs } : undefined;
  } catch {
    // Half written by a process that was killed, or removed meanwhile: its blob was not there, or is not any more.
    return undefined;
  }
}
