import { bytesOf } from '#bytes';
import { type CopyBlobsOptions, copyBlobs } from '#content';
import { fullString } from '#oci';
import type { DiskStore, Lease } from '#store';
import { verifyKept } from '../pull/verify-kept.ts';
import { holdIn } from '../stored/hold.ts';
import { outcomes, type Taken, workOf } from './copied.ts';
import type { Selection } from './selection.ts';
import type { TargetName } from './target-name.ts';

export interface ToStoreOptions extends CopyBlobsOptions {
  /** None: the image is kept without a name. */
  readonly names: readonly TargetName[];
  /** The endpoint that it comes from; empty where it comes from none. */
  readonly from: string;
}

/** Brings a selection into the store, its layers checked against what the configs say they unpack to, and names it. */
export async function toStore(selection: Selection, store: DiskStore, options: ToStoreOptions): Promise<Taken> {
  const lease = holdIn(store);
  try {
    return await keep(selection, { store, lease }, options);
  } finally {
    await lease.release();
  }
}

async function keep(
  selection: Selection,
  { store, lease }: { readonly store: DiskStore; readonly lease: Lease },
  { names, from, ...options }: ToStoreOptions,
): Promise<Taken> {
  const { root, nodes, images, source } = selection;
  const { signal } = options;
  const work = workOf(selection);
  await lease.add([...nodes.map(({ descriptor }) => descriptor), ...work.map(({ target }) => target)], { signal });
  const copied = await copyBlobs(source, store, work, options);
  for (const { descriptor, bytes } of nodes) {
    if (!(await store.has(descriptor, { signal }))) await store.put(descriptor, bytesOf(bytes), { signal });
  }
  const present = new Set(copied.filter((blob) => blob.present).map(({ target }) => target.digest));
  await verifyKept({ images }, present, store, options);
  lease.check();
  const manifests = images.map(({ manifest, platform }) => ({ ...manifest, platform }));
  const fullNames = names.flatMap(({ reference }) => (reference === undefined ? [] : [fullString(reference)]));
  for (const name of fullNames.length > 0 ? fullNames : [undefined]) {
    await store.remember({ name, root, manifests, source: from }, { signal });
  }
  return { root, names: fullNames, blobs: outcomes(copied) };
}
