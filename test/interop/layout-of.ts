import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestGraph } from 'dray/testing';
import { makeFolder } from './run.ts';

/** A graph as an OCI layout, for the command line. */
export function layoutOf(graph: TestGraph): string {
  const folder = makeFolder();
  mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
  for (const [digest, bytes] of graph.blobs) writeFileSync(join(folder, 'blobs', ...digest.split(':')), bytes);
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [graph.root] }));
  return folder;
}
