/** A thread of its own for interleave.test.ts: pushes something to a registry while the other thread stands still in the middle of a collection. */
import { parentPort } from 'node:worker_threads';
import type { Digest } from '#oci';
import type { RegistryStorage, StoredManifest } from '../storage/port.ts';
import { hasBlob, lacks, namedBy, openStorage, putBlob } from './registry.test.fixture.ts';

export interface Order {
  readonly root: string;
  /** 0 until everything is done. */
  readonly done: Int32Array;
  /** Brought again to `app`. */
  readonly pushed: Uint8Array;
  /** Of `app`, to be mounted elsewhere. */
  readonly mounted: Digest;
  /** Put to `app` without its blobs, if they are there. */
  readonly image: StoredManifest;
  /** Untagged in `app`: tagged again, if its blobs are there. */
  readonly forgotten: StoredManifest;
  /** Put to `app`; its child is untagged. */
  readonly index: StoredManifest;
  readonly child: Digest;
}

/** What the registry has acknowledged. */
export interface Outcome {
  readonly mounted: boolean;
  readonly image: boolean;
  readonly forgotten: boolean;
  readonly index: boolean;
}

parentPort?.on('message', (order: Order) => {
  void act(order).then((outcome) => {
    parentPort?.postMessage(outcome);
    Atomics.store(order.done, 0, 1);
    Atomics.notify(order.done, 0);
  });
});

async function act({ root, pushed, mounted, image, forgotten, index, child }: Order): Promise<Outcome | string> {
  try {
    const storage = openStorage(root);
    await putBlob(storage, 'app', pushed);
    const isMounted = await storage.mountBlob('elsewhere', mounted, 'app');
    const isWhole = await hasAll(storage, 'app', image);
    if (isWhole) await storage.putManifest('app', asBuffer(image), ['late']);
    const isRemembered = await hasAll(storage, 'app', forgotten);
    if (isRemembered) await storage.putManifest('app', asBuffer(forgotten), ['again']);
    // An index may list what is not there.
    const hasChild = (await lacks(storage, 'app', child)).length === 0;
    if (hasChild) await storage.putManifest('app', asBuffer(index), ['multi']);
    return { mounted: isMounted, image: isWhole, forgotten: isRemembered, index: hasChild };
  } catch (error) {
    return String(error);
  }
}

/** What a registry looks at before it takes a manifest. */
async function hasAll(storage: RegistryStorage, repository: string, manifest: StoredManifest): Promise<boolean> {
  const there = await Promise.all(namedBy(asBuffer(manifest)).map((digest) => hasBlob(storage, repository, digest)));
  return there.every(Boolean);
}

function asBuffer(manifest: StoredManifest): StoredManifest {
  return { ...manifest, bytes: Buffer.from(manifest.bytes) };
}
