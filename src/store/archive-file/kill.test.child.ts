import { openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Descriptor } from '#oci';
import { openArchiveFile } from './open.ts';
import type { ArchivePlan } from './plan.ts';

/** What the child is to do: bring a blob, which is in a file, into an archive, in pieces by turns from two places. */
export interface ChildTask {
  readonly path: string;
  readonly plan: ArchivePlan;
  readonly target: Descriptor;
  readonly content: string;
  /** So many bytes are written, and no more until the process is killed. */
  readonly limit: number;
}

const STEP = 16 * 1024;
const task = JSON.parse(process.argv[2] ?? '') as ChildTask;
const file = await openArchiveFile(task.path, task.plan, { sync: false });
const ingest = await file.ingest(task.target);
const fd = openSync(task.content, 'r');
const piece = Buffer.alloc(STEP);
const half = task.target.size / 2;
for (let at = 0; 2 * at < task.limit; at += STEP) {
  for (const position of [at, half + at]) {
    readSync(fd, piece, 0, STEP, position);
    ingest?.write(position, piece);
  }
  process.stdout.write(`${2 * (at + STEP)}\n`);
}
await sleep(1e6);
