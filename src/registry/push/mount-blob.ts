import type { CallOptions } from '#content';
import { hasCode } from '#errors';
import type { Descriptor } from '#oci';
import { type RepositoryContext, urlOf } from '../context.ts';
import { toldDigest } from './told-digest.ts';
import { openedSession, sendTo, type Upload } from './upload-session.ts';

/**
 * As `Store.mount`. `context` has credentials to read from `from`, too. An upload that the registry opens instead is kept for the one that follows.
 * What the registry says against it is not looked at: uploading the blob will show.
 */
export async function mountBlob(
  context: RepositoryContext,
  target: Descriptor,
  { from, signal, onEvent }: CallOptions & { readonly from: string | undefined },
): Promise<boolean> {
  const upload: Upload = { context, target, signal, onEvent };
  const url = urlOf(context, 'blobs/uploads/');
  url.searchParams.set('mount', target.digest);
  if (from !== undefined) url.searchParams.set('from', from);
  try {
    const response = await sendTo(upload, { method: 'POST', url });
    if (response.status === 202) context.opened.set(target.digest, await openedSession(upload, response));
    else await response.body.discard();
    return response.status === 201 && (toldDigest(response) ?? target.digest) === target.digest;
  } catch (error) {
    if (!hasCode(error, 'DENIED', 'UNAUTHORIZED', 'TOKEN_REFUSED', 'BAD_RESPONSE', 'REDIRECT_REFUSED')) throw error;
    return false;
  }
}
