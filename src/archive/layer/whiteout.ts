import { badPath } from './entry-path.ts';

/** What an entry's name asks for: to be there, to hide something of the layers below, or nothing (notes that AUFS left). */
export type Asked =
  | { readonly kind: 'entry' }
  | { readonly kind: 'whiteout'; readonly name: string }
  /** Everything in its folder. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'notes' };

const PREFIX = '.wh.';
const NOTES = '.wh..wh.';
const OPAQUE = '.wh..wh..opq';

/** Reads the names of an entry as the OCI image specification says. Throws CORRUPT_LAYER for a whiteout that hides nothing that has a name. */
export function askedBy(names: readonly string[], path: string): Asked {
  const name = names.at(-1) ?? '';
  if (names.some((one) => one.startsWith(NOTES) && one !== OPAQUE)) return { kind: 'notes' };
  if (names.slice(0, -1).some((one) => one.startsWith(PREFIX)))
    throw badPath('an entry', path, 'is below a whiteout, which is no folder');
  if (name === OPAQUE) return { kind: 'opaque' };
  if (!name.startsWith(PREFIX)) return { kind: 'entry' };
  const hidden = name.slice(PREFIX.length);
  if (hidden === '' || hidden === '.' || hidden === '..')
    throw badPath('a whiteout', path, 'hides no file of its folder');
  return { kind: 'whiteout', name: hidden };
}
