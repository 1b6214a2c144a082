import nodeFs from 'node:fs';
import type { Writable } from 'node:stream';
import type { LineTarget } from './line-sink.ts';

/** Lines to a stream, e.g. stdout, which is not ended. When it breaks (its reader is gone) what comes later is dropped. */
export function streamTarget(stream: Writable): LineTarget {
  // An error of a stream that nobody listens to ends the process; each write hears of its own.
  stream.on('error', () => {});
  return {
    write: (batch, done) => {
      if (stream.destroyed || stream.writableEnded) done(new Error('the stream has ended'));
      else stream.write(batch, done);
    },
    reopen: () => {},
    close: () => {},
  };
}

/**
 * Lines to the end of a file, which is made where it is not there, for its owner and group alone. Several processes may write to one file: a
 * batch is one write. The file is opened at once, and the caller gets the failure.
 */
export function fileTarget(path: string): LineTarget {
  const open = (): number => nodeFs.openSync(path, 'a', 0o640);
  let file: number | undefined = open();
  let isWriting = false;
  let isStale = false;
  const letGo = (): void => {
    if (file !== undefined) nodeFs.closeSync(file);
    file = undefined;
  };
  return {
    write(batch, done) {
      try {
        if (isStale) letGo();
        isStale = false;
        file ??= open();
      } catch (error) {
        // Tried again with the next batch: the folder may come back.
        done(error as Error);
        return;
      }
      isWriting = true;
      writeAll(file, Buffer.from(batch), (error) => {
        isWriting = false;
        done(error);
      });
    },
    reopen() {
      isStale = true;
    },
    close() {
      if (!isWriting) letGo();
    },
  };
}

function writeAll(file: number, bytes: Buffer, done: (error: Error | null) => void): void {
  nodeFs.write(file, bytes, 0, bytes.length, null, (error, written) => {
    if (error !== null || written === bytes.length) done(error);
    else writeAll(file, bytes.subarray(written), done);
  });
}
