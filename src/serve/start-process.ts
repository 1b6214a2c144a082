import type { Page } from './api/options.ts';
import { type CloseOptions, type Listener, listen } from './listen.ts';
import type { ListenAddress } from './listen-address.ts';
import type { ServerLog } from './observe/log/server-log.ts';
import { createMetrics, type MetricSource, type Metrics } from './observe/metrics/metrics.ts';
import { metricsPage } from './observe/metrics/metrics-page.ts';
import type { MetricsSnapshot } from './observe/metrics/snapshot.ts';
import type { RegistryObserver } from './observe/port.ts';
import type { ServeSettings } from './settings.ts';
import { openFront } from './start-front.ts';
import { openHealth } from './start-health.ts';
import type { RegistryStorage } from './storage/port.ts';

/** Set by the bundler. */
declare const DRAY_VERSION: string | undefined;

export interface ProcessOptions {
  readonly address: ListenAddress;
  readonly log: ServerLog;
  /** Hear what this process does, besides those that the settings name. */
  readonly observers: readonly RegistryObserver[];
  /** Figures besides those of requests. */
  readonly sources: readonly MetricSource[];
  /** The figures of the whole server; those of this process by default. */
  readonly collect?: (() => Promise<MetricsSnapshot>) | undefined;
  readonly storage?: RegistryStorage | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A process that answers requests. */
export interface ServerProcess {
  readonly listener: Listener;
  /** Undefined: nobody asks for figures. */
  readonly metrics: Metrics | undefined;
  /** Pages for an address of their own. */
  readonly debugPages: ReadonlyMap<string, Page>;
  /** Looks at certificates now. */
  reload(): void;
  close(options: CloseOptions): Promise<number>;
}

/** Opens everything and listens. Nothing is left open when it rejects. */
export async function startProcess(settings: ServeSettings, options: ProcessOptions): Promise<ServerProcess> {
  const { log } = options;
  const metrics = settings.metrics === undefined ? undefined : openMetrics(options.sources);
  const health = await openHealth(settings, log);
  const figures = metrics && new Map([[settings.metrics ?? '', metricsPage(options.collect ?? metrics.snapshot)]]);
  const front = await openFront(settings, {
    storage: options.storage,
    log,
    register: metrics?.register,
    observers: [...options.observers, ...(metrics === undefined ? [] : [metrics.observer])],
    pages: new Map([...health.pages, ...((settings.debug === undefined && figures) || [])]),
  });
  let listener: Listener;
  try {
    listener = await listen({
      address: options.address,
      handler: front.handler,
      tls: front.tls,
      signal: options.signal,
      onServer: (server) => metrics?.watch(server),
    });
  } catch (error) {
    await front.close();
    throw error;
  }
  health.become('serving');
  return {
    listener,
    metrics,
    debugPages: new Map([...health.pages, ...health.debugPages, ...(figures ?? [])]),
    reload: () => front.tls?.reload(),
    async close(how) {
      health.become('draining');
      const cut = await listener.close(how);
      await front.close();
      return cut;
    },
  };
}

export function openMetrics(sources: readonly MetricSource[]): Metrics {
  const metrics = createMetrics({ version: typeof DRAY_VERSION === 'string' ? DRAY_VERSION : 'source' });
  for (const source of sources) metrics.register(source);
  return metrics;
}
