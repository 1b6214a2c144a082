import type { STREAMS } from '../../api/raw-stream.ts';

/** A piece of what a container says. Of a container with a terminal everything is stdout. */
export interface Frame {
  readonly stream: keyof typeof STREAMS;
  /** Not empty. Belongs to the reader only until the next one is asked for. */
  readonly bytes: Uint8Array;
}
