import { after } from 'node:test';

const work: (() => Promise<void> | void)[] = [];

/** When the file's tests are over, whichever of them asked for it; the last first. */
export function atEnd(task: () => Promise<void> | void): void {
  work.push(task);
}

after(async () => {
  const failures: unknown[] = [];
  for (const task of work.reverse()) {
    try {
      await task();
    } catch (error) {
      failures.push(error);
    }
  }
  // The others are done too: a program that stays would hold the file until its limit.
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures);
});
