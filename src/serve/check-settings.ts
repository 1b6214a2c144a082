import { readListenAddress } from './listen-address.ts';
import { silentLog } from './observe/log/server-log.ts';
import type { ServeSettings } from './settings.ts';
import { openBack } from './start-back.ts';
import { openFront } from './start-front.ts';
import { createMemoryStorage } from './storage/memory/memory-storage.ts';

/**
 * Whether a server could be started with these settings: rejects with what `startRegistryServer` would, as far as that can be known without listening
 * and without writing anything. Files that are named are read.
 */
export async function checkSettings(settings: ServeSettings): Promise<void> {
  readListenAddress(settings.listen);
  if (settings.debug !== undefined) readListenAddress(settings.debug);
  const plain = { ...settings, cache: undefined };
  const options = { storage: createMemoryStorage(), log: silentLog, observers: [], pages: new Map() };
  const front = await openFront(plain, options);
  await front.close();
  const back = await openBack({ ...plain, data: undefined }, silentLog);
  await back.close();
}
