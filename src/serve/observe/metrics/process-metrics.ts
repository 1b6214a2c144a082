import nodeFs from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { MetricFamily } from './snapshot.ts';

type SingleFamily = (name: string, help: string, value: number, merge?: 'max' | 'min') => MetricFamily;

const counter: SingleFamily = (name, help, value) => ({ type: 'counter', name, help, values: [{ value }] });
const gauge: SingleFamily = (name, help, value, merge) => ({ type: 'gauge', name, help, merge, values: [{ value }] });

/** What this process takes from the machine, under the names that Prometheus' own clients have for it. */
export function processMetrics(): readonly MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const files = openFiles();
  return [
    counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', (user + system) / 1e6),
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', rss),
    gauge(
      'process_start_time_seconds',
      'Start time of the process since unix epoch in seconds.',
      Math.round(performance.timeOrigin) / 1000,
      'min',
    ),
    ...(files === undefined ? [] : [gauge('process_open_fds', 'Number of open file descriptors.', files)]),
    gauge('nodejs_heap_size_used_bytes', 'Bytes of the heap in use.', heapUsed),
    gauge('nodejs_external_memory_bytes', 'Bytes outside of the heap that belong to objects in it.', external),
    counter(
      'nodejs_eventloop_active_seconds_total',
      'Seconds in which the event loop had something to do.',
      performance.eventLoopUtilization().active / 1000,
    ),
  ];
}

/** Only Linux shows them. */
function openFiles(): number | undefined {
  try {
    return nodeFs.readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
