import type { Bytes } from '#bytes';
import { DrayError } from '#errors';
import type { Bandwidth } from './bandwidth.ts';
import type { Wire } from './wire.ts';

/** Small enough for the stall timer to see a slow line move, and under a limit for eight in a second. */
const SLICE = 65_536;
const SMALLEST_SLICE = 1024;
/** For a line that is quick: fewer writes are a tenth of the processor time of a push. */
const LARGEST_SLICE = 524_288;
/** Milliseconds. Whoever takes a slice within this time is far from stalling. */
const QUICK = 20;

export interface UploadProgress {
  /** Bytes of the body that the system has taken. */
  sent: number;
  /** True while the system has bytes that it could not take yet; false while the body's own source is waited for. */
  blocked: boolean;
  /** Set by the exchange when nobody wants the rest. */
  unwanted: boolean;
  /** Set while the bandwidth limit is waited for: goes on at once. */
  wake: (() => void) | undefined;
  /** All of it was handed to the system, which may tell that it has taken it only after the answer is here. */
  finished: boolean;
}

export interface UploadSettings {
  /** Bytes of the body; undefined sends it chunked. */
  readonly length: number | undefined;
  readonly progress: UploadProgress;
  readonly bandwidth: Bandwidth | undefined;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/**
 * Sends `body` after its head, never with more than one slice of it waiting. Its chunks may be reused by their producer: one is
 * written out before the next is asked for. Rejects with SIZE_MISMATCH when the body is not `length` bytes; stops when it is unwanted.
 */
export async function upload(
  wire: Wire,
  body: Bytes,
  { length, progress, bandwidth, now }: UploadSettings,
): Promise<void> {
  let most = Math.max(SMALLEST_SLICE, Math.min(SLICE, Math.floor((bandwidth?.rate ?? Number.POSITIVE_INFINITY) / 8)));
  let wait = 0;
  for await (const chunk of body) {
    if (length !== undefined && progress.sent + chunk.length > length) throw wrongSize(length, 'more');
    for (let at = 0; at < chunk.length; ) {
      // Before the next, not after the last, whose answer may be here at once.
      if (wait >= 1) await pause(wait, progress);
      if (progress.unwanted) return;
      const slice = chunk.subarray(at, at + most);
      const began = now();
      if (progress.sent + slice.length === length) progress.finished = true;
      await write(wire, length === undefined ? frame(slice) : [slice], progress);
      at += slice.length;
      progress.sent += slice.length;
      if (bandwidth !== undefined) wait = bandwidth.spend(slice.length);
      else if (length !== undefined) most = now() - began < QUICK ? Math.min(LARGEST_SLICE, most * 2) : SLICE;
    }
  }
  if (progress.unwanted) return;
  if (length !== undefined && progress.sent < length) throw wrongSize(length, `only ${progress.sent}`);
  progress.finished = true;
  if (length === undefined) await write(wire, ['0\r\n\r\n'], progress);
}

/** Waits, but not for what nobody wants any more. */
async function pause(milliseconds: number, progress: UploadProgress): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    progress.wake = () => {
      clearTimeout(timer);
      resolve();
    };
    if (progress.unwanted) progress.wake();
  });
  progress.wake = undefined;
}

const frame = (slice: Uint8Array): (Uint8Array | string)[] => [`${slice.length.toString(16)}\r\n`, slice, '\r\n'];

async function write(wire: Wire, parts: readonly (Uint8Array | string)[], progress: UploadProgress): Promise<void> {
  progress.blocked = true;
  const { socket } = wire;
  // One part alone is written at once, with nothing in between.
  if (parts.length > 1) socket.cork();
  // A failure is not looked at: the socket's end reports it, with its cause.
  const written = new Promise<void>((resolve) => {
    for (const [at, part] of parts.entries()) socket.write(part, at === parts.length - 1 ? () => resolve() : undefined);
  });
  if (parts.length > 1) socket.uncork();
  await written;
  progress.blocked = false;
}

function wrongSize(length: number, found: string): DrayError {
  return new DrayError('SIZE_MISMATCH', `the body of a request was to be ${length} bytes, but ${found} came`);
}
