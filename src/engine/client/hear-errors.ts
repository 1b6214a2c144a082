import { EventEmitter } from 'node:events';

const ignore = (): void => {};

/**
 * For a stream that was given and is used later: one that fails before tells who uses it then, and does not end the process meanwhile, as
 * an error does that nobody listens to.
 */
export function hearErrors(stream: unknown): void {
  if (stream instanceof EventEmitter) stream.on('error', ignore);
}

/** The same for several, as long as `work` goes on. */
export async function whileHeard<T>(streams: readonly unknown[], work: () => Promise<T>): Promise<T> {
  for (const stream of streams) hearErrors(stream);
  try {
    return await work();
  } finally {
    for (const stream of streams) if (stream instanceof EventEmitter) stream.off('error', ignore);
  }
}
