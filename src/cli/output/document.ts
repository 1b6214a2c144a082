import { DrayError } from '#errors';
import { type Output, write } from '../context.ts';
import { printableJson } from './printable.ts';

/** Prints a JSON document that a registry gave: indented and safe for a terminal, or with `raw` byte for byte. */
export async function writeDocument(
  stdout: Output,
  bytes: Uint8Array,
  options: { raw: boolean; what: string },
): Promise<void> {
  if (options.raw) return write(stdout, bytes);
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new DrayError('MANIFEST_INVALID', `${options.what} is no JSON`, { hint: '--raw prints it as it is', cause });
  }
  await write(stdout, `${printableJson(document)}\n`);
}
