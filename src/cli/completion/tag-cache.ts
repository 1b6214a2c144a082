import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Milliseconds: somebody who presses Tab again and again asks the registry once. */
const FRESH = 60_000;

/** Tags of repositories, kept for a minute in the user's cache folder, readable by the user alone. Where it cannot be written nothing is kept. */
export class TagCache {
  readonly #folder: string | undefined;
  readonly #now: number;

  constructor(env: Readonly<Record<string, string | undefined>>, now: number) {
    const { XDG_CACHE_HOME, LOCALAPPDATA, HOME } = env;
    const folder = XDG_CACHE_HOME || LOCALAPPDATA || (HOME ? join(HOME, '.cache') : undefined);
    this.#folder = folder === undefined ? undefined : join(folder, 'dray', 'completion');
    this.#now = now;
  }

  async read(name: string): Promise<readonly string[] | undefined> {
    const file = this.#file(name);
    if (file === undefined) return undefined;
    try {
      const age = this.#now - (await stat(file)).mtimeMs;
      if (age > FRESH || age < -FRESH) return undefined;
      const tags: unknown = JSON.parse(await readFile(file, 'utf8'));
      return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : undefined;
    } catch {
      return undefined;
    }
  }

  async keep(name: string, tags: readonly string[]): Promise<readonly string[]> {
    const file = this.#file(name);
    if (file === undefined || this.#folder === undefined) return tags;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const fresh = `${file}.${process.pid}`;
      await writeFile(fresh, JSON.stringify(tags), { mode: 0o600 });
      await rename(fresh, file);
    } catch {
      // It is asked for again next time.
    }
    return tags;
  }

  #file(name: string): string | undefined {
    const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
    return this.#folder === undefined ? undefined : join(this.#folder, `${hash}.json`);
  }
}
