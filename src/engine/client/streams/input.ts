import { type Duplex, Writable } from 'node:stream';

/**
 * The half of a connection that goes to the container. Ending it ends the container's input and nothing else. When the connection is gone
 * it is closed, without an error: a container may end before it has read all of its input, which no writer can foresee.
 */
export function inputOf(stream: Duplex): Writable {
  const input = new Writable({
    // What is held for the container is held there.
    highWaterMark: stream.writableHighWaterMark,
    write(chunk: Uint8Array, _, done) {
      stream.write(chunk, () => done());
    },
    final(done) {
      stream.end(() => done());
    },
  });
  stream.once('close', () => input.destroy());
  return input;
}
