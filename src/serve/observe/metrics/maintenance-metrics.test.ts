import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaintenanceReport } from '../../operate/report.ts';
import { createMaintenanceMetrics } from './maintenance-metrics.ts';
import { parseMetrics } from './parse-metrics.test.fixture.ts';
import { renderMetrics } from './render-metrics.ts';

const REPORT: MaintenanceReport = {
  tags: 1,
  manifests: 2,
  links: 3,
  blobs: 4,
  blobBytes: 1000,
  trash: 5,
  trashBytes: 600,
  uploads: 6,
  uploadBytes: 70,
  dryRun: false,
  repositories: 8,
  duration: 1500,
  longest: 20,
};

test('runs of cleaning up add up; those that only look remove nothing', () => {
  const metrics = createMaintenanceMetrics(() => 1_700_000_000_500);
  const read = (): ReturnType<typeof parseMetrics> => parseMetrics(renderMetrics(metrics.families()));
  assert.equal(read().value('dray_maintenance_runs_total', { outcome: 'done' }), 0);
  assert.equal(read().value('dray_maintenance_last_run_seconds'), undefined);
  metrics.done(REPORT);
  metrics.done({ ...REPORT, dryRun: true });
  metrics.done(REPORT);
  metrics.failed();
  const { value } = read();
  assert.equal(value('dray_maintenance_runs_total', { outcome: 'done' }), 3);
  assert.equal(value('dray_maintenance_runs_total', { outcome: 'failed' }), 1);
  const kinds = ['tags', 'manifests', 'links', 'blobs', 'trash', 'uploads'];
  assert.deepEqual(
    kinds.map((kind) => value('dray_maintenance_removed_total', { kind })),
    [2, 4, 6, 8, 10, 12],
  );
  assert.equal(value('dray_maintenance_freed_bytes_total'), 1340);
  assert.equal(value('dray_maintenance_last_run_timestamp_seconds'), 1_700_000_000.5);
  assert.equal(value('dray_maintenance_last_run_seconds'), 1.5);
  assert.equal(value('dray_maintenance_last_run_longest_wait_seconds'), 0.02);
});
