import { after } from 'node:test';

const work: (() => Promise<void> | void)[] = [];

/** When the file's tests are over, whichever of them asked for it; the last first. */
export function atEnd(task: () => Promise<void> | void): void {
  work.push(task);
}

after(async () => {
  for (const task of work.reverse()) await task();
});
