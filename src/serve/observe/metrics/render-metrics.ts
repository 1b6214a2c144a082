import type { MetricFamily, MetricLabels, MetricsSnapshot } from './snapshot.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Figures as Prometheus reads them: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export function renderMetrics(snapshot: MetricsSnapshot): string {
  return snapshot.map(renderFamily).join('');
}

function renderFamily(family: MetricFamily): string {
  const { name, type, help } = family;
  const head = `# HELP ${name} ${escaped(help, false)}\n# TYPE ${name} ${type}\n`;
  if (family.type !== 'histogram') {
    return head + family.values.map(({ labels, value }) => line(name, labels, value)).join('');
  }
  return head + family.values.map((spread) => spreadLines(name, family.bounds, spread)).join('');
}

function spreadLines(
  name: string,
  bounds: readonly number[],
  { labels = {}, buckets, sum }: { labels?: MetricLabels | undefined; buckets: readonly number[]; sum: number },
): string {
  let count = 0;
  const lines = buckets.map((own, at) => {
    count += own;
    return line(`${name}_bucket`, { ...labels, le: number(bounds[at] ?? Number.POSITIVE_INFINITY) }, count);
  });
  return [...lines, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count)].join('');
}

function line(name: string, labels: MetricLabels | undefined, value: number): string {
  const pairs = Object.entries(labels ?? {}).map(([label, text]) => `${label}="${escaped(text, true)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${number(value)}\n`;
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

/** Quotes stay as they are in help texts. A carriage return is no line end here, but looks like one. */
function escaped(text: string, isLabel: boolean): string {
  const safe = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', ' ');
  return isLabel ? safe.replaceAll('"', '\\"') : safe;
}
