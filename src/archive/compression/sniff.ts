/** How a layer is compressed. `none` is any content without the mark of the others. */
export type Compression = 'gzip' | 'zstd' | 'none';

/** With this many bytes of the beginning (or all there are) `sniffCompression` can tell. */
export const SNIFF_LENGTH = 4;

/**
 * Tells by the first bytes what the rest is compressed with. Media types are not asked: registries hold layers whose type says another
 * thing than their bytes. A zstd stream may begin with a skippable frame.
 */
export function sniffCompression(head: Uint8Array): Compression {
  const [a, b, c, d] = head;
  if (a === 0x1f && b === 0x8b && c === 0x08) return 'gzip';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  if (a !== undefined && a >> 4 === 5 && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd';
  return 'none';
}
