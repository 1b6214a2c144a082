import { type BlobWork, cachedSource, copyBlobs, type Source } from '#content';
import { DrayError } from '#errors';
import type { Descriptor, Digest } from '#oci';
import type { ArchiveOrigin, DiskStore, ReadableArchive } from '#store';
import { openArchivePlace } from '../place/archived-image.ts';
import { type ReadImages, readImages } from '../place/read-images.ts';
import type { Places } from '../places.ts';
import { blobWork } from '../pull/blobs.ts';
import { verifyKept } from '../pull/verify-kept.ts';
import { holdIn } from '../stored/hold.ts';
import { expectPlatforms, wantedPlatforms } from '../wanted.ts';
import { expectBase } from './expect-base.ts';
import type { LoadOptions, LoadResult } from './loaded.ts';
import { nameImage } from './name-images.ts';
import { plainLayers } from './plain-layers.ts';
import { Staging } from './staging.ts';
import { wholeManifests } from './whole.ts';

/** Most bytes of manifests and configs of one archive; a hundred images have a few megabytes. */
const MOST_DOCUMENT_BYTES = 128 * 1024 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Loads all images of an archive into the store: of an index all platforms that the archive has, or those asked for. Every digest, size and diff_id is
 * verified before anything can be seen; an archive that fails changes nothing. Content that the store has is not read from the archive.
 * Rejects as `openArchive` does, with BLOB_UNKNOWN, PLATFORM_UNKNOWN, DIGEST_MISMATCH, SIZE_MISMATCH, DIFF_ID_MISMATCH, CORRUPT_LAYER.
 */
export async function loadArchive(
  origin: ArchiveOrigin,
  places: Places,
  options: LoadOptions = {},
): Promise<LoadResult> {
  const { signal, onEvent } = options;
  const archive = await openArchivePlace(origin, places, { signal, onEvent });
  try {
    return await load(archive, nameOf(origin), places, options);
  } finally {
    await archive.close();
  }
}

function nameOf(origin: ArchiveOrigin): string {
  return 'path' in origin ? origin.path : (origin.name ?? 'the archive');
}

async function load(archive: ReadableArchive, what: string, places: Places, options: LoadOptions): Promise<LoadResult> {
  const { signal } = options;
  const store = await places.store();
  await expectBase(archive, store, { what, signal });
  const read: ReadImages[] = [];
  let left = MOST_DOCUMENT_BYTES;
  for (const { root } of archive.images) {
    const image = await readArchived(archive, root, { what, store, places, options });
    left -= documentBytes(image);
    if (left < 0) {
      throw new DrayError(
        'TOO_LARGE',
        `the manifests and configs in ${what} are together larger than ${MOST_DOCUMENT_BYTES} bytes`,
      );
    }
    read.push(withoutBytes(image));
  }
  const work = read.flatMap(workOf);
  const lease = holdIn(store);
  try {
    await lease.add(
      work.map(({ target }) => target),
      { signal },
    );
    const present = await bring(archive, store, { read, work, places, options });
    lease.check();
    const images = [];
    for (const [at, image] of read.entries()) {
      images.push(await nameImage(image, archive.images[at]?.names ?? [], store, { host: places.host, signal }));
    }
    const sizes = new Map(work.map(({ target }) => [target.digest, target.size]));
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const here = [...present].reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), 0);
    return { format: archive.format, images, bytes: { total, present: here } };
  } finally {
    await lease.release();
  }
}

function documentBytes({ images, nodes }: ReadImages): number {
  const sizes = [...images.map(({ configBytes }) => configBytes.length), ...nodes.map(({ bytes }) => bytes.length)];
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Of all images only what is needed later is held: documents are brought like everything else. */
function withoutBytes(read: ReadImages): ReadImages {
  const images = read.images.map((image) => {
    const { os, architecture, rootfs } = image.config;
    return { ...image, config: { os, architecture, rootfs, history: [] }, configBytes: NOTHING };
  });
  return { ...read, images, nodes: read.nodes.map((node) => ({ ...node, bytes: NOTHING })) };
}

interface ReadOptions {
  readonly what: string;
  readonly store: DiskStore;
  readonly places: Places;
  readonly options: LoadOptions;
}

/** All documents of an image of the archive, of which every blob is known to be there or in the store. */
async function readArchived(
  archive: Source,
  root: Descriptor,
  { what, store, places, options }: ReadOptions,
): Promise<ReadImages> {
  const { platform, signal, onEvent } = options;
  const source = cachedSource(archive, store);
  const available = await wholeManifests(source, root, { what, signal, onEvent });
  const wanted = wantedPlatforms({ platform, allPlatforms: platform === undefined }, places.host);
  const how = { host: places.host, artifacts: false, what, available, signal, onEvent };
  const read = await readImages(source, root, { wanted, ...how });
  expectPlatforms(read, wanted, what);
  return read;
}

/** Everything that an image consists of, children before parents. */
function workOf(read: ReadImages): readonly BlobWork[] {
  return [
    ...blobWork(read, true),
    ...read.images.map(({ document }) => ({ target: document.config, role: 'config' as const })),
    ...read.nodes.map(({ descriptor }) => ({ target: descriptor, role: 'manifest' as const })),
  ];
}

/** Brings what the store lacks out of the archive, all of it or nothing; resolves with the digests of what was there before. */
async function bring(
  archive: Source,
  store: DiskStore,
  {
    read,
    work,
    places,
    options,
  }: { read: readonly ReadImages[]; work: readonly BlobWork[]; places: Places; options: LoadOptions },
): Promise<ReadonlySet<Digest>> {
  const { signal, onEvent, concurrency } = options;
  const plain = await plainLayers(archive, work, { signal });
  const checked = work.map((blob) => (plain.has(blob.target.digest) ? { ...blob, diffId: undefined } : blob));
  const staging = await Staging.open(store, checked, { signal });
  try {
    const copied = await copyBlobs(archive, staging, checked, {
      signal,
      onEvent,
      concurrency,
      // A file is read fastest from its first byte to its last.
      lanes: 1,
      carrier: places.carrier,
    });
    const present = new Set(copied.filter((blob) => blob.present).map(({ target }) => target.digest));
    for (const image of read) await verifyKept(image, present, store, { signal });
    await staging.publish(work);
    for (const [digest, size] of plain) {
      if (!present.has(digest)) await store.rememberLayer(digest, { diffId: digest, size }, { signal });
    }
    return present;
  } catch (error) {
    await staging.discard();
    throw error;
  }
}
