import type { CallOptions, Fetched, FetchOptions } from '#content';
import { fetchRegion } from '../archive-file/read-region.ts';
import { asFailure } from '../failure.ts';
import { systemFiles } from '../file-system.ts';
import { type ArchiveOrigin, openSeekable } from './seekable.ts';

/** A file, or what came as a stream, to be read as often as needed. */
export interface LocalContent {
  readonly size: number;
  /** For messages. */
  readonly what: string;
  fetch(options?: FetchOptions): Fetched;
  close(): void;
}

export interface LocalContentOptions extends CallOptions {
  /** Gives the folder that a stream is kept in meanwhile, in a file that no kill leaves behind. */
  readonly folder: () => Promise<string>;
}

/** Opens content as it is, compressed or not. Rejects with NOT_FOUND, IO_FAILED and DISK_FULL. */
export async function openLocalContent(origin: ArchiveOrigin, options: LocalContentOptions): Promise<LocalContent> {
  const { folder, signal } = options;
  try {
    const { region, size, what, close } = await openSeekable(origin, {
      fs: systemFiles,
      folder,
      unpack: false,
      unpacked: undefined,
      signal,
    });
    return { size, what, close, fetch: (how = {}) => fetchRegion(region, size, how) };
  } catch (error) {
    throw asFailure(`reading ${'path' in origin ? origin.path : (origin.name ?? 'the content')}`, error);
  }
}
