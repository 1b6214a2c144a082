import type { CallOptions } from '#content';
import {
  type Descriptor,
  type Digest,
  digestOf,
  isIndexType,
  OCI_INDEX,
  parseIndex,
  parseManifest,
  referrersTag,
} from '#oci';
import type { RepositoryContext } from '../context.ts';
import { readReferrersTag } from '../referrers.ts';
import type { FetchedManifest } from '../types.ts';
import { putManifest } from './put-manifest.ts';

/** Others may write the same tag at the same time; there is no way to make them wait. */
const TRIES = 4;

/**
 * Adds a manifest to the list of referrers of its subject, for registries that keep none: an index under a tag. Reads it again afterwards, since
 * another client may have written at the same time.
 */
export async function linkReferrer(
  context: RepositoryContext,
  subject: Digest,
  { descriptor, bytes, ...options }: FetchedManifest & CallOptions,
): Promise<void> {
  const entry = entryOf(descriptor, bytes);
  await changeList(context, subject, options, (listed) =>
    listed.some(({ digest }) => digest === entry.digest) ? undefined : [...listed, entry],
  );
}

/** Takes a manifest that is gone off the list of its subject, where there is such a list under a tag. */
export async function unlinkReferrer(
  context: RepositoryContext,
  subject: Digest,
  { digest, ...options }: CallOptions & { readonly digest: Digest },
): Promise<void> {
  await changeList(context, subject, options, (listed) =>
    listed.some((entry) => entry.digest === digest) ? listed.filter((entry) => entry.digest !== digest) : undefined,
  );
}

/** Writes what `change` makes of the list, until it makes nothing. */
async function changeList(
  context: RepositoryContext,
  subject: Digest,
  options: CallOptions,
  change: (listed: readonly Descriptor[]) => readonly Descriptor[] | undefined,
): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const manifests = change(await readReferrersTag(context, subject, options));
    if (manifests === undefined) return;
    const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    const descriptor = { mediaType: OCI_INDEX, digest: digestOf(bytes), size: bytes.length };
    await putManifest(context, referrersTag(subject), { descriptor, bytes, ...options });
  }
}

/** Says the type of an image by that of its config, as the distribution spec has it. */
function entryOf({ mediaType, digest, size }: Descriptor, bytes: Uint8Array): Descriptor {
  const { artifactType, annotations } = isIndexType(mediaType)
    ? parseIndex(bytes, mediaType)
    : withConfigType(parseManifest(bytes, mediaType));
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}

function withConfigType(manifest: ReturnType<typeof parseManifest>): Pick<Descriptor, 'artifactType' | 'annotations'> {
  const { annotations } = manifest;
  return { artifactType: manifest.artifactType ?? manifest.config.mediaType, ...(annotations && { annotations }) };
}
