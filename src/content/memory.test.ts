import { describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { diffIdOf, layerOf, rejects, storeSuite } from '#testing';
import { createMemoryStore } from './memory.ts';

storeSuite('memory', async () => ({ store: createMemoryStore({ diffIdOf }), close: async () => undefined }), {
  ingest: false,
  layers: true,
  names: true,
});

describe('a memory store that cannot inflate', () => {
  it('refuses a layer whose diff_id it should check', async () => {
    const { descriptor, bytes, diffId } = layerOf(1000, 'gzip');
    await rejects(createMemoryStore().put(descriptor, bytesOf(bytes), { diffId }), 'UNSUPPORTED');
  });
});
