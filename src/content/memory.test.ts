import { describe, it } from 'node:test';
import { createLayerDigester } from '#archive';
import { bytesOf } from '#bytes';
import { layerOf, rejects, storeSuite } from '#testing';
import { createMemoryStore, type MemoryStoreOptions } from './memory.ts';

const diffIdOf: MemoryStoreOptions['diffIdOf'] = async (layer, algorithm) => {
  const digester = createLayerDigester({ algorithm });
  await digester.write(layer);
  return (await digester.end()).digest;
};

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
