import { bytesOf } from '#bytes';
import { type CallOptions, type CopyBlobsOptions, copyBlobs, createLimit, type GraphNode } from '#content';
import { DrayError, hasCode } from '#errors';
import { type Descriptor, type Digest, fullString, type Reference } from '#oci';
import type { BlobState } from '#progress';
import type { Repository } from '#registry';
import { isLeftOut, outcomes, type Taken, workOf } from './copied.ts';
import type { Selection } from './selection.ts';

export interface ToRegistryOptions extends CopyBlobsOptions {
  /** Tags that the root gets; none: it is known by its digest alone. */
  readonly tags: readonly string[];
  /** Where the root is there already nothing below it is looked at: a registry takes a manifest only when it has what that names. */
  readonly trustRoot: boolean;
}

/**
 * Brings a selection into a repository: blobs, manifests, indexes, and the root last, which gets the tags. What is there is not sent again, but for the
 * root of a tag. Until the root is there no tag has changed.
 */
export async function toRegistry(
  selection: Selection,
  repository: Repository,
  reference: Reference,
  options: ToRegistryOptions,
): Promise<Taken> {
  const { tags, trustRoot, signal, onEvent } = options;
  const { root, nodes, source } = selection;
  const work = workOf(selection).map(({ target, role }) => ({ target, role }));
  const leftOut = [...new Map(work.map(({ target }) => [target.digest, target])).values()].filter(isLeftOut);
  const wanted = work.filter(({ target }) => !isLeftOut(target));
  const isThere = trustRoot && (await repository.has(root, { signal }));
  const copied = isThere
    ? distinct(wanted.map(({ target }) => target)).map((target) => ({ target, present: true, mounted: false }))
    : await copyBlobs(source, repository, wanted, options);
  for (const layer of leftOut) onEvent?.(settled(layer, 'skipped'));
  if (isThere) for (const { target } of copied) onEvent?.(settled(target, 'exists'));
  else await putBelow(nodes, root.digest, repository, options);
  const top = nodes.find(({ descriptor }) => descriptor.digest === root.digest);
  if (top === undefined) throw new DrayError('BUG', `no document for the root ${root.digest}`);
  for (const name of tags.length > 0 ? tags : isThere ? [] : [root.digest]) {
    // A tag that must not be changed may be copied again.
    if (isThere && (await standsFor(name, root.digest, repository, { signal }))) continue;
    await repository.putManifest(name, { descriptor: root, bytes: top.bytes }, { signal, onEvent });
  }
  const { domain, path } = reference;
  const names = tags.map((tag) => fullString({ domain, path, tag }));
  return { root, names, blobs: outcomes(copied, leftOut) };
}

/** Manifests below the root, several at a time, then the indexes that name them. */
async function putBelow(
  nodes: readonly GraphNode[],
  root: Digest,
  repository: Repository,
  { concurrency = 6, signal, onEvent }: ToRegistryOptions,
): Promise<void> {
  const below = nodes.filter(({ descriptor }) => descriptor.digest !== root);
  const put = async ({ descriptor, bytes }: GraphNode): Promise<void> => {
    if (await repository.has(descriptor, { signal })) return;
    await repository.put(descriptor, bytesOf(bytes), { signal, onEvent });
  };
  const places = createLimit(concurrency);
  const failures: unknown[] = [];
  const manifests = below.filter(({ manifest }) => manifest !== undefined);
  await Promise.all(
    manifests.map(async (node) => {
      const leave = await places.acquire();
      try {
        if (failures.length === 0) await put(node);
      } catch (error) {
        failures.push(error);
      } finally {
        leave();
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
  for (const node of below) if (node.index !== undefined) await put(node);
}

async function standsFor(tag: string, digest: Digest, repository: Repository, options: CallOptions): Promise<boolean> {
  try {
    return (await repository.resolve(tag, options)).digest === digest;
  } catch (error) {
    if (hasCode(error, 'MANIFEST_UNKNOWN')) return false;
    throw error;
  }
}

function distinct(blobs: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

function settled({ digest, size }: Descriptor, state: 'exists' | 'skipped'): BlobState {
  return { kind: 'blob', digest, size, role: 'layer', state, received: size };
}
