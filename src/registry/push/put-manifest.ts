import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { type Digest, isDigest, isJsonObject, parseDigest, parseJsonStrict } from '#oci';
import { answerError } from '../answer-error.ts';
import { type RepositoryContext, urlOf } from '../context.ts';
import { resolveManifest } from '../manifests.ts';
import type { FetchedManifest } from '../types.ts';
import { toldDigest } from './told-digest.ts';

/** Says whether the registry has made a referrer of a manifest with a subject. */
export interface PutOutcome {
  readonly subject: Digest | undefined;
  /** The registry knows of it by itself. */
  readonly linked: boolean;
}

/** As `Repository.putManifest`, without the tag that lists referrers. */
export async function putManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  { descriptor, bytes, ...options }: FetchedManifest & CallOptions,
): Promise<PutOutcome> {
  const { name } = context;
  const subject = subjectOf(bytes);
  const what = isDigest(tagOrDigest) ? `${name}@${tagOrDigest}` : `${name}:${tagOrDigest}`;
  const response = await context.send({
    method: 'PUT',
    url: urlOf(context, `manifests/${tagOrDigest}`),
    headers: { 'content-type': descriptor.mediaType },
    body: () => bytes,
    bodyLength: bytes.length,
    signal: options.signal,
    onEvent: options.onEvent,
  });
  const { status, headers } = response;
  if (status < 200 || status > 299) {
    throw await answerError(response, { kind: 'push', name, what: `the manifest ${what}` }, context);
  }
  await response.body.discard();
  const told = toldDigest(response);
  // Any other answer, or one that came too early, is looked into. That a registry does not name the digest is no news.
  const isClear = status === 201 && response.early !== true;
  const found = isClear ? told : (await resolveManifest(context, tagOrDigest, options)).digest;
  if (found !== undefined && found !== descriptor.digest) {
    throw new DrayError('DIGEST_MISMATCH', `the registry took ${descriptor.digest}, pushed as ${what}, for ${found}`, {
      detail: { expected: descriptor.digest, found },
    });
  }
  return { subject, linked: headers.get('oci-subject')?.trim() === subject };
}

/** What a manifest or index is about. */
export function subjectOf(bytes: Uint8Array): Digest | undefined {
  const document = parseJsonStrict(bytes, 'the manifest');
  const subject = isJsonObject(document) ? document['subject'] : undefined;
  const digest = isJsonObject(subject) ? subject['digest'] : undefined;
  return typeof digest === 'string' ? parseDigest(digest) : undefined;
}
