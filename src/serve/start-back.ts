import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DrayError, messageOf } from '#errors';
import { quoted } from '#oci';
import { readListenAddress } from './listen-address.ts';
import type { ServerLog } from './observe/log/server-log.ts';
import { createMaintenanceMetrics, type MaintenanceMetrics } from './observe/metrics/maintenance-metrics.ts';
import type { MetricSource } from './observe/metrics/metrics.ts';
import type { RegistryObserver } from './observe/port.ts';
import type { Webhooks } from './observe/webhooks/create-webhooks.ts';
import type { Maintenance } from './operate/maintenance.ts';
import type { ServeSettings, WebhookSettings } from './settings.ts';

/** What goes on beside answering requests: in one process, however many answer. */
export interface Back {
  /** Tells webhooks. */
  readonly observer: RegistryObserver | undefined;
  readonly sources: readonly MetricSource[];
  /** From now on what is due is done. */
  start(): void;
  close(): Promise<void>;
}

/** How long webhooks are told what waits, when the server ends, in milliseconds. */
const LAST_WORDS = 5_000;

/** Rejects with INVALID_OPTION where the settings cannot be used. */
export async function openBack(settings: ServeSettings, log: ServerLog): Promise<Back> {
  const webhooks = settings.webhooks.length === 0 ? undefined : await openWebhooks(settings, log);
  const cleaned = createMaintenanceMetrics();
  const maintenance = await openMaintenance(settings, log, cleaned);
  return {
    observer: webhooks,
    sources: [
      ...(webhooks === undefined ? [] : [() => webhooks.families()]),
      ...(maintenance === undefined ? [] : [() => cleaned.families()]),
    ],
    start: () => maintenance?.start(),
    async close() {
      await maintenance?.stop();
      await webhooks?.close({ signal: AbortSignal.timeout(LAST_WORDS) });
    },
  };
}

async function openWebhooks({ webhooks, data, memory, listen }: ServeSettings, log: ServerLog): Promise<Webhooks> {
  const { createWebhooks } = await import('./observe/webhooks/create-webhooks.ts');
  const areFileNames = webhooks.every(({ name }) => /^[\w.-]+$/.test(name));
  return createWebhooks({
    endpoints: webhooks.map(({ url, ...rest }) => ({ ...rest, url: addressOf(url, rest) })),
    source: { address: sourceOf(listen), instance: randomUUID() },
    // What waits for somebody whose name no file can have waits in memory.
    folder: data === undefined || memory || !areFileNames ? undefined : join(data, 'dray', 'webhooks'),
    log,
  });
}

/** Which machine tells, and the port, as docker's registry names itself. */
function sourceOf(listen: string): string {
  const address = readListenAddress(listen);
  return address.kind === 'tcp' ? `${hostname()}:${address.port}` : hostname();
}

function addressOf(url: string, { name }: Pick<WebhookSettings, 'name'>): URL {
  if (/^https?:/i.test(url) && URL.canParse(url)) return new URL(url);
  throw new DrayError('INVALID_OPTION', `the webhook ${quoted(name)} has no http(s) URL`);
}

async function openMaintenance(
  settings: ServeSettings,
  log: ServerLog,
  metrics: MaintenanceMetrics,
): Promise<Maintenance | undefined> {
  const { maintenance, immutable, data, memory, sync } = settings;
  const isNothing = maintenance === undefined || Object.values(maintenance).every((value) => value === undefined);
  if (isNothing || data === undefined || memory) return undefined;
  const { createMaintenance } = await import('./operate/maintenance.ts');
  return createMaintenance({
    ...maintenance,
    immutable,
    root: data,
    sync,
    onReport: (report) => {
      metrics.done(report);
      log.info('cleaned up', { ...report });
    },
    onError: (error) => {
      metrics.failed();
      log.error(`cleaning up failed: ${messageOf(error)}`);
    },
    onNotice: (text) => log.warn(text),
  });
}
