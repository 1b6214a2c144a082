export type MetricLabels = Readonly<Record<string, string>>;

/** One line of a counter or gauge. */
export interface MetricValue {
  readonly labels?: MetricLabels | undefined;
  readonly value: number;
}

/** One histogram: how many fell between a bound and the one before it, the last ones above all bounds. */
export interface MetricSpread {
  readonly labels?: MetricLabels | undefined;
  readonly buckets: readonly number[];
  readonly sum: number;
}

/** A metric and its values, plain data that goes from process to process. Names follow Prometheus: https://prometheus.io/docs/concepts/data_model */
export type MetricFamily =
  | {
      readonly type: 'counter' | 'gauge';
      readonly name: string;
      readonly help: string;
      /** What several processes make of it together; their sum by default. */
      readonly merge?: 'sum' | 'max' | 'min' | undefined;
      readonly values: readonly MetricValue[];
    }
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly help: string;
      /** Upper, included, rising. */
      readonly bounds: readonly number[];
      readonly values: readonly MetricSpread[];
    };

export type MetricsSnapshot = readonly MetricFamily[];

/** The figures of several processes as those of one. */
export function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const families = new Map<string, MetricFamily>();
  for (const family of snapshots.flat()) {
    const known = families.get(family.name);
    families.set(family.name, known === undefined ? family : mergedFamily(known, family));
  }
  return [...families.values()];
}

/** What only ever rises: kept of a process that has ended, it goes on counting among those that run. */
export function risingOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ type }) => type !== 'gauge');
}

function mergedFamily(one: MetricFamily, other: MetricFamily): MetricFamily {
  if (one.type === 'histogram') {
    // Two versions of a program for a moment: what cannot be added is not.
    if (other.type !== 'histogram' || other.bounds.length !== one.bounds.length) return one;
    return { ...one, values: byLabels(one.values, other.values, addedSpread) };
  }
  if (other.type === 'histogram') return one;
  const { merge = 'sum' } = one;
  const join = (a: MetricValue, b: MetricValue): MetricValue => ({ ...a, value: JOINS[merge](a.value, b.value) });
  return { ...one, values: byLabels(one.values, other.values, join) };
}

const JOINS = { sum: (a: number, b: number): number => a + b, max: Math.max, min: Math.min };

function addedSpread(one: MetricSpread, other: MetricSpread): MetricSpread {
  const buckets = one.buckets.map((count, at) => count + (other.buckets[at] ?? 0));
  return { ...one, buckets, sum: one.sum + other.sum };
}

function byLabels<T extends { readonly labels?: MetricLabels | undefined }>(
  one: readonly T[],
  other: readonly T[],
  join: (a: T, b: T) => T,
): readonly T[] {
  const joined = new Map(one.map((value) => [keyOf(value.labels), value]));
  for (const value of other) {
    const key = keyOf(value.labels);
    const known = joined.get(key);
    joined.set(key, known === undefined ? value : join(known, value));
  }
  return [...joined.values()];
}

function keyOf(labels: MetricLabels = {}): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
