import { fullName, type Reference } from '#oci';

/** Whether an ID means no more than one tag, and names by digest of the same repository: then it may stand for them. */
export function isSingleReference(references: readonly Reference[]): boolean {
  if (references.length <= 1) return true;
  const tags = references.filter(({ digest }) => digest === undefined);
  const repositories = new Set(references.filter(({ digest }) => digest !== undefined).map(fullName));
  const single = tags[0] ?? references[0];
  return tags.length <= 1 && repositories.size === 1 && single !== undefined && repositories.has(fullName(single));
}
