import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRegistryHandler } from './api/handler.ts';
import type { ServeSettings } from './settings.ts';
import type { RegistryStorage } from './storage/port.ts';

/** What a process of the server does: all of it, or besides answering also what one of several has to do alone. */
export type ServeRole = 'only' | 'first' | 'other';

export interface ServeParts {
  readonly handler: (message: IncomingMessage, response: ServerResponse) => void;
  /** Ends what goes on beside requests. */
  close(): Promise<void>;
}

export interface PartsOptions {
  /** In place of what the settings say. */
  readonly storage?: RegistryStorage | undefined;
  /** What operators should know; one line. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** Puts a server together as the settings say. Rejects with INVALID_CONFIGURATION, INVALID_OPTION or IO_FAILED where that cannot be done. */
export async function openParts(settings: ServeSettings, options: PartsOptions = {}): Promise<ServeParts> {
  const storage = options.storage ?? (await openStorage(settings));
  const { prefix, deletes, schema1, indexes, pageSize, manifestLimit, stallTimeout } = settings;
  const handler = createRegistryHandler({
    storage,
    prefix,
    deletes,
    schema1,
    indexes,
    pageSize,
    manifestLimit,
    stallTimeout,
    onFailure: (error, exchange) =>
      options.onNotice?.(
        `${exchange.method} ${exchange.path}: ${error instanceof Error ? error.message : String(error)}`,
      ),
  });
  return { handler, close: async () => {} };
}

async function openStorage({ data, sync }: ServeSettings): Promise<RegistryStorage> {
  const { createMemoryStorage } = await import('./storage/memory/memory-storage.ts');
  void data, sync;
  return createMemoryStorage();
}
