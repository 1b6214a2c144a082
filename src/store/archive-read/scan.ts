import { readTar } from '#archive';
import type { Bytes } from '#bytes';
import type { CallOptions } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { readRegion } from '../file-region.ts';
import { Entries } from './entries.ts';
import type { Seekable } from './seekable.ts';

/** Read at once where headers are: most are followed by content that nobody looks at yet. */
const STEP = 8 * 1024;
/** Stands for what is passed over. */
const UNREAD = new Uint8Array(1024 * 1024);

export interface ScanOptions extends CallOptions {
  /** Most entries. */
  readonly most: number;
}

/** Lists what is in the tar; of the content nothing is read. Rejects with CORRUPT_LAYER where it is no tar or ends too early, with TOO_LARGE at too many entries. */
export async function scanTar(tar: Seekable, options: ScanOptions): Promise<Entries> {
  const entries = new Entries(tar);
  const window = new Window(tar, options);
  for await (const { name, type, offset, size, linkName } of readTar(window, tar.what)) {
    if (entries.count >= options.most) {
      const message = `cannot read ${tar.what}: it has more than ${options.most} entries`;
      throw new DrayError('TOO_LARGE', message, { detail: { limit: options.most } });
    }
    if (type === 'file') {
      window.pass(offset + size);
      entries.add(name, { kind: 'file', at: { offset, size } });
    } else if (type === 'hardlink' || type === 'symlink') {
      entries.add(name, { kind: 'link', target: linkName, hard: type === 'hardlink' });
    } else entries.add(name, { kind: 'other' });
  }
  return entries;
}

/** Reads a tar to its end and no further. Rejects with CORRUPT_LAYER as soon as it is none, or ends too early. */
export async function expectTar(bytes: Bytes, what: string): Promise<void> {
  const entries = readTar(bytes, what);
  while ((await entries.next()).done !== true);
}

/** The tar's bytes, of which those that are passed over come as zeros. */
class Window implements AsyncIterable<Uint8Array> {
  readonly #tar: Seekable;
  readonly #options: CallOptions;
  #unreadEnd = 0;

  constructor(tar: Seekable, options: CallOptions) {
    this.#tar = tar;
    this.#options = options;
  }

  /** Nobody looks at the bytes before `end` that were not given out yet. */
  pass(end: number): void {
    this.#unreadEnd = end;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const { region, size } = this.#tar;
    const buffer = Buffer.alloc(STEP);
    for (let at = 0; at < size; ) {
      throwIfCancelled(this.#options.signal);
      const unread = Math.min(this.#unreadEnd, size) - at;
      const chunk = unread > 0 ? UNREAD.subarray(0, unread) : buffer.subarray(0, size - at);
      if (unread <= 0) readRegion(region, at, chunk);
      at += chunk.length;
      yield chunk;
    }
  }
}
