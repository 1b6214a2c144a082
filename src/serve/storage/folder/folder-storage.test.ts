import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenRegistryStorage, registryStorageSuite } from '#testing';
import { openFolderStorage } from './folder-storage.ts';

function open(sync: boolean): OpenRegistryStorage {
  const folder = mkdtempSync(join(tmpdir(), 'dray-registry-'));
  const root = join(folder, 'data');
  return {
    storage: openFolderStorage({ root, sync }),
    second: () => openFolderStorage({ root, sync }),
    close: () => rmSync(folder, { recursive: true }),
  };
}

registryStorageSuite('folder', () => open(true), true);
registryStorageSuite('folder, not synced', () => open(false), true);
