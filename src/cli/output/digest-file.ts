import { writeFile } from 'node:fs/promises';
import { DrayError, messageOf } from '#errors';
import type { Descriptor } from '#oci';

/** Writes the digests of what was moved, one in a line, for scripts to read. */
export async function writeDigestFile(path: string, results: readonly { readonly root: Descriptor }[]): Promise<void> {
  try {
    await writeFile(path, results.map(({ root }) => `${root.digest}\n`).join(''));
  } catch (error) {
    throw new DrayError('IO_FAILED', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}
