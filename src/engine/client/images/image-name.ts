import { familiarName, parseReference, type Reference } from '#oci';

/** An ID, whole or its beginning. */
const ID = /^(?:sha256:)?[0-9a-f]{1,64}$/;

/**
 * The name or ID of an image as it stands in a path, which is as it was given: docker escapes nothing there. The grammar has no character
 * that could end the path or change it. Throws INVALID_REFERENCE for what is neither.
 */
export function imageName(text: string): string {
  if (!ID.test(text)) parseReference(text);
  return text;
}

/** What a pull and the like are asked for with: the name as short as docker has it, and what comes after it. */
export function nameAndTag(reference: Reference): { readonly name: string; readonly tag: string | undefined } {
  return { name: familiarName(reference), tag: reference.digest ?? reference.tag };
}
