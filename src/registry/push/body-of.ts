import type { Bytes } from '#bytes';
import { DrayError } from '#errors';
import type { Descriptor } from '#oci';

/** Held back until the content has ended, so that the registry never has all of a blob that is longer than it should be. */
const TAIL = 4096;

export interface Piece {
  /** Position of the first byte that `content` gives. */
  readonly from: number;
  /** Byte after the last one that is wanted. */
  readonly end: number;
  /** Called with the position that has been handed out. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/**
 * A part of a blob out of content that goes on to the blob's end. Throws SIZE_MISMATCH where there is less; and, at the end of the blob and before
 * its last bytes are handed out, where there is more.
 */
export async function* bodyOf(
  target: Descriptor,
  content: Bytes,
  { from, end, onSent }: Piece,
): AsyncGenerator<Uint8Array, void, undefined> {
  const isLast = end === target.size;
  const held = isLast ? Math.max(from, end - TAIL) : end;
  const tail = new Uint8Array(end - held);
  let at = from;
  for await (const chunk of content) {
    if (isLast && at + chunk.length > end) throw wrongSize(target, 'more');
    if (at < held) yield chunk.subarray(0, held - at);
    const rest = chunk.subarray(Math.max(0, held - at), end - at);
    tail.set(rest, tail.length === 0 ? 0 : Math.max(0, at - held));
    at = Math.min(at + chunk.length, end);
    onSent?.(Math.min(at, held));
    if (at === end && !isLast) return;
  }
  if (at < end) throw wrongSize(target, `only ${at}`);
  if (tail.length > 0) yield tail;
  onSent?.(end);
}

function wrongSize({ digest, size }: Descriptor, found: string): DrayError {
  return new DrayError('SIZE_MISMATCH', `blob ${digest} should have ${size} bytes, but ${found} came`, {
    detail: { expected: size },
  });
}
