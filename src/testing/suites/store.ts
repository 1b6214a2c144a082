import { describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import type { Resolver, Store, Tagger } from '#content';
import { sourceSuite } from './source.ts';
import { ingestCases } from './store-ingest.ts';
import { ingestEndCases } from './store-ingest-end.ts';
import { layerCases } from './store-layers.ts';
import { nameCases } from './store-names.ts';
import { putCases } from './store-put.ts';

export interface OpenStore {
  readonly store: Store & Partial<Resolver & Tagger>;
  /** The same place again, as another run would open it, where it outlives the process. */
  readonly reopen?: (() => Promise<Store>) | undefined;
  close(): Promise<void>;
}

export interface StoreCapabilities {
  /** It takes content in pieces. */
  readonly ingest: boolean;
  /** It checks diff_ids. */
  readonly layers: boolean;
  /** It is a Resolver and a Tagger. */
  readonly names: boolean;
  /** It is another machine: content goes there by iteration, and what it has is found by digest alone. */
  readonly remote?: boolean | undefined;
}

export type StoreTest = (title: string, body: (place: OpenStore) => Promise<void>) => void;

/**
 * What any place must do that content is kept in. The contract of `Store` is this suite.
 * @param open a new, empty place for each case
 */
export function storeSuite(name: string, open: () => Promise<OpenStore>, capabilities: StoreCapabilities): void {
  const test: StoreTest = (title, body) => {
    it(title, async () => {
      const place = await open();
      try {
        await body(place);
      } finally {
        await place.close();
      }
    });
  };
  const seeded: Parameters<typeof sourceSuite>[1] = async (contents) => {
    const { store, close } = await open();
    for (const { descriptor, bytes } of contents) await store.put(descriptor, bytesOf(bytes));
    return { source: store, close };
  };
  sourceSuite(name, seeded, { offsets: true });
  describe(`${name} as a store`, () => {
    putCases(test, capabilities.remote === true);
    if (capabilities.layers) layerCases(test, capabilities.ingest);
    if (capabilities.ingest) {
      ingestCases(test);
      ingestEndCases(test);
    }
    if (capabilities.names) nameCases(test);
  });
}
