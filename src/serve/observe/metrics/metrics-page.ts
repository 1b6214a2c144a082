import type { Page } from '../../api/options.ts';
import { expectRead } from '../expect-read.ts';
import { METRICS_TYPE, renderMetrics } from './render-metrics.ts';
import type { MetricsSnapshot } from './snapshot.ts';

/** `/metrics`: whatever `snapshot` gives when it is asked, for one process or for many merged. */
export function metricsPage(snapshot: () => MetricsSnapshot | Promise<MetricsSnapshot>): Page {
  return async (exchange) => {
    expectRead(exchange);
    const text = renderMetrics(await snapshot());
    exchange.reply(200, ['Content-Type', METRICS_TYPE, 'Cache-Control', 'no-store'], text);
  };
}
