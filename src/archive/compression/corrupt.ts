import { DrayError, messageOf } from '#errors';
import type { Compression } from './sniff.ts';

/** The error of compressed data that cannot be undone. `position`: compressed bytes taken until then. */
export function corruptLayer(compression: Compression, position: number, found: unknown): DrayError {
  return new DrayError(
    'CORRUPT_LAYER',
    `cannot decompress the layer: its ${compression} data is broken near byte ${position}: ${messageOf(found)}`,
    { detail: { compression, position }, cause: found instanceof Error ? found : undefined },
  );
}
