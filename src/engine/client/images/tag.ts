import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { familiarName, parseReference, withDefaultTag } from '#oci';
import { discard } from '../discard.ts';
import type { ImagesContext } from './context.ts';
import { imageName } from './image-name.ts';

/**
 * Gives an image one more name, `latest` where `target` has no tag; an image that had the name loses it. Rejects with NOT_FOUND, and with
 * INVALID_REFERENCE for what can be no name.
 */
export async function tag(
  { connection }: ImagesContext,
  name: string,
  target: string,
  { signal }: CallOptions,
): Promise<void> {
  const path = `/images/${imageName(name)}/tag`;
  const reference = withDefaultTag(parseReference(target));
  if (reference.digest !== undefined) {
    throw new DrayError('INVALID_REFERENCE', `cannot tag ${name}: refusing to create a tag with a digest reference`);
  }
  const query = { repo: familiarName(reference), tag: reference.tag };
  await discard(await connection.send({ method: 'POST', path, query, signal }));
}
