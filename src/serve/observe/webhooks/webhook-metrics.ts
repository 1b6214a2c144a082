import type { MetricFamily, MetricValue } from '../metrics/snapshot.ts';
import type { WebhookFigures } from './webhook.ts';

/** Under the names that distribution has. */
export function webhookMetrics(all: readonly WebhookFigures[]): readonly MetricFamily[] {
  return [
    {
      type: 'counter',
      name: 'registry_notifications_events_total',
      help: 'The number of total events.',
      values: all.flatMap(({ endpoint, events, successes, failures, errors }) =>
        Object.entries({ Events: events, Successes: successes, Failures: failures, Errors: errors }).map(
          ([type, value]) => ({ labels: { type, endpoint }, value }),
        ),
      ),
    },
    {
      type: 'counter',
      name: 'registry_notifications_status_total',
      help: 'The number of status code.',
      values: all.flatMap(({ endpoint, statuses }) =>
        Object.entries(statuses).map(([code, value]) => ({ labels: { code, endpoint }, value })),
      ),
    },
    {
      type: 'gauge',
      name: 'registry_notifications_pending_total',
      help: 'The gauge of pending events in queue.',
      values: byEndpoint(all, ({ pending }) => pending),
    },
    {
      type: 'counter',
      name: 'dray_notifications_dropped_total',
      help: 'Events that an endpoint will never be told: too many waited for it, or the server ended.',
      values: byEndpoint(all, ({ dropped }) => dropped),
    },
  ];
}

function byEndpoint(
  all: readonly WebhookFigures[],
  value: (figures: WebhookFigures) => number,
): readonly MetricValue[] {
  return all.map((figures) => ({ labels: { endpoint: figures.endpoint }, value: value(figures) }));
}
