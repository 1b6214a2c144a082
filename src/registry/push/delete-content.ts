import type { CallOptions } from '#content';
import { DrayError, isDrayError } from '#errors';
import { type Digest, isDigest } from '#oci';
import { answerError } from '../answer-error.ts';
import { type RepositoryContext, urlOf } from '../context.ts';
import { fetchManifest, resolveManifest } from '../manifests.ts';
import { unlinkReferrer } from './link-referrer.ts';
import { subjectOf } from './put-manifest.ts';

export interface ManifestDeletion extends CallOptions {
  /** With credentials to push, for the tag that lists referrers. */
  readonly pushing: RepositoryContext;
}

/** As `Repository.deleteManifest`. */
export async function deleteManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  { pushing, ...options }: ManifestDeletion,
): Promise<void> {
  const digest = isDigest(tagOrDigest) ? tagOrDigest : (await resolveManifest(context, tagOrDigest, options)).digest;
  const subject = await subjectBehind(context, digest, options);
  await remove(context, { rest: `manifests/${digest}`, what: `${context.name}@${digest}`, ...options });
  if (subject !== undefined) await unlinkReferrer(pushing, subject, { digest, ...options });
}

/** Undefined, too, where the manifest cannot be read: it is to go all the same. */
async function subjectBehind(
  context: RepositoryContext,
  digest: Digest,
  options: CallOptions,
): Promise<Digest | undefined> {
  try {
    return subjectOf((await fetchManifest(context, digest, options)).bytes);
  } catch (error) {
    if (!isDrayError(error) || error.facts.family === 'cancelled') throw error;
    return undefined;
  }
}

/** As `Repository.deleteTag`. */
export async function deleteTag(context: RepositoryContext, tag: string, options: CallOptions = {}): Promise<void> {
  const what = `the tag ${context.name}:${tag}`;
  try {
    await remove(context, { rest: `manifests/${tag}`, what, ...options });
  } catch (error) {
    // Registries that delete by digest alone take the tag for a bad one.
    if (!isDrayError(error) || error.detail['status'] !== 400) throw error;
    throw new DrayError('UNSUPPORTED', error.message, {
      hint: 'the registry deletes manifests only, with all their tags',
      detail: error.detail,
      cause: error,
    });
  }
}

/** As `Repository.deleteBlob`. */
export async function deleteBlob(context: RepositoryContext, digest: Digest, options: CallOptions = {}): Promise<void> {
  await remove(context, { rest: `blobs/${digest}`, what: `blob ${digest} of ${context.name}`, ...options });
}

interface Removal extends CallOptions {
  readonly rest: string;
  readonly what: string;
}

async function remove(context: RepositoryContext, { rest, what, signal, onEvent }: Removal): Promise<void> {
  const response = await context.send({ method: 'DELETE', url: urlOf(context, rest), signal, onEvent });
  if (response.status < 200 || response.status > 299) {
    throw await answerError(response, { kind: 'delete', name: context.name, what }, context);
  }
  await response.body.discard();
}
