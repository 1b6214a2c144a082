import { DrayError, messageOf } from '#errors';
import type { Compression } from './sniff.ts';

/**
 * The error of compressed data that cannot be undone. `position`: compressed bytes taken until then. Its detail says `isCutOff` where it ends
 * in the middle.
 */
export function corruptLayer(compression: Compression, position: number, found: unknown): DrayError {
  const why = messageOf(found);
  const isCutOff = why.startsWith('unexpected end');
  return new DrayError(
    'CORRUPT_LAYER',
    `cannot decompress the layer: its ${compression} data is broken near byte ${position}: ${why}`,
    {
      detail: { compression, position, ...(isCutOff && { isCutOff }) },
      cause: found instanceof Error ? found : undefined,
    },
  );
}
