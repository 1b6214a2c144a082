import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { LineSink } from '../log/line-sink.ts';
import type { RegistryObserver } from '../port.ts';
import { processMetrics } from './process-metrics.ts';
import { createRequestMetrics } from './request-metrics.ts';
import type { MetricFamily, MetricsSnapshot } from './snapshot.ts';

export interface MetricsOptions {
  readonly version: string;
}

/** Gives figures when somebody asks for them. One that throws or rejects is left out of that answer. */
export type MetricSource = () => readonly MetricFamily[] | Promise<readonly MetricFamily[]>;

/** The figures of one process. */
export interface Metrics {
  /** Counts what is answered and what happens. */
  readonly observer: RegistryObserver;
  /** Figures of others, e.g. garbage collection. Names are theirs alone. */
  register(source: MetricSource): void;
  /** Counts connections of an HTTP server, and requests that it has begun but not answered. */
  watch(server: Server): void;
  /** Everything, as plain data that another process can merge. */
  snapshot(): Promise<MetricsSnapshot>;
}

export function createMetrics({ version }: MetricsOptions): Metrics {
  const requests = createRequestMetrics();
  const sources: MetricSource[] = [() => requests.families(), processMetrics, () => [buildInfo(version)]];
  let isWatching = false;
  let connections = 0;
  let underWay = 0;
  const serverFamilies = (): readonly MetricFamily[] => [
    gauge('registry_http_in_flight_requests', 'The in-flight HTTP requests.', underWay),
    gauge('dray_open_connections', 'Connections of clients that are open.', connections),
  ];
  return {
    observer: requests,
    register: (source) => void sources.push(source),
    watch(server) {
      server.on('connection', (socket) => {
        connections += 1;
        socket.once('close', () => (connections -= 1));
      });
      const count = (_message: IncomingMessage, response: ServerResponse): void => {
        underWay += 1;
        response.once('close', () => (underWay -= 1));
      };
      server.on('request', count);
      // Where nobody else listens for it Node itself has the body come.
      if (server.listenerCount('checkContinue') > 0) server.on('checkContinue', count);
      if (!isWatching) sources.push(serverFamilies);
      isWatching = true;
    },
    snapshot: async () => (await Promise.all(sources.map(familiesOf))).flat(),
  };
}

/** How many lines were dropped by logs, by their names. */
export function lineMetrics(sinks: Readonly<Record<string, LineSink>>): MetricSource {
  return () => [
    {
      type: 'counter',
      name: 'dray_log_lines_dropped_total',
      help: 'Lines that a log did not take, since what it goes to was slow or failed.',
      values: Object.entries(sinks).map(([log, { dropped }]) => ({ labels: { log }, value: dropped })),
    },
  ];
}

async function familiesOf(source: MetricSource): Promise<readonly MetricFamily[]> {
  try {
    return await source();
  } catch {
    return [];
  }
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { type: 'gauge', name, help, values: [{ value }] };
}

function buildInfo(version: string): MetricFamily {
  const labels = { version, nodejs: process.version };
  return { type: 'gauge', name: 'dray_build_info', help: 'Always 1.', merge: 'max', values: [{ labels, value: 1 }] };
}
