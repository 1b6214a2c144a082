import { finished, type Writable } from 'node:stream';
import { DrayError, messageOf } from '#errors';
import type { Frame } from './frame.ts';
import { type Interruptible, interruptible } from './interruptible.ts';

/** Where the streams of a container go; what has no place is dropped. */
export interface SplitTargets {
  readonly stdout?: Writable | undefined;
  readonly stderr?: Writable | undefined;
}

/**
 * Writes frames to their streams, each when the one before has been taken: the slower of the two decides. Resolves when the targets have
 * written all of it; they stay open. Rejects as the frames do, or with IO_FAILED as soon as a target fails or is closed, and gives up the rest.
 */
export async function split(frames: AsyncIterable<Frame>, targets: SplitTargets): Promise<void> {
  const waiting = interruptible();
  const watched = [watch('stdout', targets.stdout, waiting), watch('stderr', targets.stderr, waiting)];
  const iterator = frames[Symbol.asyncIterator]();
  let isDone = false;
  let unwritten = 0;
  let written = (): void => {};
  try {
    for (;;) {
      const step = await waiting.wait(iterator.next());
      if (step.done === true) break;
      const { stream, bytes } = step.value;
      // What is said to be input is output too, as docker has it.
      const target = targets[stream === 'stderr' ? 'stderr' : 'stdout'];
      // A copy: the target may hold it for longer than it is ours.
      if (target === undefined) continue;
      unwritten += 1;
      const hasRoom = target.write(Buffer.from(bytes), (error) => {
        // An error is told by `watch`.
        if (error === undefined || error === null) unwritten -= 1;
        if (unwritten === 0) written();
      });
      if (!hasRoom) await waiting.wait(drained(target));
    }
    isDone = true;
    if (unwritten > 0) await waiting.wait(new Promise<void>((resolve) => (written = resolve)));
  } finally {
    for (const release of watched) release();
    // Not waited for: it may come after a frame that never comes.
    if (!isDone) iterator.return?.().catch(() => {});
  }
}

/** Resolves also when the target is closed, which `watch` tells of. */
function drained(target: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      target.off('drain', done).off('close', done);
      resolve();
    };
    target.once('drain', done).once('close', done);
  });
}

function watch(name: string, target: Writable | undefined, waiting: Interruptible): () => void {
  if (target === undefined) return () => {};
  return finished(target, { readable: false }, (error) => {
    const reason = error === undefined || error === null ? 'it was ended before all had come' : messageOf(error);
    waiting.interrupt(new DrayError('IO_FAILED', `cannot write ${name}: ${reason}`, { cause: error ?? undefined }));
  });
}
