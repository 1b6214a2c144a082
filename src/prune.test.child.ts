import { createDray } from './create-dray.ts';

/** What a process does again and again until it is killed or told to stop by the end of its stdin. */
export interface ChurnTask {
  readonly root: string;
  readonly work: 'prune' | 'pull' | 'pull and remove';
  readonly references: readonly string[];
}

const task = JSON.parse(process.argv[2] ?? '') as ChurnTask;
const dray = createDray({ root: task.root, env: {}, sync: false, threads: 0 });
const stop = new AbortController();
process.stdin.on('end', () => stop.abort());
process.stdin.resume();

try {
  for (let round = 1; !stop.signal.aborted; round += 1) {
    if (task.work === 'prune') await dray.prune({ partials: { maxAge: 0, maxSize: 0 } });
    else for (const reference of task.references) await dray.pull(reference);
    if (task.work === 'pull and remove') for (const reference of task.references) await dray.remove(reference);
    if (task.work === 'pull') break;
    process.stdout.write(`${round}\n`);
  }
} finally {
  process.stdin.pause();
  await dray.close();
}
