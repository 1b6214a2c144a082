import type { MetricSource } from '../observe/metrics/metrics.ts';
import type { MetricFamily, MetricLabels } from '../observe/metrics/snapshot.ts';
import type { PullThroughEvent } from './events.ts';

/** Counts what a cache does. */
export interface CacheMetrics {
  /** For `PullThroughOptions.onEvent`. */
  readonly onEvent: (event: PullThroughEvent) => void;
  readonly source: MetricSource;
}

/** The first ones are distribution's, where `type` alone tells them apart. */
const HELP = {
  registry_proxy_requests_total: 'Requests for content of other registries.',
  registry_proxy_hits_total: 'Requests for content of other registries that was here.',
  registry_proxy_misses_total: 'Requests for content of other registries that had to be fetched.',
  registry_proxy_pulled_bytes_total: 'Bytes that came from other registries.',
  registry_proxy_pushed_bytes_total: 'Bytes of blobs of other registries that went to clients.',
  dray_cache_stale_total: 'Answers from the cache that the other registry could not confirm.',
  dray_cache_failures_total: 'Requests that another registry failed or refused, by the code of the error.',
  dray_cache_evicted_blobs_total: 'Blobs that were taken from the cache.',
  dray_cache_evicted_bytes_total: 'Bytes of the blobs that were taken from the cache.',
} as const;

type Name = keyof typeof HELP;

export function createCacheMetrics(): CacheMetrics {
  const counters = new Map<Name, Map<string, { readonly labels: MetricLabels; value: number }>>();
  const add = (name: Name, labels: MetricLabels, amount = 1): void => {
    const values = counters.get(name) ?? new Map<string, { readonly labels: MetricLabels; value: number }>();
    counters.set(name, values);
    const key = Object.values(labels).join(' ');
    const counter = values.get(key) ?? { labels, value: 0 };
    values.set(key, counter);
    counter.value += amount;
  };
  return {
    onEvent: (event) => count(event, add),
    source: () =>
      [...counters].map(
        ([name, values]): MetricFamily => ({ type: 'counter', name, help: HELP[name], values: [...values.values()] }),
      ),
  };
}

function count(event: PullThroughEvent, add: (name: Name, labels: MetricLabels, amount?: number) => void): void {
  switch (event.kind) {
    case 'hit':
    case 'miss': {
      const labels = { type: event.what, upstream: event.upstream };
      add('registry_proxy_requests_total', labels);
      return add(event.kind === 'hit' ? 'registry_proxy_hits_total' : 'registry_proxy_misses_total', labels);
    }
    case 'fetched':
      return add('registry_proxy_pulled_bytes_total', { type: event.what, upstream: event.upstream }, event.bytes);
    case 'served':
      return add('registry_proxy_pushed_bytes_total', { type: 'blob', upstream: event.upstream }, event.bytes);
    case 'stale':
      return add('dray_cache_stale_total', { upstream: event.upstream });
    case 'failed':
      return add('dray_cache_failures_total', { upstream: event.upstream, code: event.code });
    case 'evicted':
      add('dray_cache_evicted_blobs_total', {});
      return add('dray_cache_evicted_bytes_total', {}, event.bytes);
  }
}
