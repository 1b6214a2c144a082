import type { MaintenanceReport, Totals } from '../../operate/report.ts';
import type { MetricFamily } from './snapshot.ts';

/** What cleaning up has done since the start. */
export interface MaintenanceMetrics {
  done(report: MaintenanceReport): void;
  failed(): void;
  families(): readonly MetricFamily[];
}

const KINDS = ['tags', 'manifests', 'links', 'blobs', 'trash', 'uploads'] as const satisfies readonly (keyof Totals)[];

export function createMaintenanceMetrics(now: () => number = Date.now): MaintenanceMetrics {
  const removed = { tags: 0, manifests: 0, links: 0, blobs: 0, trash: 0, uploads: 0 };
  const runs = { done: 0, failed: 0 };
  let freed = 0;
  let last: { readonly time: number; readonly report: MaintenanceReport } | undefined;
  return {
    done(report) {
      runs.done += 1;
      last = { time: now(), report };
      if (report.dryRun) return;
      for (const kind of KINDS) removed[kind] += report[kind];
      freed += report.trashBytes + report.uploadBytes;
    },
    failed: () => void (runs.failed += 1),
    families: () => [
      counter('dray_maintenance_runs_total', 'Runs of cleaning up.', labelled('outcome', runs)),
      counter('dray_maintenance_removed_total', 'What cleaning up has removed.', labelled('kind', removed)),
      counter('dray_maintenance_freed_bytes_total', 'Bytes that cleaning up has given back.', [{ value: freed }]),
      ...(last === undefined ? [] : lastFamilies(last)),
    ],
  };
}

type Values = Extract<MetricFamily, { readonly type: 'counter' | 'gauge' }>['values'];

function counter(name: string, help: string, values: Values): MetricFamily {
  return { type: 'counter', name, help, values };
}

function labelled(label: string, counts: Readonly<Record<string, number>>): Values {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function lastFamilies(last: { readonly time: number; readonly report: MaintenanceReport }): readonly MetricFamily[] {
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    type: 'gauge',
    name,
    help,
    merge: 'max',
    values: [{ value }],
  });
  const { duration, longest } = last.report;
  return [
    gauge('dray_maintenance_last_run_timestamp_seconds', 'When the last run of cleaning up ended.', last.time / 1000),
    gauge('dray_maintenance_last_run_seconds', 'How long it took.', duration / 1000),
    gauge('dray_maintenance_last_run_longest_wait_seconds', 'How long others waited for it at most.', longest / 1000),
  ];
}
