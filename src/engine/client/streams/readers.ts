import { Readable } from 'node:stream';
import type { Frame } from './frame.ts';

/** The two streams of a container, to be read one beside the other. */
export interface Readers {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Frames as two streams. They come over one connection: while one of the two is full, because nobody reads it, the other waits too. Both
 * end with the frames, and fail as they do, also unheard; destroying one before gives up both.
 */
export function readersOf(frames: AsyncIterable<Frame>): Readers {
  const iterator = frames[Symbol.asyncIterator]();
  const full = new Set<Readable>();
  let isPumping = false;
  let isOver = false;
  const end = (error?: Error): void => {
    isOver = true;
    for (const reader of [stdout, stderr]) {
      if (error === undefined) reader.push(null);
      else reader.destroy(error);
    }
  };
  const giveUp = (): void => {
    isOver = true;
    iterator.return?.().catch(() => {});
    stdout.destroy();
    stderr.destroy();
  };
  const pump = async (): Promise<void> => {
    if (isPumping || isOver) return;
    isPumping = true;
    try {
      while (full.size === 0) {
        const step = await iterator.next();
        if (isOver) return;
        if (step.done === true) return end();
        const reader = step.value.stream === 'stderr' ? stderr : stdout;
        // Said before: a reader may ask for more while it is given this.
        full.add(reader);
        // The bytes are ours until the next frame only.
        if (reader.push(Buffer.from(step.value.bytes))) full.delete(reader);
      }
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    } finally {
      isPumping = false;
    }
  };
  const createReader = (): Readable =>
    new Readable({
      read() {
        full.delete(this);
        void pump();
      },
      destroy(error, done) {
        if (!isOver) giveUp();
        done(error);
      },
    });
  const stdout = createReader();
  const stderr = createReader();
  // Both fail together, and who reads only one of them must not be ended by the other.
  for (const reader of [stdout, stderr]) reader.on('error', () => {});
  return { stdout, stderr };
}
