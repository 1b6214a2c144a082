import { registryStorageSuite } from '#testing';
import { createMemoryStorage } from './memory-storage.ts';

registryStorageSuite('memory', () => ({ storage: createMemoryStorage(), close: () => undefined }), false);
