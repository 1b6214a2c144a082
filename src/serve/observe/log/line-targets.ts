import nodeFs from 'node:fs';
import type { Writable } from 'node:stream';
import { type Clock, systemClock } from '#timing';
import type { LineTarget } from './line-sink.ts';

/** How often a file is looked at, in milliseconds. */
const LOOK = 1000;

/** Lines to a stream, e.g. stdout, which is not ended. When it breaks (its reader is gone) what comes later is dropped. */
export function streamTarget(stream: Writable): LineTarget {
  // An error of a stream that nobody listens to ends the process; each write hears of its own. Once: the stream may outlive many servers.
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  return {
    write: (batch, done) => {
      if (stream.destroyed || stream.writableEnded) done(new Error('the stream has ended'));
      else stream.write(batch, done);
    },
    reopen: () => {},
    close: () => {},
  };
}

function ignore(): void {}

/**
 * Lines to the end of a file, which is made where it is not there, for its owner and group alone. Several processes may write to one file: a
 * batch is one write. The file is opened at once, and the caller gets the failure. When it has been moved away, as log rotation does, it is
 * made anew within a second, at once after `reopen`.
 */
export function fileTarget(path: string, clock: Pick<Clock, 'monotonic'> = systemClock): LineTarget {
  const open = (): number => nodeFs.openSync(path, 'a', 0o640);
  let file: number | undefined = open();
  let isWriting = false;
  let isStale = false;
  let looked = clock.monotonic();
  const letGo = (): void => {
    if (file !== undefined) nodeFs.closeSync(file);
    file = undefined;
  };
  const isMoved = (opened: number): boolean => {
    if (clock.monotonic() - looked < LOOK) return false;
    looked = clock.monotonic();
    const there = nodeFs.statSync(path, { throwIfNoEntry: false });
    const own = nodeFs.fstatSync(opened);
    return there === undefined || there.ino !== own.ino || there.dev !== own.dev;
  };
  return {
    write(batch, done) {
      try {
        if (file !== undefined && (isStale || isMoved(file))) letGo();
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
