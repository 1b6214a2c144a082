import { type IncomingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import { join } from 'node:path';
import { DrayError } from '#errors';
import { quoted } from '#oci';
import { openAccessControl } from './access/open-access-control.ts';
import type { OpenedTls } from './access/tls/open-tls.ts';
import { createRegistryHandler } from './api/handler.ts';
import type { Page } from './api/options.ts';
import type { RegistryObserver } from './observe/port.ts';
import { immutableTags } from './operate/immutable-tags.ts';
import type { WritePolicy } from './operate/policy.ts';
import type { Quotas } from './operate/quotas.ts';
import { readOnlyMode } from './operate/read-only-mode.ts';
import type { ServeSettings } from './settings.ts';
import { type CacheWatchers, openStorage } from './start-storage.ts';
import type { RegistryStorage } from './storage/port.ts';

export type RequestHandler = (message: IncomingMessage, response: ServerResponse) => void;

/** What answers requests: in every process of a server. */
export interface Front {
  readonly handler: RequestHandler;
  readonly tls: OpenedTls | undefined;
  /** When no request is under way any more. */
  close(): Promise<void>;
}

export interface FrontOptions extends CacheWatchers {
  readonly storage?: RegistryStorage | undefined;
  readonly observers: readonly RegistryObserver[];
  readonly pages: ReadonlyMap<string, Page>;
}

/** Rejects with INVALID_CONFIGURATION, INVALID_OPTION or IO_FAILED where the settings cannot be used. */
export async function openFront(settings: ServeSettings, options: FrontOptions): Promise<Front> {
  const { log } = options;
  checkHeaders(settings.headers);
  const onProblem = (error: Error): void => log.error(error.message);
  const tls = settings.tls && (await import('./access/tls/open-tls.ts')).openTls(settings.tls, { onProblem });
  const access = await openAccessControl(settings.access, { onProblem, keyFile: keyFileOf(settings) });
  const { storage, repositoryFor, close } = await openStorage(settings, options.storage, options);
  const quotas = await quotasOf(settings);
  const handler = createRegistryHandler({
    storage,
    repositoryFor,
    access: access.control,
    policies: [...policiesOf(settings), ...quotas],
    observers: [...options.observers, ...quotas],
    pages: new Map([...options.pages, ...access.pages]),
    prefix: settings.prefix,
    deletes: settings.deletes,
    schema1: settings.schema1,
    indexes: settings.indexes,
    pageSize: settings.pageSize,
    manifestLimit: settings.manifestLimit,
    stallTimeout: settings.stallTimeout,
    onFailure: (error, { method, path, facts }) => {
      log.error(error instanceof Error ? error.message : String(error), { method, path, id: facts.id });
    },
  });
  return {
    handler: withHeaders(handler, settings.headers),
    tls,
    async close() {
      tls?.close();
      await close();
      await access.close();
    },
  };
}

/** Where the token service keeps its key, when nothing is said of it. */
export function keyFileOf({ data, memory }: ServeSettings): string | undefined {
  return data === undefined || memory ? undefined : join(data, 'dray', 'token-key.pem');
}

function policiesOf({ readOnly, data, memory, immutable }: ServeSettings): readonly WritePolicy[] {
  return [
    readOnlyMode({ always: readOnly, root: memory ? undefined : data }),
    ...(immutable.length === 0 ? [] : [immutableTags(immutable)]),
  ];
}

async function quotasOf({ quotas, data, memory }: ServeSettings): Promise<readonly Quotas[]> {
  if (quotas.length === 0) return [];
  if (data === undefined || memory) {
    throw new DrayError('INVALID_OPTION', 'quotas are of a folder: what is in memory is not counted');
  }
  const { createQuotas } = await import('./operate/quotas.ts');
  return [createQuotas({ quotas, root: data })];
}

/** Every request would fail for one that cannot be sent. The value may be a secret. */
function checkHeaders(headers: ServeSettings['headers']): void {
  for (const [name, values] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      for (const value of values) validateHeaderValue(name, value);
    } catch {
      throw new DrayError('INVALID_CONFIGURATION', `the header ${quoted(name)} has characters that no header may have`);
    }
  }
}

/** With what every answer is to have; what the answer says itself is stronger. */
function withHeaders(handler: RequestHandler, headers: ServeSettings['headers']): RequestHandler {
  const isSaidAnyway = (name: string, values: readonly string[]): boolean =>
    name.toLowerCase() === 'x-content-type-options' && values.join() === 'nosniff';
  const more = Object.entries(headers).filter(([name, values]) => !isSaidAnyway(name, values));
  if (more.length === 0) return handler;
  return (message, response) => {
    for (const [name, values] of more) response.setHeader(name, values);
    handler(message, response);
  };
}
