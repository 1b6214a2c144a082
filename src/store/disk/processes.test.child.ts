/** A process of its own for processes.test.ts: brings one blob from an HTTP server into a store, over one or two connections at once. */
import { get } from 'node:http';
import { missingRanges } from '#bytes';
import type { Ingest } from '#content';
import { isDrayError } from '#errors';
import type { Descriptor } from '#oci';
import { type DiskStoreOptions, openDiskStore } from './disk-store.ts';

export interface ChildTask {
  readonly store: Pick<DiskStoreOptions, 'root' | 'lockTimings'>;
  readonly url: string;
  readonly target: Descriptor;
  /** Parts that are fetched at the same time. */
  readonly parts: number;
  /** Bytes of one request. */
  readonly step: number;
}

const task = JSON.parse(process.argv[2] ?? '') as ChildTask;

/** The exit code of an error that was expected is 3, and its code goes to stdout. */
try {
  const store = await openDiskStore({ ...task.store, sync: false });
  const ingest = await store.ingest(task.target);
  if (ingest !== undefined) await bring(ingest);
  process.stdout.write(ingest === undefined ? 'present' : 'brought');
} catch (error) {
  process.stdout.write(isDrayError(error) ? error.code : String(error));
  process.exitCode = 3;
}

async function bring(ingest: Ingest): Promise<void> {
  try {
    const missing = missingRanges(ingest.have(), task.target.size).flatMap(({ start, end }) => {
      const step = Math.ceil((end - start) / task.parts);
      return Array.from({ length: task.parts }, (_, n) => ({
        start: start + n * step,
        end: Math.min(end, start + (n + 1) * step),
      }));
    });
    await Promise.all(
      missing.map(async ({ start, end }) => {
        for (let at = start; at < end; at += task.step) await bringStep(ingest, at, Math.min(end, at + task.step));
      }),
    );
    await ingest.commit();
  } finally {
    await ingest.release();
  }
}

function bringStep(ingest: Ingest, start: number, end: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let at = start;
    const request = get(task.url, { headers: { range: `bytes=${start}-${end - 1}` } }, (response) => {
      response.on('data', (chunk: Uint8Array) => {
        try {
          ingest.write(at, chunk);
          at += chunk.length;
        } catch (error) {
          request.destroy();
          reject(error);
        }
      });
      response.on('end', resolve);
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}
