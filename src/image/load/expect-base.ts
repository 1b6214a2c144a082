import type { CallOptions, Source } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, printable } from '#oci';
import type { ReadableArchive } from '#store';

/** Shown of what is missing. */
const SHOWN = 5;

/** Rejects with BLOB_UNKNOWN where something was left out of the archive that is not here either, and says where it would be. */
export async function expectBase(
  archive: Pick<ReadableArchive, 'delta'>,
  store: Source,
  { what, signal }: CallOptions & { readonly what: string },
): Promise<void> {
  if (archive.delta === undefined) return;
  const { missing, from } = archive.delta;
  const absent: Descriptor[] = [];
  for (const blob of missing) if (!(await store.has(blob, { signal }))) absent.push(blob);
  if (absent.length === 0) return;
  const shown = absent.slice(0, SHOWN).map(({ digest, size }) => `${digest} (${size} bytes)`);
  const more = absent.length > SHOWN ? ` and ${absent.length - SHOWN} more` : '';
  const message = `cannot load ${what}: it is a delta, and of what was left out of it this is not here: ${shown.join(', ')}${more}`;
  throw new DrayError('BLOB_UNKNOWN', message, {
    hint: `load or pull first what has it: ${from.map((name) => printable(name)).join(', ')}`,
    detail: { missing: absent.map(({ digest }) => digest) },
  });
}
