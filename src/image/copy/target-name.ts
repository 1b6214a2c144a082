import { DrayError } from '#errors';
import { fullString, isTag, parseReference, printable, type Reference, withDefaultTag } from '#oci';

/** What an image is called where it goes; in an OCI layout that may be a tag alone. */
export interface TargetName {
  readonly tag: string;
  readonly reference?: Reference | undefined;
}

/** The full names among those that an image has, as names for a place that it goes to: those by digest are none. */
export function keptNames(fullNames: readonly string[]): readonly TargetName[] {
  return fullNames.flatMap((text) => {
    const reference = parseReference(text);
    return reference.digest === undefined && reference.tag !== undefined ? [{ tag: reference.tag, reference }] : [];
  });
}

/** The name that stands behind the path of an archive or a layout: a tag, or a whole name. Rejects with INVALID_REFERENCE. */
export function fileName(text: string, isWhole: boolean): TargetName {
  if (!isWhole && isTag(text)) return { tag: text };
  return nameOf(parseReference(text));
}

/** Rejects with INVALID_REFERENCE for a name by digest, which only a registry has. */
export function nameOf(reference: Reference): TargetName {
  const { tag, digest, ...named } = withDefaultTag(reference);
  if (tag === undefined) {
    throw new DrayError('INVALID_REFERENCE', `${fullString(reference)} has no tag to give it`, {
      hint: `name it ${named.path}:TAG`,
      detail: { digest },
    });
  }
  return { tag, reference: { ...named, tag } };
}

/** The same names with other tags. Rejects with INVALID_OPTION for what is no tag. */
export function withTags(names: readonly TargetName[], tags: readonly string[]): readonly TargetName[] {
  const all = new Map(names.map((name) => [keyOf(name), name]));
  for (const tag of tags) {
    if (!isTag(tag)) throw new DrayError('INVALID_OPTION', `${printable(tag, 200)} is no tag`);
    for (const { reference } of names.length > 0 ? names : [{ reference: undefined }]) {
      const name = { tag, ...(reference !== undefined && { reference: { ...reference, tag } }) };
      all.set(keyOf(name), name);
    }
  }
  return [...all.values()];
}

/** The full name, or the tag alone. */
export function keyOf({ tag, reference }: TargetName): string {
  return reference === undefined ? tag : fullString(reference);
}
