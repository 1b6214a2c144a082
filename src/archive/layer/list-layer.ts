import type { Bytes } from '#bytes';
import { DrayError, throwIfCancelled } from '#errors';
import { readTar, type TarEntry } from '../tar/read.ts';

/** An entry of a layer without its content, as it is written there. */
export interface LayerItem extends Omit<TarEntry, 'bytes' | 'pax' | 'userName' | 'groupName'> {
  /** Which layer it is of: 0 is the base. */
  readonly layer: number;
}

export interface ListLayerOptions {
  /** Which layer it is: 0 is the base. */
  readonly layer: number;
  /** Names the layer in errors. */
  readonly what: string;
  /** Most entries; a million by default. */
  readonly most?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Each costs half a kilobyte of memory until it is listed. */
const MOST_ENTRIES = 1_000_000;
/** Characters of all names together: what is no path is refused before. */
const MOST_TEXT = 256 * 1024 * 1024;
/** Bytes that Linux takes as a path. */
const LONGEST_PATH = 4096;

/**
 * The entries of an uncompressed layer in its order; contents are passed over. Rejects with CORRUPT_LAYER for a broken tar and for names that no
 * system takes, with TOO_LARGE for more entries than there may be.
 */
export async function listLayer(bytes: Bytes, options: ListLayerOptions): Promise<readonly LayerItem[]> {
  return listEntries(readTar(bytes, options.what), options);
}

/** The same of entries that pass. */
export async function listEntries(
  entries: AsyncIterable<TarEntry>,
  { layer, what, most = MOST_ENTRIES, signal }: ListLayerOptions,
): Promise<readonly LayerItem[]> {
  const items: LayerItem[] = [];
  let text = 0;
  for await (const entry of entries) {
    throwIfCancelled(signal);
    const longest = Math.max(entry.name.length, entry.linkName.length);
    if (longest > LONGEST_PATH) {
      throw new DrayError('CORRUPT_LAYER', `${what} has a name of ${longest} characters, which is no path`);
    }
    text += entry.name.length + entry.linkName.length;
    if (items.length >= most || text > MOST_TEXT) {
      throw new DrayError(
        'TOO_LARGE',
        `there are more entries in ${what} than any image should have: it may be a bomb`,
        {
          detail: { most },
        },
      );
    }
    items.push(itemOf(entry, layer));
  }
  return items;
}

function itemOf(entry: TarEntry, layer: number): LayerItem {
  const { name, type, size, mode, uid, gid, mtime, linkName, deviceMajor, deviceMinor, offset } = entry;
  return { name, type, size, mode, uid, gid, mtime, linkName, deviceMajor, deviceMinor, offset, layer };
}
