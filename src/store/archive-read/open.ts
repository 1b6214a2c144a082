import type { CallOptions, Fetched, FetchOptions } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, printable } from '#oci';
import { blobName } from '../archive-file/blob-name.ts';
import { DELTA_TABLE, type DeltaTable, parseDelta } from '../archive-file/delta.ts';
import { fetchBytes, fetchRegion } from '../archive-file/read-region.ts';
import { asFailure } from '../failure.ts';
import { type FileSystem, systemFiles } from '../file-system.ts';
import { expectAgreement } from './agreement.ts';
import type { ArchivedImage, ArchiveLimits, ReadableArchive } from './archive.ts';
import { type DockerImages, dockerImages } from './docker-images.ts';
import { type DockerItem, LARGEST_TABLE, readDockerTable } from './docker-table.ts';
import type { Entries, Stretch } from './entries.ts';
import { readOciTable } from './oci-images.ts';
import type { RegionsRecipe } from './regions.ts';
import { expectTar, scanTar } from './scan.ts';
import { type ArchiveOrigin, openSeekable, type Seekable } from './seekable.ts';

export interface OpenArchiveOptions extends CallOptions {
  /** Gives the folder that what cannot be read in place (gzip, zstd, a stream) is unpacked to, in a file that no kill leaves behind. */
  readonly folder: () => Promise<string>;
  readonly limits?: Partial<ArchiveLimits> | undefined;
  readonly fs?: FileSystem | undefined;
}

const MOST_ENTRIES = 200_000;
/** Blobs that another thread is told of, for each that it brings. */
const MOST_LENT = 1000;
/** Detail of the error for what is something else altogether. */
const NO_ARCHIVE = { isNoArchive: true };

/**
 * Opens an image archive for reading: docker's format or an OCI image layout, plain or compressed, of whatever tool and in whatever order. An archive
 * that is both, as docker 25 and later write it, is read as the layout, which alone has the digests of manifests and indexes. Only its
 * tables are read: content is verified by whoever takes it. Rejects with NOT_FOUND, IO_FAILED, DISK_FULL, CORRUPT_LAYER (no tar, or a damaged one),
 * MANIFEST_INVALID, TOO_LARGE, UNSUPPORTED, and INVALID_REFERENCE for names that are none.
 */
export async function openArchive(origin: ArchiveOrigin, options: OpenArchiveOptions): Promise<ReadableArchive> {
  const { fs = systemFiles, folder, limits = {}, signal } = options;
  throwIfCancelled(signal);
  const what = 'path' in origin ? origin.path : (origin.name ?? 'the archive');
  const doing = `reading ${what}`;
  try {
    const tar = await openSeekable(origin, {
      fs,
      folder,
      unpack: true,
      unpacked: limits.unpacked,
      follow: (bytes) => expectTar(bytes, what),
      signal,
    });
    try {
      const entries = await scanTar(tar, { most: limits.entries ?? MOST_ENTRIES, signal });
      return await readTables(tar, entries, { signal });
    } catch (error) {
      tar.close();
      throw error;
    }
  } catch (error) {
    throw asFailure(doing, error);
  }
}

async function readTables(tar: Seekable, entries: Entries, options: CallOptions): Promise<ReadableArchive> {
  const roots = readOciTable(entries);
  const items = readDockerTable(entries);
  if (tar.size === 0) throw entries.failure('it is empty', NO_ARCHIVE);
  const delta = readDelta(entries);
  if (roots !== undefined && roots.length > 0) {
    expectAgreement(roots, items ?? [], entries);
    const none = { blobs: new Map(), made: new Map() };
    return new OpenedArchive(tar, entries, { format: 'oci-archive', images: roots, ...none, delta });
  }
  if (items === undefined || items.length === 0) throw noImages(entries, items);
  const read = (at: Stretch, how: CallOptions): Fetched =>
    fetchRegion({ ...tar.region, base: at.offset }, at.size, how);
  return new OpenedArchive(tar, entries, {
    format: 'docker-archive',
    delta,
    ...(await dockerImages(items, entries, { read, signal: options.signal })),
  });
}

function noImages(entries: Entries, items: readonly DockerItem[] | undefined): DrayError {
  if (items !== undefined) return entries.failure('its manifest.json lists no image');
  if (entries.has('repositories')) {
    return new DrayError(
      'UNSUPPORTED',
      `${entries.what} is an archive of docker before 1.10: it has no manifest.json`,
      {
        hint: 'load it with an older docker and save it with a newer one',
      },
    );
  }
  if (entries.has('index.json')) return entries.failure('it has an index.json without an image or an oci-layout');
  return entries.failure('it is no image archive: it has neither manifest.json nor index.json', NO_ARCHIVE);
}

function readDelta(entries: Entries): DeltaTable | undefined {
  const bytes = entries.read(DELTA_TABLE, LARGEST_TABLE);
  return bytes === undefined ? undefined : parseDelta(bytes, `${DELTA_TABLE} of ${entries.what}`);
}

interface Tables extends DockerImages {
  readonly delta: DeltaTable | undefined;
  readonly format: ReadableArchive['format'];
}

class OpenedArchive implements ReadableArchive {
  readonly steady = true;
  readonly format: ReadableArchive['format'];
  readonly images: readonly ArchivedImage[];
  readonly delta: DeltaTable | undefined;
  readonly #tar: Seekable;
  readonly #entries: Entries;
  readonly #tables: Tables;
  #open = true;
  #regions: ReadonlyMap<Digest, Stretch> | undefined;

  constructor(tar: Seekable, entries: Entries, tables: Tables) {
    this.format = tables.format;
    this.images = tables.images;
    this.delta = tables.delta;
    this.#tar = tar;
    this.#entries = entries;
    this.#tables = tables;
  }

  async has(target: Descriptor): Promise<boolean> {
    return this.#locate(target.digest)?.size === target.size;
  }

  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<Fetched> {
    throwIfCancelled(options.signal);
    if (!this.#open) throw new DrayError('BUG', `${this.#tar.what} is closed`);
    const found = this.#locate(target.digest);
    if (found === undefined) throw this.#unknown(target.digest);
    if ('bytes' in found) return fetchBytes(found.bytes, options);
    return fetchRegion({ ...this.#tar.region, base: found.offset }, found.size, options);
  }

  async recipe(): Promise<RegionsRecipe | undefined> {
    const { fd, path } = this.#tar.region;
    this.#regions ??= new Map([...this.#entries.blobs(), ...this.#tables.blobs]);
    if (this.#regions.size > MOST_LENT) return undefined;
    return { kind: 'regions', fd, path, regions: [...this.#regions], made: [...this.#tables.made] };
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#tar.close();
  }

  #locate(digest: Digest): Stretch | { readonly bytes: Uint8Array; readonly size: number } | undefined {
    const bytes = this.#tables.made.get(digest);
    if (bytes !== undefined) return { bytes, size: bytes.length };
    return this.#tables.blobs.get(digest) ?? this.#entries.find(blobName(digest));
  }

  #unknown(digest: Digest): DrayError {
    const { what } = this.#tar;
    if (this.delta?.missing.some((left) => left.digest === digest) === true) {
      const from = this.delta.from.map((name) => printable(name)).join(', ');
      return new DrayError('BLOB_UNKNOWN', `${what} is a delta: ${digest} was left out of it`, {
        hint: `load it where that is already (it came from ${from}): dray load -i ${what}`,
        detail: { digest },
      });
    }
    return new DrayError('BLOB_UNKNOWN', `${what} does not hold ${digest}`, { detail: { digest } });
  }
}
