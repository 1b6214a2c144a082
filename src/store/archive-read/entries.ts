import { DrayError } from '#errors';
import { type Digest, isDigest, printable } from '#oci';
import { readRegion } from '../file-region.ts';
import { keyOf, keyOfLink } from './key.ts';
import type { Seekable } from './seekable.ts';

/** A stretch of the archive that is one file of it. */
export interface Stretch {
  readonly offset: number;
  readonly size: number;
}

/** What stands under a name: a file, a link to another name, or something that is no file. */
export type Entry =
  | { readonly kind: 'file'; readonly at: Stretch }
  | { readonly kind: 'link'; readonly target: string; readonly hard: boolean }
  | { readonly kind: 'other' };

/** Links to links that are followed. */
const MOST_LINKS = 16;
/** Characters of all names together, which are held. */
const MOST_NAMES = 32 * 1024 * 1024;

/** The files of an archive by name. Names are keys of a map and nothing else: no path of this machine is ever made of one. */
export class Entries {
  readonly #tar: Seekable;
  /** Each name's entries, in the tar's order. The last one counts, as for those who unpack it. */
  readonly #entries = new Map<string, Entry[]>();
  count = 0;
  #names = 0;

  constructor(tar: Seekable) {
    this.#tar = tar;
  }

  get what(): string {
    return this.#tar.what;
  }

  /** Rejects with MANIFEST_INVALID for a name that leads out of the archive: nobody means well who writes one. */
  add(name: string, entry: Entry): void {
    const key = keyOf(name);
    if (key === undefined) throw this.failure(`it has an entry that leads out of it: ${shown(name)}`);
    this.count += 1;
    this.#names += key.length + (entry.kind === 'link' ? entry.target.length : 0);
    if (this.#names > MOST_NAMES) {
      throw new DrayError('TOO_LARGE', `cannot read ${this.what}: its names are longer than ${MOST_NAMES} characters`);
    }
    const there = this.#entries.get(key);
    if (there === undefined) this.#entries.set(key, [entry]);
    else there.push(entry);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Where the file of that name is, links followed; undefined where there is none. */
  find(name: string): Stretch | undefined {
    let key = keyOf(name);
    for (let links = 0; key !== undefined && links <= MOST_LINKS; links++) {
      const entry: Entry | undefined = this.#entries.get(key)?.at(-1);
      if (entry === undefined || entry.kind === 'other') return undefined;
      if (entry.kind === 'file') return entry.at;
      key = entry.hard ? keyOf(entry.target) : keyOfLink(key, entry.target);
    }
    return undefined;
  }

  /**
   * The bytes of a small file; undefined where there is none. Rejects with TOO_LARGE over `limit`, and with MANIFEST_INVALID where the name stands in the
   * archive twice with other content: who takes the first and who takes the last would see two archives.
   */
  read(name: string, limit: number): Uint8Array | undefined {
    const last = this.find(name);
    if (last === undefined) return undefined;
    const bytes = this.#bytes(name, last, limit);
    for (const entry of this.#entries.get(name)?.slice(0, -1) ?? []) {
      const same = entry.kind === 'file' && Buffer.compare(this.#bytes(name, entry.at, limit), bytes) === 0;
      if (!same) throw this.failure(`it is ambiguous: ${shown(name)} stands in it twice, with other content`);
    }
    return bytes;
  }

  /** The blobs of an OCI layout. */
  *blobs(): Generator<readonly [Digest, Stretch], void, undefined> {
    for (const name of this.#entries.keys()) {
      const [, algorithm, hex] = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(name) ?? [];
      const digest = `${algorithm}:${hex}`;
      const at = isDigest(digest) ? this.find(name) : undefined;
      if (at !== undefined && isDigest(digest)) yield [digest, at];
    }
  }

  /** The first bytes of a file. */
  head({ offset, size }: Stretch, length: number): Uint8Array {
    const head = Buffer.alloc(Math.min(length, size));
    readRegion(this.#tar.region, offset, head);
    return head;
  }

  failure(found: string, detail: Readonly<Record<string, unknown>> = {}): DrayError {
    return new DrayError('MANIFEST_INVALID', `cannot read ${this.what}: ${found}`, { detail });
  }

  #bytes(name: string, { offset, size }: Stretch, limit: number): Uint8Array {
    if (size > limit) {
      const message = `${shown(name)} in ${this.what} is ${size} bytes; at most ${limit} are read`;
      throw new DrayError('TOO_LARGE', message, { detail: { limit } });
    }
    const bytes = Buffer.alloc(size);
    readRegion(this.#tar.region, offset, bytes);
    return bytes;
  }
}

/** A name out of an archive, for messages. */
export function shown(name: string): string {
  return JSON.stringify(printable(name, 200));
}
