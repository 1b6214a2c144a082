import { existsSync } from 'node:fs';
import { openAccessControl } from './access/open-access-control.ts';
import type { AccessOptions } from './access/options.ts';
import { checkDataFolder } from './data-folder.ts';
import { readListenAddress } from './listen-address.ts';
import { silentLog } from './observe/log/server-log.ts';
import type { ServeSettings } from './settings.ts';
import { openBack } from './start-back.ts';
import { keyFileOf, openFront } from './start-front.ts';
import { openHealth } from './start-health.ts';
import { checkCache } from './start-storage.ts';
import { createMemoryStorage } from './storage/memory/memory-storage.ts';

/**
 * Whether a server could be started with these settings: rejects with what `startRegistryServer` would, as far as that can be known without listening
 * and without writing anything. Files that are named are read.
 */
export async function checkSettings(settings: ServeSettings): Promise<void> {
  readListenAddress(settings.listen);
  if (settings.debug !== undefined) readListenAddress(settings.debug);
  await openHealth(settings, silentLog);
  if (settings.data !== undefined && !settings.memory) await checkDataFolder(settings.data, settings.readOnly);
  await checkCache(settings);
  const access = await openAccessControl(withoutNewKey(settings.access), { keyFile: ifThere(keyFileOf(settings)) });
  await access.close();
  const options = { storage: createMemoryStorage(), log: silentLog, observers: [], pages: new Map() };
  const front = await openFront({ ...settings, cache: undefined, access: {} }, options);
  await front.close();
  // Events that wait for webhooks would get a folder.
  for (const part of [
    { ...settings, data: undefined },
    { ...settings, webhooks: [] },
  ]) {
    const back = await openBack(part, silentLog);
    await back.close();
  }
}

/** A key that is not there would be made. */
function withoutNewKey({ tokenService, ...access }: AccessOptions): AccessOptions {
  if (tokenService === undefined || tokenService === false) return { ...access, tokenService };
  return { ...access, tokenService: { ...tokenService, keyFile: ifThere(tokenService.keyFile) } };
}

function ifThere(path: string | undefined): string | undefined {
  return path !== undefined && existsSync(path) ? path : undefined;
}
