import { type Digest, isDigest, isTag } from '#oci';
import type { Exchange } from '../http/exchange.ts';
import { inStrides } from './in-strides.ts';
import { invalidDigest, invalidTag, manifestUnknown } from './manifest-faults.ts';
import type { RouteContext } from './route-context.ts';

/**
 * DELETE of a manifest and the tags that point to it, or of a tag alone:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#content-management
 */
export async function deleteManifest(exchange: Exchange, context: RouteContext): Promise<void> {
  const { target } = exchange;
  const reference = target.kind === 'manifest' ? target.reference : '';
  await context.policy.allowWrite(context.repository);
  const isThere = reference.includes(':')
    ? await deleteByDigest(reference, context)
    : await deleteTag(reference, context);
  if (!isThere) throw await manifestUnknown(target.repository ?? '', reference, context);
  exchange.reply(202, []);
}

async function deleteTag(tag: string, { storage, repository, policy, tell }: RouteContext): Promise<boolean> {
  if (!isTag(tag)) throw invalidTag(tag);
  const manifest = await storage.tagged(repository, tag);
  if (manifest !== undefined) await policy.allowTag(repository, tag, { from: manifest.digest, to: undefined });
  // A tag whose manifest is gone can be in folders that others have written to.
  if (!(await storage.removeTag(repository, tag))) return false;
  tell({ action: 'delete', kind: 'tag', mediaType: manifest?.mediaType ?? '', tag });
  return true;
}

async function deleteByDigest(digest: string, context: RouteContext): Promise<boolean> {
  if (!isDigest(digest)) throw invalidDigest(digest);
  const { storage, repository, policy, tell } = context;
  const manifest = await storage.manifest(repository, digest);
  if (manifest === undefined) return false;
  await policy.allowDelete(repository, digest);
  for (const tag of policy.guardsTags ? await tagsOf(digest, context) : []) {
    await policy.allowTag(repository, tag, { from: digest, to: undefined });
  }
  const tags = await storage.removeManifest(repository, digest);
  if (tags === undefined) return false;
  tell({ action: 'delete', kind: 'manifest', mediaType: manifest.mediaType, digest });
  for (const tag of tags) tell({ action: 'delete', kind: 'tag', mediaType: manifest.mediaType, tag });
  return true;
}

/** The tags that point to a manifest. */
async function tagsOf(digest: Digest, { storage, repository }: RouteContext): Promise<readonly string[]> {
  const { names } = (await storage.tags(repository)) ?? { names: [] };
  const digests = await inStrides(names, async (tag) => (await storage.tagged(repository, tag))?.digest);
  return names.filter((_, index) => digests[index] === digest);
}
