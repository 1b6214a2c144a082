import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '#content';
import { type OpenStore, storeSuite } from '#testing';
import { openDiskStore } from './disk-store.ts';

const lockTimings = { beat: 100, stale: 800, poll: 5 };

async function open(sync: boolean): Promise<OpenStore> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-disk-'));
  const root = join(folder, 'store');
  const again = (): ReturnType<typeof openDiskStore> => openDiskStore({ root, sync, lockTimings });
  return {
    store: await again(),
    reopen: again,
    close: async () => rmSync(folder, { recursive: true }),
  };
}

/** The same place with its fast path off. */
async function openPlain(): Promise<OpenStore> {
  const place = await open(false);
  const { store } = place;
  const plain: Store & Pick<typeof store, 'resolve' | 'tag'> = {
    has: (target) => store.has(target),
    fetch: (target, options) => store.fetch(target, options),
    put: (target, content, options) => store.put(target, content, options),
    resolve: async (name) => store.resolve?.(name) ?? Promise.reject(new Error('no names')),
    tag: async (name, root) => store.tag?.(name, root),
  };
  return { ...place, store: plain };
}

storeSuite('disk', () => open(true), { ingest: true, layers: true, names: true });
storeSuite('disk, not synced', () => open(false), { ingest: true, layers: true, names: true });
storeSuite('disk, taking content only as a whole', openPlain, { ingest: false, layers: true, names: true });
