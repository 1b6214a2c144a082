import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOf } from '#bytes';
import { createRegistryClient } from '#registry';
import { openDiskStore } from '#store';
import { type RegistryOptions, startRegistry, type TestGraph, type TestImage, type TestRegistry } from '#testing';
import type { Places } from '../places.ts';

/** A store and registries for one test, gone afterwards. */
export class LookWorld {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'dray-look-'));
  readonly places: Places;
  readonly #registries: TestRegistry[] = [];

  constructor() {
    const store = openDiskStore({ root: join(this.folder, 'store'), sync: false });
    this.places = {
      registries: createRegistryClient({ retries: 1 }),
      store: () => store,
      scratch: () => openDiskStore({ root: join(this.folder, 'scratch'), sync: false }),
      carrier: undefined,
      host: { os: 'linux', architecture: 'amd64' },
      sync: false,
    };
  }

  async registry(options: RegistryOptions): Promise<TestRegistry> {
    const registry = await startRegistry(options);
    this.#registries.push(registry);
    return registry;
  }

  /** Puts images into the store, without a check. */
  async keep(images: Readonly<Record<string, TestGraph>>): Promise<void> {
    const store = await this.places.store();
    for (const [name, { root, blobs, manifests }] of Object.entries(images)) {
      for (const [digest, bytes] of blobs) {
        const mediaType = manifests.get(digest) ?? 'application/octet-stream';
        await store.put({ mediaType, digest, size: bytes.length }, bytesOf(bytes));
      }
      await store.remember({ name: `docker.io/library/${name}`, root, manifests: [root] });
    }
  }

  async close(): Promise<void> {
    this.places.registries.close();
    await Promise.all(this.#registries.map((registry) => registry.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Which of an image's layers (0 is the base) were asked of a registry. */
export function layersAsked(registry: TestRegistry, image: TestImage): readonly number[] {
  return image.layers.flatMap(({ digest }, at) => (registry.served.of(digest) > 0 ? [at] : []));
}

export async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(new Uint8Array(chunk));
  return Buffer.concat(chunks).toString();
}

/** A list that is not empty. */
export function only<T>(items: readonly T[]): T {
  const [item] = items;
  assert.ok(item !== undefined && items.length === 1, `${items.length} instead of one`);
  return item;
}
