import { DrayError } from '#errors';
import { type Descriptor, fullString, isTag, parseReference, printable } from '#oci';
import { NAME_ANNOTATION, TAG_ANNOTATION } from '../index-entry.ts';
import type { ArchivedImage } from './archive.ts';

/** The full name of one of docker's `RepoTags`. Rejects with INVALID_REFERENCE, in docker's words, for what is no name with a tag. */
export function fullNameOf(repoTag: string): string {
  const { domain, path, tag, digest } = parseReference(repoTag);
  if (tag === undefined || digest !== undefined) {
    throw new DrayError('INVALID_REFERENCE', `invalid tag ${JSON.stringify(printable(repoTag, 255))}`);
  }
  return fullString({ domain, path, tag });
}

/** What an entry of `index.json` is called: containerd writes full names, podman puts them where others have a tag. */
export function entryNames({ annotations }: Descriptor): Pick<ArchivedImage, 'names' | 'refs'> {
  const full = annotations?.[NAME_ANNOTATION];
  const ref = annotations?.[TAG_ANNOTATION];
  // A name by digest is none that an image can be given.
  const names = full === undefined || full.includes('@') ? [] : [fullNameOf(full)];
  if (ref === undefined) return { names, refs: [] };
  if (names.length > 0 || isTag(ref)) return { names, refs: [ref] };
  return { names: nameIn(ref), refs: [ref] };
}

/** The spec lets `ref.name` be many things. */
function nameIn(ref: string): readonly string[] {
  try {
    return [fullNameOf(ref)];
  } catch {
    return [];
  }
}

/** One entry for each root, with all its names. */
export function mergeImages(images: readonly ArchivedImage[]): readonly ArchivedImage[] {
  const merged = new Map<string, ArchivedImage>();
  for (const image of images) {
    const { names, refs } = merged.get(image.root.digest) ?? { names: [], refs: [] };
    merged.set(image.root.digest, {
      root: merged.get(image.root.digest)?.root ?? image.root,
      names: [...new Set([...names, ...image.names])],
      refs: [...new Set([...refs, ...image.refs])],
    });
  }
  return [...merged.values()];
}
