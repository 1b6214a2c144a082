import { DrayError, messageOf } from '#errors';
import { printable } from '#oci';
import { chooseTags } from '../copy/choose-tags.ts';

/** The tags that a pattern with `*`, `?` and `[…]` says, or a regular expression between slashes: `/^v\d+$/`. Rejects with INVALID_OPTION. */
export function matchingTags(tags: readonly string[], pattern: string): readonly string[] {
  const [, expression] = /^\/(.*)\/$/s.exec(pattern) ?? [];
  if (expression === undefined) return chooseTags(tags, { include: [pattern] });
  try {
    const regex = new RegExp(expression, 'u');
    return tags.filter((tag) => regex.test(tag));
  } catch (cause) {
    throw new DrayError('INVALID_OPTION', `${printable(pattern, 200)} is no pattern: ${messageOf(cause)}`, { cause });
  }
}
