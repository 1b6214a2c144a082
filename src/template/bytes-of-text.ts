const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
// oxlint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\u0000-\u007f]*$/;

/** Go's strings are bytes of UTF-8: their length, and where they are cut, counts bytes. */
export function byteLength(text: string): number {
  return ASCII.test(text) ? text.length : encoder.encode(text).length;
}

export function byteAt(text: string, index: number): number {
  return encoder.encode(text)[index] ?? 0;
}

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bytes as text; what is no UTF-8 becomes U+FFFD, which is also what a terminal makes of it. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The bytes from `start` to before `end`; half a character becomes U+FFFD. */
export function sliceBytes(text: string, start: number, end: number): string {
  return ASCII.test(text) ? text.slice(start, end) : decoder.decode(encoder.encode(text).subarray(start, end));
}
